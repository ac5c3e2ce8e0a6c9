import { isUtf8 } from 'node:buffer'
import type { SchemaElement } from 'hyparquet'
import { type Kind, refusal } from '../arrow/kinds.ts'
import {
  clockText,
  dateText,
  decimalText,
  instantText,
  splitUnits,
  type TimeUnit,
} from '../times.ts'
import { floatOf, integerOf, type Raw } from '../values.ts'

/** A column of a Parquet file: what it holds, and how what hyparquet hands over becomes a value. */
export interface Leaf {
  readonly kind: Kind
  /** Turns a value as stored into a cell; a null never reaches it. */
  readonly raw: (stored: unknown) => Raw
  /** Whether hyparquet is left to turn the bytes into text. */
  readonly isText: boolean
}

const units: Readonly<Record<string, TimeUnit>> = { MILLIS: 'ms', MICROS: 'us', NANOS: 'ns' }

/** What a leaf of the schema holds; refuses what has no JSON form, naming column and type. */
export function leafOf(table: string, path: string, element: SchemaElement): Leaf {
  const { type, converted_type: converted, logical_type: logical } = element
  const refuse = (word: string) => refusal(table, path, word, 'has no one form in JSON')
  if (logical?.type === 'DECIMAL' || converted === 'DECIMAL') return decimal(element)
  if (logical?.type === 'FLOAT16') {
    return {
      kind: { is: 'float', bits: 16 },
      raw: stored => floatOf(viewOf(stored).getFloat16(0, true)),
      isText: false,
    }
  }
  switch (type) {
    case 'BOOLEAN':
      return { kind: { is: 'bool' }, raw: stored => stored === true, isText: false }
    case 'INT32':
      return int32(element)
    case 'INT64':
      return int64(element)
    case 'INT96':
      return { kind: timestamp('ns', undefined), raw: julian, isText: false }
    case 'FLOAT':
    case 'DOUBLE':
      return {
        kind: { is: 'float', bits: type === 'FLOAT' ? 32 : 64 },
        raw: stored => floatOf(Number(stored)),
        isText: false,
      }
    case 'BYTE_ARRAY':
    case 'FIXED_LEN_BYTE_ARRAY':
      return bytesLeaf(element, refuse)
    default:
      throw refuse(String(type))
  }
}

/** Text from bytes, refused when it is not UTF-8; `undefined` stays for null. */
export function textFromBytes(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined) return undefined
  if (!isUtf8(bytes)) throw new Error('a text is not valid UTF-8')
  return bufferOf(bytes).toString()
}

function timestamp(unit: TimeUnit, zone: string | undefined): Kind {
  return { is: 'timestamp', unit, zone }
}

function int32({ converted_type: converted, logical_type: logical }: SchemaElement): Leaf {
  if (converted === 'DATE' || logical?.type === 'DATE') {
    return {
      kind: { is: 'date', bits: 32 },
      raw: stored => dateText(Number(stored)),
      isText: false,
    }
  }
  if (converted === 'TIME_MILLIS' || logical?.type === 'TIME') {
    return {
      kind: { is: 'time', bits: 32, unit: 'ms' },
      raw: stored => clock(BigInt(Number(stored)), 'ms'),
      isText: false,
    }
  }
  const signed = logical?.type === 'INTEGER' ? logical.isSigned : !converted?.startsWith('UINT')
  const bits = intBits(
    logical?.type === 'INTEGER' ? logical.bitWidth : Number(converted?.split('_')[1]),
  )
  return {
    kind: { is: 'int', bits, signed },
    raw: signed ? stored => Number(stored) : stored => Number(stored) >>> 0,
    isText: false,
  }
}

function intBits(bits: number): 8 | 16 | 32 {
  return bits === 8 || bits === 16 ? bits : 32
}

