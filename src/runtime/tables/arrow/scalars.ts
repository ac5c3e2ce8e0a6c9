import type { Cell } from '../batch.ts'
import { writeFloat, writeInt64 } from '../sink.ts'
import {
  clockText,
  dateText,
  decimalText,
  instantText,
  spanText,
  splitUnits,
  type TimeUnit,
  unitsPerSecond,
} from '../times.ts'
import { isValid, type Vec, VecError } from './vec.ts'

/** Cells of 64-bit integers: written from their halves, without a bigint for each. */
export function int64Cell(vec: Vec, signed: boolean, bigints: boolean): Cell {
  const { buffer, byteOffset } = vec.values
  const halves = new Int32Array(buffer, byteOffset, vec.length * 2)
  const whole = new (signed ? BigInt64Array : BigUint64Array)(buffer, byteOffset, vec.length)
  return {
    write: (sink, row) =>
      writeInt64(sink, halves[row * 2] as number, halves[row * 2 + 1] as number, signed),
    value: bigints ? row => whole[row] as bigint : row => Number(whole[row]),
  }
}

/** Cells of floats; what is no finite number is null. */
export function numberCell(vec: Vec, bits: 16 | 32 | 64): Cell {
  const { buffer, byteOffset } = vec.values
  const { length } = vec
  const floats =
    bits === 16
      ? new Float16Array(buffer, byteOffset, length)
      : bits === 32
        ? new Float32Array(buffer, byteOffset, length)
        : new Float64Array(buffer, byteOffset, length)
  return {
    write: (sink, row) => writeFloat(sink, floats[row] as number),
    value(row) {
      const value = floats[row] as number
      return Number.isFinite(value) ? value : null
    },
  }
}

/** Cells of text which JSON writes as it is. */
export function textCell(text: (row: number) => string): Cell {
  return {
    write: (sink, row) => sink.ascii(`"${text(row)}"`),
    value: text,
  }
}

/** The text of a date, time, timestamp, duration or decimal. */
export function scalarText(vec: Vec): (row: number) => string {
  const { kind } = vec
  switch (kind.is) {
    case 'date':
      return kind.bits === 32 ? dayDates(vec) : millisecondDates(vec)
    case 'time':
      return clocks(vec, kind.bits, kind.unit)
    case 'timestamp': {
      const split = splitter(vec, kind.unit)
      return row => {
        split(row)
        return instantText(seconds, nanos)
      }
    }
    case 'duration': {
      const whole = longs(vec)
      return row => spanText(whole[row] as bigint, kind.unit)
    }
    case 'decimal':
      return row => decimalText(unscaled(vec, kind.bits, row), kind.scale)
    default:
      throw new VecError(`no text is known for ${kind.is}`)
  }
}

/** Throws for the first row whose value the format forbids: a time past midnight, a date with hours. */
export function checkScalars(vec: Vec): void {
  for (const child of vec.children) checkScalars(child)
  for (const piece of vec.dictionary) checkScalars(piece)
  const { kind } = vec
  if (kind.is === 'timestamp' && kind.unit === 's') checkSeconds(vec)
  if (kind.is !== 'time' && !(kind.is === 'date' && kind.bits === 64)) return
  const text = scalarText(vec)
  for (let row = 0; row < vec.length; row++) if (isValid(vec.valid, row)) text(row)
}

/** Seconds beyond 2^53, some 285 million years, would lose digits. */
function checkSeconds(vec: Vec): void {
  const whole = longs(vec)
  for (let row = 0; row < vec.length; row++) {
    if (!Number.isSafeInteger(Number(whole[row])) && isValid(vec.valid, row)) {
      throw new VecError(`its time, ${whole[row]} seconds, is beyond any calendar`, row)
    }
  }
}

// What `splitter` found last: two numbers without an array for each row.
let seconds = 0
let nanos = 0

/** Splits a timestamp by numbers where they are exact, by bigint where they are not. */
function splitter(vec: Vec, unit: TimeUnit): (row: number) => void {
  const whole = longs(vec)
  const halves = new Int32Array(vec.values.buffer, vec.values.byteOffset, vec.length * 2)
  const per = unitsPerSecond[unit]
  return row => {
    const high = halves[row * 2 + 1] as number
    if (high < 0) {
      ;[seconds, nanos] = splitUnits(whole[row] as bigint, unit)
      return
    }
    // Long division in steps of 16 bits: every intermediate value fits a double exactly.
    const low = halves[row * 2] as number
    const q1 = Math.floor(high / per)
    const t2 = (high - q1 * per) * 65536 + (low >>> 16)
    const q2 = Math.floor(t2 / per)
    const t3 = (t2 - q2 * per) * 65536 + (low & 0xffff)
    const q3 = Math.floor(t3 / per)
    seconds = q1 * 2 ** 32 + q2 * 65536 + q3
    nanos = (t3 - q3 * per) * (1e9 / per)
  }
}

function longs(vec: Vec): BigInt64Array {
  return new BigInt64Array(vec.values.buffer, vec.values.byteOffset, vec.length)
}

function dayDates(vec: Vec): (row: number) => string {
  const days = new Int32Array(vec.values.buffer, vec.values.byteOffset, vec.length)
  return row => dateText(days[row] as number)
}

const millisecondsPerDay = 86_400_000n

function millisecondDates(vec: Vec): (row: number) => string {
  const whole = longs(vec)
  return row => {
    const value = whole[row] as bigint
    if (value % millisecondsPerDay !== 0n) throw new VecError('its date is not a whole day', row)
    return dateText(Number(value / millisecondsPerDay))
  }
}

function clocks(vec: Vec, bits: 32 | 64, unit: TimeUnit): (row: number) => string {
  const { buffer, byteOffset } = vec.values
  const ints = bits === 32 ? new Int32Array(buffer, byteOffset, vec.length) : longs(vec)
  return row => {
    const [second, nano] = splitUnits(BigInt(ints[row] as number | bigint), unit)
    if (second < 0 || second >= 86_400) throw new VecError('its time is not within a day', row)
    return clockText(second, nano)
  }
}

function unscaled(vec: Vec, bits: number, row: number): bigint {
  const bytes = bits / 8
  const view = new DataView(vec.values.buffer, vec.values.byteOffset + row * bytes, bytes)
  if (bits === 32) return BigInt(view.getInt32(0, true))
  let value = view.getBigInt64(bytes - 8, true)
  for (let at = bytes - 16; at >= 0; at -= 8) value = (value << 64n) | view.getBigUint64(at, true)
  return value
}
