import { floatText } from './sink.ts'
import type { Batch, Column, DeclaredType, Form, Frame, Row, Value } from './table.ts'

/** A float that happens to be whole, kept apart from an integer until the column's type is known. */
export class Double {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

/** A cell of a format without columns: a whole `number` is an integer, a `Double` a float. */
export type Raw =
  | null
  | boolean
  | number
  | bigint
  | string
  | Double
  | readonly Raw[]
  | { readonly [name: string]: Raw }

/** What has been seen of a column, as a set of bits. */
export const seen = {
  null: 1,
  boolean: 2,
  integer: 4,
  bigint: 8,
  float: 16,
  text: 32,
  array: 64,
  object: 128,
  innerInteger: 256,
  innerBigint: 512,
} as const

/** The bits for one cell. */
export function look(raw: Raw): number {
  switch (typeof raw) {
    case 'boolean':
      return seen.boolean
    case 'number':
      return Number.isInteger(raw) ? seen.integer : seen.float
    case 'bigint':
      return seen.bigint
    case 'string':
      return seen.text
    default:
      if (raw === null) return seen.null
      if (raw instanceof Double) return seen.float
      if (Array.isArray(raw)) return seen.array | inside(raw)
      return seen.object | inside(Object.values(raw))
  }
}

function inside(raws: readonly Raw[]): number {
  let bits = 0
  for (const raw of raws) {
    const inner = look(raw)
    if (inner & seen.integer) bits |= seen.innerInteger
    if (inner & seen.bigint) bits |= seen.innerBigint
    bits |= inner & (seen.innerInteger | seen.innerBigint)
  }
  return bits
}

const kinds =
  seen.boolean | seen.integer | seen.bigint | seen.float | seen.text | seen.array | seen.object
const words = ['boolean', 'integer', 'bigint', 'float', 'text', 'array', 'object'] as const

/** The column which has these values; a float column may hold integers that fit it exactly. */
export function decide(name: string, bits: number, declared?: DeclaredType): Column {
  const nullable = (bits & seen.null) !== 0
  const big = (bits & (seen.bigint | seen.innerBigint)) !== 0 || declared === 'bigint'
  const kind = bits & kinds
  const isFloat = (kind & seen.float) !== 0 && (kind & ~(seen.float | seen.integer)) === 0
  const hasIntegers =
    !isFloat && (bits & (seen.integer | seen.bigint | seen.innerInteger | seen.innerBigint)) !== 0
  const base = { name, ...typeOf(kind, isFloat, big), nullable }
  return hasIntegers ? { ...base, integers: big ? 'bigint' : 'number' } : base
}

function typeOf(kind: number, isFloat: boolean, big: boolean): { type: string; form: Form } {
  if (kind === 0) return { type: 'null', form: 'null' }
  if (isFloat) return { type: 'float', form: 'number' }
  if ((kind & ~(seen.integer | seen.bigint)) === 0)
    return { type: 'integer', form: big ? 'bigint' : 'number' }
  if (kind === seen.boolean) return { type: 'boolean', form: 'boolean' }
  if (kind === seen.text) return { type: 'text', form: 'string' }
  if (kind === seen.array) return { type: 'array', form: 'array' }
  if (kind === seen.object) return { type: 'object', form: 'object' }
  const named = words.filter(word => (kind & seen[word]) !== 0)
  return { type: `mixed: ${named.join(', ')}`, form: 'mixed' }
}

/** A whole number as an integer of a column: `number` where it fits 2^53 exactly. */
export function integerOf(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** A float as a cell: marked when it is whole, so that it is not taken for an integer. */
export function floatOf(value: number): number | Double {
  return Number.isInteger(value) || !Number.isFinite(value) ? new Double(value) : value
}

/** Some rows, cells in the order of `columns`, as a batch whose first row is row `first` of the table. */
export function valueBatch(
  columns: readonly Column[],
  rows: readonly (readonly Raw[])[],
  first: number,
  ids?: readonly string[],
): Batch {
  const heads = columns.map(({ name }, i) => `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`)
  const floats = columns.map(column => column.type === 'float')
  const text = (at: number, { head, tail, end }: Frame) => {
    const row = rows[at] ?? []
    let json = head
    for (let i = 0; i < columns.length; i++) {
      json += (heads[i] as string) + jsonOf(row[i] ?? null, floats[i] === true)
    }
    return end === undefined ? json + tail : `${json}${tail}${first + at}${end}`
  }
  return {
    length: rows.length,
    index: at => first + at,
    id: at => ids?.[at],
    row(at) {
      const row: Record<string, Value> = Object.create(null)
      for (const [i, { name, integers }] of columns.entries()) {
        row[name] = cellValue(rows[at]?.[i] ?? null, integers === 'bigint')
      }
      return row satisfies Row
    },
    json: (picked, frame = { head: '', tail: '}' }) =>
      picked === undefined
        ? rows.map((_, at) => text(at, frame))
        : Array.from(picked, at => text(at, frame)),
  }
}

/** A cell's JSON text; `float` says that a whole number is of a float column. */
export function jsonOf(raw: Raw, float: boolean): string {
  switch (typeof raw) {
    case 'string':
      return JSON.stringify(raw)
    case 'number':
      return float || !Number.isInteger(raw) ? floatText(raw) : String(raw)
    case 'bigint':
    case 'boolean':
      return String(raw)
    default:
      if (raw === null) return 'null'
      if (raw instanceof Double) return floatText(raw.value)
      if (Array.isArray(raw)) return `[${raw.map(item => jsonOf(item, false)).join(',')}]`
      return `{${Object.entries(raw)
        .map(([name, item]) => `${JSON.stringify(name)}:${jsonOf(item, false)}`)
        .join(',')}}`
  }
}

function cellValue(raw: Raw, bigints: boolean): Value {
  switch (typeof raw) {
    case 'number':
      if (!Number.isFinite(raw)) return null
      return bigints && Number.isInteger(raw) ? BigInt(raw) : raw
    case 'object': {
      if (raw === null) return null
      if (raw instanceof Double) return Number.isFinite(raw.value) ? raw.value : null
      if (Array.isArray(raw)) return raw.map(item => cellValue(item, bigints))
      const object: Record<string, Value> = Object.create(null)
      for (const [name, item] of Object.entries(raw)) object[name] = cellValue(item, bigints)
      return object
    }
    default:
      return raw
  }
}
