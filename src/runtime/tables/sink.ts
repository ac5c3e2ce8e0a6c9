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
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.at + count))
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

  /** The text from the start, cut where `ends` (in UTF-16 units) says; then starts again. */
  cut(ends: ArrayLike<number>, count: number): string[] {
    const whole =
      this.extra === 0
        ? this.bytes.toString('latin1', 0, this.at)
        : this.bytes.toString('utf8', 0, this.at)
    this.at = 0
    this.extra = 0
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

/** Writes a whole number from 0 to 2^53, without a sign. */
export function writeCount(sink: Sink, value: number): void {
  sink.room(20)
  if (value >= 1e9) {
    const high = Math.floor(value / 1e9)
    writeCount(sink, high)
    writePadded(sink, value - high * 1e9)
    return
  }
  let digits = 1
  for (let bound = 10; value >= bound; bound *= 10) digits++
  const { bytes } = sink
  let at = sink.at + digits
  sink.at = at
  let rest = value | 0
  do {
    const next = (rest / 10) | 0
    bytes[--at] = zero + rest - next * 10
    rest = next
  } while (rest > 0)
}

/** Writes a whole number below 10^9 with leading zeros to `digits` places. Default 9. */
export function writePadded(sink: Sink, value: number, digits = 9): void {
  sink.room(digits)
  const { bytes } = sink
  let at = sink.at + digits
  sink.at = at
  let rest = value | 0
  for (let i = 0; i < digits; i++) {
    const next = (rest / 10) | 0
    bytes[--at] = zero + rest - next * 10
    rest = next
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
  writePadded(sink, t3 - q3 * 1e9)
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
