import { zstdDecompressSync } from 'node:zlib'
import { decodeLz4Frame } from './lz4.ts'

/** The two codecs of the Arrow format; anything else is refused. */
export type Codec = 'lz4' | 'zstd' | 'none'

/** One byte of LZ4 stands for at most this many: a length byte of 255. */
const lz4Ratio = 255

/**
 * Decompresses one Arrow buffer: eight bytes of length, -1 for "as it is", then the frame.
 * Allocates no more than `maxBytes`, and for LZ4 no more than the input could possibly hold.
 */
export function decompress(
  codec: Codec,
  input: Uint8Array<ArrayBuffer>,
  maxBytes: number,
  allocate: (length: number) => Uint8Array<ArrayBuffer> = length => new Uint8Array(length),
): Uint8Array<ArrayBuffer> {
  if (codec === 'none' || input.length === 0) return input
  if (input.length < 8) throw new Error('a compressed buffer is shorter than its length prefix')
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  const declared = view.getBigInt64(0, true)
  const body = input.subarray(8)
  if (declared === -1n) return body
  if (declared < 0n || declared > BigInt(maxBytes)) {
    throw new Error(
      `a compressed buffer declares ${declared} bytes, and ${maxBytes} are left of the limit for a batch (limits.batchBytes)`,
    )
  }
  const length = Number(declared)
  if (codec === 'lz4') {
    if (length > body.length * lz4Ratio) {
      throw new Error(
        `${body.length} bytes of LZ4 cannot hold the ${length} bytes they are said to`,
      )
    }
    const output = allocate(length)
    decodeLz4Frame(body, output)
    return output
  }
  if (length === 0) return new Uint8Array(0)
  const output = zstdDecompressSync(body, { maxOutputLength: length })
  if (output.length !== length) {
    throw new Error(`a ZSTD frame holds ${output.length} bytes where ${length} were declared`)
  }
  return aligned(output)
}

/** Typed arrays need their start on a multiple of their width, which a pooled buffer may miss. */
export function aligned(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes)
}
