/**
 * LZ4 frames, decoded into a buffer of the length the file declares. Never writes or reads outside the
 * two buffers, whatever the bytes say: a frame that does not fill the output exactly is an error.
 * Checksums are skipped; Arrow writers leave them out.
 */

const magic = 0x184d2204

/** Fills `output` from the LZ4 frame in `input`; throws a plain Error that says what is wrong with it. */
export function decodeLz4Frame(input: Uint8Array, output: Uint8Array): void {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  if (input.length < 7 || view.getUint32(0, true) !== magic)
    throw new Error('an LZ4 frame does not start as one')
  const flags = view.getUint8(4)
  if (flags >> 6 !== 1)
    throw new Error(`an LZ4 frame has version ${flags >> 6} where 1 was expected`)
  const blockChecksum = (flags & 0x10) === 0 ? 0 : 4
  const contentSize = (flags & 0x08) === 0 ? 0 : 8
  if ((flags & 0x01) !== 0) throw new Error('an LZ4 frame needs a dictionary, which Arrow has not')
  let at = 7 + contentSize
  let filled = 0
  while (true) {
    if (at + 4 > input.length) throw new Error('an LZ4 frame ends early')
    const word = view.getUint32(at, true)
    at += 4
    if (word === 0) break
    const length = word & 0x7fffffff
    if (length > input.length - at) throw new Error('an LZ4 block ends early')
    if (word >>> 31 === 1) {
      if (length > output.length - filled) throw tooLong(output)
      output.set(input.subarray(at, at + length), filled)
      filled += length
    } else filled = decodeBlock(input, at, at + length, output, filled)
    at += length + blockChecksum
  }
  if (filled !== output.length) {
    throw new Error(`an LZ4 frame holds ${filled} bytes where ${output.length} were declared`)
  }
}

/** Up to this many bytes a loop is faster than a call that copies. */
const shortCopy = 24

/** Decodes one block; matches may reach back into what earlier blocks wrote. */
function decodeBlock(
  input: Uint8Array,
  from: number,
  end: number,
  output: Uint8Array,
  start: number,
): number {
  const size = output.length
  let at = from
  let to = start
  while (at < end) {
    const token = input[at++] as number
    let literals = token >> 4
    if (literals === 15) {
      let more: number
      do {
        if (at >= end) throw new Error('an LZ4 length ends early')
        more = input[at++] as number
        literals += more
      } while (more === 255)
    }
    if (literals > end - at) throw new Error('LZ4 literals end early')
    if (literals > size - to) throw tooLong(output)
    if (literals <= shortCopy)
      for (let i = 0; i < literals; i++) output[to++] = input[at++] as number
    else {
      output.set(input.subarray(at, at + literals), to)
      to += literals
      at += literals
    }
    if (at === end) return to
    if (at + 2 > end) throw new Error('an LZ4 offset ends early')
    const offset = (input[at] as number) | ((input[at + 1] as number) << 8)
    at += 2
    if (offset === 0 || offset > to) throw new Error('an LZ4 offset points before the start')
    let length = (token & 15) + 4
    if (length === 19) {
      let more: number
      do {
        if (at >= end) throw new Error('an LZ4 length ends early')
        more = input[at++] as number
        length += more
      } while (more === 255)
    }
    if (length > size - to) throw tooLong(output)
    to = copyMatch(output, to, offset, length)
  }
  return to
}

function copyMatch(output: Uint8Array, to: number, offset: number, length: number): number {
  if (length <= shortCopy) {
    let at = to
    for (let from = to - offset; at < to + length; ) output[at++] = output[from++] as number
    return at
  }
  if (offset === 1) output.fill(output[to - 1] as number, to, to + length)
  else if (offset >= length) output.copyWithin(to, to - offset, to - offset + length)
  else {
    // The match overlaps itself: double the repeated stretch until it is long enough.
    let done = 0
    while (done < length) {
      const step = Math.min(length - done, offset + done)
      output.copyWithin(to + done, to - offset, to - offset + step)
      done += step
    }
  }
  return to + length
}

function tooLong(output: Uint8Array): Error {
  return new Error(`an LZ4 frame holds more than the ${output.length} bytes declared`)
}