function int64({ converted_type: converted, logical_type: logical }: SchemaElement): Leaf {
  if (logical?.type === 'TIMESTAMP' || converted?.startsWith('TIMESTAMP')) {
    const unit =
      logical?.type === 'TIMESTAMP'
        ? (units[logical.unit] ?? 'us')
        : converted === 'TIMESTAMP_MILLIS'
          ? 'ms'
          : 'us'
    const utc = logical?.type === 'TIMESTAMP' ? logical.isAdjustedToUTC : true
    return {
      kind: timestamp(unit, utc ? 'UTC' : undefined),
      raw: stored => instantText(...splitUnits(long(stored), unit)),
      isText: false,
    }
  }
  if (logical?.type === 'TIME' || converted === 'TIME_MICROS') {
    const unit = logical?.type === 'TIME' ? (units[logical.unit] ?? 'us') : 'us'
    return {
      kind: { is: 'time', bits: 64, unit },
      raw: stored => clock(long(stored), unit),
      isText: false,
    }
  }
  const unsigned =
    converted === 'UINT_64' || (logical?.type === 'INTEGER' && logical.isSigned === false)
  return {
    kind: { is: 'int', bits: 64, signed: !unsigned },
    raw: unsigned
      ? stored => integerOf(BigInt.asUintN(64, long(stored)))
      : stored => integerOf(long(stored)),
    isText: false,
  }
}

function bytesLeaf(element: SchemaElement, refuse: (word: string) => Error): Leaf {
  const { type, converted_type: converted, logical_type: logical } = element
  const texts = ['UTF8', 'ENUM', 'JSON']
  if (texts.includes(converted ?? '') || ['STRING', 'ENUM', 'JSON'].includes(logical?.type ?? '')) {
    return { kind: { is: 'text', width: 4 }, raw: stored => String(stored), isText: true }
  }
  if (logical?.type === 'UUID') {
    return { kind: { is: 'text', width: 4 }, raw: uuid, isText: false }
  }
  if (converted === 'INTERVAL' || converted === 'BSON') throw refuse(converted.toLowerCase())
  if (logical !== undefined && ['VARIANT', 'GEOMETRY', 'GEOGRAPHY'].includes(logical.type)) {
    throw refuse(logical.type.toLowerCase())
  }
  const kind: Kind =
    type === 'BYTE_ARRAY'
      ? { is: 'binary', width: 4 }
      : { is: 'fixedBinary', bytes: element.type_length ?? 0 }
  return { kind, raw: stored => bufferOf(stored).toString('base64'), isText: false }
}

function decimal(element: SchemaElement): Leaf {
  const { logical_type: logical } = element
  const scale = (logical?.type === 'DECIMAL' ? logical.scale : undefined) ?? element.scale ?? 0
  const precision =
    (logical?.type === 'DECIMAL' ? logical.precision : undefined) ?? element.precision ?? 0
  const unscaled = (stored: unknown) =>
    stored instanceof Uint8Array ? bigEndian(stored) : BigInt(stored as number | bigint)
  return {
    kind: { is: 'decimal', bits: precision > 38 ? 256 : 128, scale },
    raw: stored => decimalText(unscaled(stored), scale),
    isText: false,
  }
}

function bigEndian(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${bufferOf(bytes).toString('hex')}`))
}

function clock(count: bigint, unit: TimeUnit): string {
  const [seconds, nanos] = splitUnits(count, unit)
  if (seconds < 0 || seconds >= 86_400) throw new Error('a time is not within a day')
  return clockText(seconds, nanos)
}

const julianEpoch = 2_440_588n
const nanosPerDay = 86_400_000_000_000n

/** The old timestamps of Hive and Impala: nanoseconds of the day below, Julian day above. */
function julian(stored: unknown): string {
  const whole = long(stored)
  const nanos = ((whole >> 64n) - julianEpoch) * nanosPerDay + (whole & 0xffffffffffffffffn)
  return instantText(...splitUnits(nanos, 'ns'))
}

function uuid(stored: unknown): string {
  const hex = bufferOf(stored).toString('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-')
}

function long(stored: unknown): bigint {
  if (typeof stored === 'bigint') return stored
  throw new Error(`a 64-bit integer was expected, got ${typeof stored}`)
}

function viewOf(stored: unknown): DataView {
  const bytes = bufferOf(stored)
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function bufferOf(stored: unknown): Buffer {
  if (!(stored instanceof Uint8Array)) throw new Error(`bytes were expected, got ${typeof stored}`)
  return Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength)
}
