import { TaskqError } from '../queue/errors.ts'

/** A string cannot be longer than half a gigabyte, and no queue takes a tenth of that. */
const maxBytes = 2 ** 29 - 2 ** 10

/**
 * Where JSON text is written byte by byte: one growing buffer for a batch, cut into strings at the end.
 * One decoding for some thousand rows costs far less than one concatenation a cell.
 */
export class Sink {
  bytes = Buffer.allocUnsafeSlow(1 << 16)
  at = 0
  /** Bytes written beyond one for each UTF-16 unit; 0 while all is ASCII. */
  extra = 0

  /** Makes room for `count` more bytes. */
  room(count: number): void {
    if (this.at + count <= this.bytes.length) return
    if (this.at + count > maxBytes) {
      throw new TaskqError(
        'invalid',
        `A row takes more than ${maxBytes} bytes as JSON; split it, or pass the name of a file that holds it.`,
      )
    }
    const grown = Buffer.allocUnsafeSlow(
      Math.min(maxBytes, Math.max(this.bytes.length * 2, this.at + count)),
    )
    grown.set(this.bytes.subarray(0, this.at))
    this.bytes = grown
  }

  /** Writes text of which every character is ASCII and needs no escape. */
  ascii(text: string): void {
    const { length } = text
    this.room(length)
    const { bytes } = this
    let { at } = this
    for (let i = 0; i < length; i++) bytes[at++] = text.charCodeAt(i)
    this.at = at
  }

  /** Writes bytes as they are; `extra` as counted when they were made. */
  raw(bytes: Uint8Array, extra: number): void {
    const { length } = bytes
    this.room(length)
    const to = this.bytes
    let { at } = this
    if (length < 32) for (let i = 0; i < length; i++) to[at++] = bytes[i] as number
    else {
      to.set(bytes, at)
      at += length
    }
    this.at = at
    this.extra += extra
  }

  /** Forgets what was written, as after a row that failed. */
  reset(): void {
    this.at = 0
    this.extra = 0
  }

  /** The text from the start, cut where `ends` (in UTF-16 units) says; then starts again. */
  cut(ends: ArrayLike<number>, count: number): string[] {
    const whole =
      this.extra === 0
        ? this.bytes.toString('latin1', 0, this.at)
        : this.bytes.toString('utf8', 0, this.at)
    this.reset()
    const texts = new Array<string>(count)
    let from = 0
    for (let i = 0; i < count; i++) {
      const end = ends[i] as number
      texts[i] = whole.slice(from, end)
      from = end
    }
    return texts
  }
}

const zero = 48

/** The digits of 000 to 999 one after the other: three digits cost one division instead of three. */
const triples = Uint8Array.from({ length: 3000 }, (_, i) => {
  const place = [100, 10, 1][i % 3] as number
  return zero + (Math.floor(Math.floor(i / 3) / place) % 10)
})

/** Writes a whole number from 0 to 2^53, without a sign. */
export function writeCount(sink: Sink, value: number): void {
  sink.room(20)
  if (value >= 1e9) {
    const high = Math.floor(value / 1e9)
    writeCount(sink, high)
    writeNine(sink, value - high * 1e9)
    return
  }
  const { bytes } = sink
  let rest = value | 0
  if (rest < 10) {
    bytes[sink.at++] = zero + rest
    return
  }
  const digits =
    rest < 1e5
      ? rest < 1e3
        ? rest < 100
          ? 2
          : 3
        : rest < 1e4
          ? 4
          : 5
      : rest < 1e7
        ? rest < 1e6
          ? 6
          : 7
        : rest < 1e8
          ? 8
          : 9
  let at = sink.at + digits
  sink.at = at
  while (rest >= 1000) {
    const next = (rest / 1000) | 0
    const triple = (rest - next * 1000) * 3
    bytes[--at] = triples[triple + 2] as number
    bytes[--at] = triples[triple + 1] as number
    bytes[--at] = triples[triple] as number
    rest = next
  }
  const triple = rest * 3
  bytes[--at] = triples[triple + 2] as number
  if (rest >= 10) bytes[--at] = triples[triple + 1] as number
  if (rest >= 100) bytes[--at] = triples[triple] as number
}

/** Writes a whole number below 10^9 with leading zeros to nine places. */
function writeNine(sink: Sink, value: number): void {
  sink.room(9)
  const { bytes, at } = sink
  sink.at = at + 9
  const whole = value | 0
  const thousands = (whole / 1000) | 0
  const high = ((thousands / 1000) | 0) * 3
  const middle = (thousands - (high / 3) * 1000) * 3
  const low = (whole - thousands * 1000) * 3
  for (let i = 0; i < 3; i++) {
    bytes[at + i] = triples[high + i] as number
    bytes[at + 3 + i] = triples[middle + i] as number
    bytes[at + 6 + i] = triples[low + i] as number
  }
}

