import type { Column, DeclaredType } from '../table.ts'
import { decide, floatOf, integerOf, type Raw, seen } from '../values.ts'

// What JSON calls a number: no plus, no leading zeros, so that `007` and `+49` stay text.
const integer = /^(?:0|-?[1-9]\d*)$/
const float = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/
const noNumber = /^(?:NaN|nan|-?inf|-?Infinity)$/
const truth: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['True', true],
  ['TRUE', true],
  ['false', false],
  ['False', false],
  ['FALSE', false],
])

/** Digits up to which an integer surely fits 2^53. */
const safeDigits = 15

/** An integer of more digits than this is no number anyone counts with. */
const maxDigits = 1000

/** What a CSV cell could be, as bits of `seen`; `undefined` when it is not of the declared type. */
export function cellBits(cell: string, declared: DeclaredType | undefined): number | undefined {
  if (cell === '') return seen.null
  if (declared === 'text') return seen.text
  const bits = bitsOf(cell)
  switch (declared) {
    case 'integer':
    case 'bigint':
      return (bits & (seen.integer | seen.bigint)) === 0 ? undefined : bits
    case 'float':
      return (bits & (seen.integer | seen.float)) === 0 ? undefined : seen.float
    case 'boolean':
      return bits === seen.boolean ? bits : undefined
    default:
      return bits
  }
}

function bitsOf(cell: string): number {
  const code = cell.charCodeAt(0)
  const numeric = code === 45 || (code >= 48 && code <= 57)
  if (numeric && integer.test(cell)) {
    if (cell.length <= safeDigits || Number.isSafeInteger(Number(cell))) return seen.integer
    return cell.length <= maxDigits ? seen.bigint : seen.text
  }
  if (numeric && float.test(cell)) return Number.isFinite(Number(cell)) ? seen.float : seen.text
  if (truth.has(cell)) return seen.boolean
  // Null as well as float: a float column's word for "no number".
  return noNumber.test(cell) ? seen.float | seen.null : seen.text
}

/** The column for these bits: a mixture is text, and so are floats beside integers that no float can hold. */
export function csvColumn(name: string, bits: number, declared: DeclaredType | undefined): Column {
  const column = decide(name, bits, declared)
  if (column.form !== 'mixed') return column
  return { name, type: 'text', form: 'string', nullable: (bits & seen.null) !== 0 }
}

/** Turns the cells of a column into values. An empty cell is null, but empty text where text was declared. */
export function rawCell(column: Column, declared: boolean): (cell: string) => Raw {
  if (column.form === 'boolean') return cell => truth.get(cell) ?? null
  if (column.type === 'float') {
    return cell => (cell === '' || noNumber.test(cell) ? null : floatOf(Number(cell)))
  }
  if (column.type === 'integer') {
    return cell =>
      cell === '' ? null : cell.length <= safeDigits ? Number(cell) : integerOf(BigInt(cell))
  }
  if (declared && column.form === 'string') return cell => cell
  return cell => (cell === '' ? null : cell)
}
