import type { Table } from '../tables/table.ts'
import { Bitmap } from './bitmap.ts'
import { pickedTable } from './picked.ts'
import { type Condition, whereOf } from './where.ts'

/** Which rows of a table are meant, by what they hold and by their place; in this order. */
export interface Selection {
  readonly where?: readonly Condition[]
  /** So many rows taken at random, the same ones each time for the same table. */
  readonly sample?: number
  /** Rows left out at the start. Default 0. */
  readonly offset?: number
  /** Rows at most. Default all. */
  readonly limit?: number
}

/** The rows that are meant, with the numbers they have in the table; the table itself when all are. */
export async function selectRows(table: Table, selection: Selection): Promise<Table> {
  const { where = [], sample, offset = 0, limit = Number.POSITIVE_INFINITY } = selection
  if (
    where.length === 0 &&
    sample === undefined &&
    offset === 0 &&
    limit === Number.POSITIVE_INFINITY
  )
    return table
  const met = where.length === 0 ? undefined : await rowsThat(table, where)
  const candidates = met?.count ?? table.rowCount ?? (await countRows(table))
  const taken = sample === undefined ? undefined : chooser(candidates, sample, table.fingerprint)
  const rows = new Bitmap()
  let rank = 0
  const end = met === undefined ? candidates : met.last + 1
  for (let index = 0; index < end && rows.count < limit; index++) {
    if (met?.has(index) === false || taken?.() === false) continue
    if (rank++ >= offset) rows.add(index)
  }
  return pickedTable(table, rows)
}

async function rowsThat(table: Table, where: readonly Condition[]): Promise<Bitmap> {
  const meets = whereOf(table, where)
  const rows = new Bitmap()
  for await (const batch of table.batches())
    for (let at = 0; at < batch.length; at++) if (meets(batch.row(at))) rows.add(batch.index(at))
  return rows
}

async function countRows(table: Table): Promise<number> {
  let count = 0
  for await (const batch of table.batches()) count += batch.length
  return count
}

/** Says of each of `all` in turn whether it is among `wanted` chosen ones (Knuth's algorithm S). */
function chooser(all: number, wanted: number, seed = ''): () => boolean {
  const random = seeded(Number.parseInt(seed.slice(0, 8), 16) || 1)
  let left = all
  let missing = Math.min(wanted, all)
  return () => {
    const chosen = random() * left < missing
    left -= 1
    if (chosen) missing -= 1
    return chosen
  }
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