/** Writes the 64-bit integer whose halves are `low` and `high`, two's complement when `signed`. */
export function writeInt64(sink: Sink, low: number, high: number, signed: boolean): void {
  let lo = low >>> 0
  let hi = signed ? high | 0 : high >>> 0
  if (hi < 0) {
    sink.room(1)
    sink.bytes[sink.at++] = 45
    lo = -lo >>> 0
    hi = (lo === 0 ? -hi : ~hi) >>> 0
  }
  if (hi < 0x200000) {
    writeCount(sink, hi * 2 ** 32 + lo)
    return
  }
  // Long division by 10^9 in steps of 16 bits: every intermediate value fits a double exactly.
  const q1 = Math.floor(hi / 1e9)
  const t2 = (hi - q1 * 1e9) * 65536 + (lo >>> 16)
  const q2 = Math.floor(t2 / 1e9)
  const t3 = (t2 - q2 * 1e9) * 65536 + (lo & 0xffff)
  const q3 = Math.floor(t3 / 1e9)
  writeCount(sink, q1 * 2 ** 32 + q2 * 65536 + q3)
  writeNine(sink, t3 - q3 * 1e9)
}

/** Writes a float column's value as `floatText` has it. */
export function writeFloat(sink: Sink, value: number): void {
  const size = Math.abs(value)
  // A decimal of at most 15 digits that is the same double is the shortest there is: no need to search for it.
  const millionths = Math.round(size * 1e6)
  if (!(size >= 1e-6 && size < 1e9 && millionths / 1e6 === size)) {
    sink.ascii(floatText(value))
    return
  }
  sink.room(20)
  if (value < 0) sink.bytes[sink.at++] = 45
  const whole = Math.floor(millionths / 1e6)
  writeCount(sink, whole)
  const { bytes } = sink
  bytes[sink.at++] = 46
  const rest = millionths - whole * 1e6
  const high = ((rest / 1000) | 0) * 3
  const low = (rest - (high / 3) * 1000) * 3
  const { at } = sink
  for (let i = 0; i < 3; i++) {
    bytes[at + i] = triples[high + i] as number
    bytes[at + 3 + i] = triples[low + i] as number
  }
  let end = at + 6
  while (end > at + 1 && bytes[end - 1] === zero) end--
  sink.at = end
}

/** A float column's value as JSON text: 1 is `1.0`, and what is no number is `null`. */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) return 'null'
  if (Object.is(value, -0)) return '-0.0'
  const text = String(value)
  return Number.isInteger(value) && !text.includes('e') ? `${text}.0` : text
}

const escapes: ReadonlyMap<number, string> = new Map([
  [8, 'b'],
  [9, 't'],
  [10, 'n'],
  [12, 'f'],
  [13, 'r'],
  [34, '"'],
  [92, '\\'],
])

/** Writes the UTF-8 bytes `from` to `to` as a JSON string, escaped as `JSON.stringify` does. */
export function writeUtf8(sink: Sink, utf8: Uint8Array, from: number, to: number): void {
  const length = to - from
  sink.room(2 + length + 5 * (length > 1024 ? countEscapes(utf8, from, to) : length))
  const { bytes } = sink
  let { at } = sink
  let extra = 0
  bytes[at++] = 34
  for (let i = from; i < to; i++) {
    const byte = utf8[i] as number
    if (byte >= 0x80) {
      // A lead byte of two or three stands for one unit, of four for two.
      if (byte < 0xc0) extra++
      else if (byte >= 0xf0) extra--
      bytes[at++] = byte
    } else if (byte < 0x20 || byte === 34 || byte === 92) {
      const short = escapes.get(byte) ?? `u00${byte.toString(16).padStart(2, '0')}`
      bytes[at++] = 92
      for (let j = 0; j < short.length; j++) bytes[at++] = short.charCodeAt(j)
    } else bytes[at++] = byte
  }
  bytes[at++] = 34
  sink.at = at
  sink.extra += extra
}

function countEscapes(utf8: Uint8Array, from: number, to: number): number {
  let count = 0
  for (let i = from; i < to; i++) {
    const byte = utf8[i] as number
    if (byte < 0x20 || byte === 34 || byte === 92) count++
  }
  return count
}
