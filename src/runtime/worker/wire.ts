/**
 * What a worker and its runners say to each other: frames of a length, told twice so that what a task
 * writes among them is noticed at once, one line of JSON and the texts it speaks of, joined.
 *
 * The line holds lists of numbers and short words only, so that a body is neither parsed nor copied
 * on its way: a frame is decoded once and texts are cut from it. No object is parsed, for escaped
 * keys can come back under another name in Node 26.
 */
export interface Frame {
  readonly line: readonly (string | number)[]
  readonly text: string
}

/** One task in a `run` frame: reference, attempt, length of the id and of the body. */
export const numbersPerTask = 4

/** One outcome in an `ended` frame: reference, kind of outcome, microseconds, length of its text. */
export const numbersPerOutcome = 4

/** What an outcome's number says; its text is the record for `done`, a `FailureNote` otherwise. */
export const outcomeNumbers = [
  'done',
  'retry',
  'give-up',
  'exception',
  'timeout',
  'exit',
  'other-code',
] as const
export type OutcomeName = (typeof outcomeNumbers)[number]

/** Frames larger than this are no frames: something else wrote to the pipe. */
const largestFrame = 1_500_000_000

/** A length, and the same under a seal. */
export const lengthBytes = 8

/** What no text, no zeros and no number of somebody else's is beside a length. */
function seal(bytes: number): number {
  return (bytes ^ 0xa7f3_5cd1) >>> 0
}

/** A message as bytes: its length told twice, a line of JSON, and text that needs no parsing. */
export function encodeFrame(line: readonly (string | number)[], text = ''): Buffer {
  const content = `${JSON.stringify(line)}\n${text}`
  const bytes = Buffer.byteLength(content)
  const frame = Buffer.allocUnsafe(lengthBytes + bytes)
  frame.writeUInt32LE(bytes, 0)
  frame.writeUInt32LE(seal(bytes), 4)
  frame.write(content, lengthBytes)
  return frame
}

/** Cuts frames from what a pipe brings, in whatever pieces. */
export class FrameReader {
  readonly #cutter: Cutter

  constructor(onFrame: (frame: Frame) => void) {
    this.#cutter = new Cutter(lengthBytes, bytes => onFrame(decodeFrame(bytes)))
  }

  push(piece: Buffer): void {
    this.#cutter.push(piece)
  }
}

/** Cuts what a pipe brings; the last eight bytes of each head say how many follow it. */
export class Cutter {
  readonly #headBytes: number
  readonly #onCut: (bytes: Buffer) => void
  #pieces: Buffer[] = []
  #bytes = 0
  /** Bytes of what is under way, its head included. */
  #wanted: number

  constructor(headBytes: number, onCut: (bytes: Buffer) => void) {
    this.#headBytes = headBytes
    this.#wanted = headBytes
    this.#onCut = onCut
  }

  push(piece: Buffer): void {
    this.#pieces.push(piece)
    this.#bytes += piece.length
    while (this.#bytes >= this.#wanted) {
      const joined = this.#joined()
      const bytes = joined.readUInt32LE(this.#headBytes - lengthBytes)
      const sealed = joined.readUInt32LE(this.#headBytes - lengthBytes + 4)
      if (bytes > largestFrame || sealed !== seal(bytes))
        throw new RangeError("no frame: something else wrote to the runner's pipe")
      const end = this.#headBytes + bytes
      this.#wanted = end
      if (joined.length < end) return
      this.#pieces = joined.length === end ? [] : [joined.subarray(end)]
      this.#bytes = joined.length - end
      this.#wanted = this.#headBytes
      this.#onCut(joined.subarray(0, end))
    }
  }

  #joined(): Buffer {
    const [only] = this.#pieces
    const joined =
      this.#pieces.length === 1 && only ? only : Buffer.concat(this.#pieces, this.#bytes)
    this.#pieces = [joined]
    return joined
  }
}

/** Reads a whole frame. */
export function decodeFrame(bytes: Buffer): Frame {
  const content = bytes.toString('utf8', lengthBytes)
  const end = content.indexOf('\n')
  const line: unknown = JSON.parse(content.slice(0, end))
  // A task that changes how lists become JSON changes what its runner says.
  if (!Array.isArray(line)) throw new TypeError('a frame that begins with no list')
  return { line: line as (string | number)[], text: content.slice(end + 1) }
}
