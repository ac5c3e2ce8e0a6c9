import type { Bytes } from './store.ts'

/** What is written as a row of pieces of `pieceBytes` each; only the last one is shorter. */
export async function* piecesOf(
  bytes: Bytes,
  pieceBytes: number,
): AsyncGenerator<Buffer<ArrayBuffer>> {
  let waiting: Buffer<ArrayBuffer>[] = []
  let length = 0
  for await (const chunk of chunksOf(bytes)) {
    let rest = chunk
    while (length + rest.length >= pieceBytes) {
      const wanted = pieceBytes - length
      yield Buffer.concat([...waiting, rest.subarray(0, wanted)])
      rest = rest.subarray(wanted)
      waiting = []
      length = 0
    }
    waiting.push(rest)
    length += rest.length
  }
  yield Buffer.concat(waiting)
}

/** What is written, chunk by chunk as it comes. */
export async function* chunksOf(bytes: Bytes): AsyncGenerator<Buffer<ArrayBuffer>> {
  if (typeof bytes === 'string') yield Buffer.from(bytes)
  else if (bytes instanceof Uint8Array) yield viewOf(bytes)
  else for await (const chunk of bytes) yield viewOf(chunk)
}

function viewOf(bytes: Uint8Array): Buffer<ArrayBuffer> {
  return Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length)
}
