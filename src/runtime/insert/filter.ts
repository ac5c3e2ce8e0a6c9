import { TaskqError } from '../queue/errors.ts'
import type { Row, Table } from '../tables/table.ts'
import { Bitmap } from './bitmap.ts'
import { pickedTable } from './picked.ts'
import { ArrayWanted, placeOf, watched, watchedRows } from './watched.ts'

/** Rows of a table that were chosen: the table itself filtered, or some of its rows one after the other. */
export type Chosen = Table | Iterable<Row> | AsyncIterable<Row>

/** What a project exports as `filterTasks`: the rows that are still to be done. */
export type FilterTasks = (table: Table, cloudpath: string) => Chosen | Promise<Chosen>

/**
 * The rows that a filter chooses, with the numbers they have in the table. The filter is asked once,
 * before anything is inserted. One that was written for an array of rows gets an array.
 */
export async function applyFilter(
  table: Table,
  filter: (table: never, cloudpath: string) => unknown,
  cloudpath: string,
): Promise<Table> {
  const view = watched(table)
  try {
    const chosen: unknown = await filter(view.table as never, cloudpath)
    if (!view.wantsArray()) {
      const found = await rowsIn(table, chosen)
      if (!view.wantsArray()) return found
    }
  } catch (error) {
    // The filter may have wrapped the signal in an error of its own.
    if (!view.wantsArray() && !(error instanceof ArrayWanted)) throw error
  }
  const chosen: unknown = await filter((await watchedRows(table)) as never, cloudpath)
  return await rowsIn(table, chosen)
}

async function rowsIn(table: Table, chosen: unknown): Promise<Table> {
  const derived = watched.origin(chosen)
  if (derived !== undefined) {
    if (derived.isWhole) return derived.whole
    const rows = new Bitmap()
    for await (const batch of derived.table.batches())
      for (let at = 0; at < batch.length; at++) rows.add(batch.index(at))
    return pickedTable(derived.whole, rows)
  }
  if (!isIterable(chosen)) throw refused(table, `returned ${nameOf(chosen)}`)
  const rows = new Bitmap()
  let whole: Table | undefined
  for await (const row of chosen) {
    const place = placeOf(row)
    if (place === undefined) throw refused(table, 'returned something that is no row of the table')
    whole ??= place.whole
    if (whole !== place.whole) throw refused(table, 'mixed rows that have a column with others')
    rows.add(place.index)
  }
  return pickedTable(whole ?? table, rows)
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Symbol.iterator in value || Symbol.asyncIterator in value)
  )
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  return value === null ? 'null' : `a ${typeof value}`
}

function refused({ name }: Table, what: string): TaskqError {
  return new TaskqError(
    'invalid',
    `filterTasks ${what} for ${name}. Return table.filter(row => ...), or the very rows that came from the table: an array or generator of them, no copies. A column is added with table.withColumn(name, text).`,
  )
}
