import { Double, jsonOf, type Raw } from '../tables/values.ts'
import { ticksOf } from './instant.ts'
import type { ResultRow } from './rows.ts'
import { changed, type Kind, type Sheet } from './sheet.ts'

/** A cell as formats with columns take it: integers and times are `bigint`, lists and objects JSON text. */
export type Cell = boolean | bigint | number | string | null

/** Some rows, column by column in the order of the sheet. */
export interface CellBatch {
  readonly length: number
  readonly columns: readonly (readonly Cell[])[]
}

/** The rows of a sheet column by column: so many rows, or fewer where their text is long. */
export async function* cellBatches(
  { columns, rows }: Sheet,
  mostRows: number,
): AsyncGenerator<CellBatch> {
  let cells = columns.map((): Cell[] => [])
  let length = 0
  let characters = 0
  for await (const row of rows()) {
    for (const [at, { cell, kind }] of columns.entries()) {
      const made = cellOf(cell(row), kind, row)
      if (typeof made === 'string') characters += made.length
      cells[at]?.push(made)
    }
    length += 1
    if (length < mostRows && characters < mostCharacters) continue
    yield { length, columns: cells }
    cells = columns.map(() => [])
    length = 0
    characters = 0
  }
  if (length > 0) yield { length, columns: cells }
}

/** Text gathered in one batch; two columns of it at once are still far from what a buffer can hold. */
const mostCharacters = 32 * 2 ** 20

/** The cell by its column's kind; a value of no such kind came in after the columns were decided. */
function cellOf(raw: Raw, kind: Kind, { id }: ResultRow): Cell {
  if (raw === null) return null
  switch (kind) {
    case 'json':
      return jsonOf(raw, false)
    case 'boolean':
      if (typeof raw === 'boolean') return raw
      break
    case 'float64':
      if (typeof raw === 'number') return raw
      if (raw instanceof Double) return raw.value
      break
    case 'int64':
    case 'uint64':
      if (typeof raw === 'number' && Number.isInteger(raw)) return BigInt(raw)
      if (typeof raw === 'bigint' && fits[kind](raw)) return raw
      break
    case 'text':
      if (typeof raw === 'string') return raw
      break
    default:
      if (typeof raw === 'string') return ticksOf(raw, kind)
  }
  throw changed(id)
}

const fits = {
  int64: (value: bigint) => BigInt.asIntN(64, value) === value,
  uint64: (value: bigint) => BigInt.asUintN(64, value) === value,
} as const
