import { encoderOf } from '../insert/encoder.ts'
import { slices } from '../insert/slices.ts'
import type { Queue } from '../queue/queue.ts'
import type { Table } from '../tables/table.ts'
import { type Result, readPages } from './read.ts'
import { doneRow, paramsOf, type ResultRow, viewRow, withParamsText } from './rows.ts'

/** Results with the parameters that the queue keeps of their tasks, in the order finished. */
export async function* joinedToTasks(
  queue: Queue,
  onRepeat?: (id: string) => void,
): AsyncGenerator<ResultRow> {
  for await (const results of readPages(queue, onRepeat, { bodies: true }))
    yield* await withParams(queue, results)
}

/** Some results as rows, with the parameters that the queue keeps of their tasks. */
export async function withParams(
  queue: Queue,
  results: readonly Result[],
): Promise<readonly ResultRow[]> {
  const without = results.flatMap(({ id, body }) => (body === undefined ? id : []))
  const views = without.length === 0 ? [] : await queue.tasks.get(without)
  const bodies = new Map(views.map(({ id, body }) => [id, body]))
  return results.map(result => {
    const { id, body = bodies.get(id) } = result
    // A spread would read the value, which may not be needed.
    const params = body === undefined ? {} : paramsOf(queue, { id, body })
    return Object.assign(doneRow(result), { params })
  })
}

/** One row out for every row of the table, in its order, named as inserting names them. */
export async function* joinedToTable(
  queue: Queue,
  table: Table,
  key: readonly string[] | undefined,
): AsyncGenerator<ResultRow> {
  const encoder = encoderOf(table, key === undefined ? {} : { key }, queue.codec)
  for await (const batch of table.batches()) {
    for (const { from, to } of slices(batch)) {
      const { ids } = encoder.ids(batch, from, to)
      const rows = batch.json(Array.from(ids, (_, at) => from + at))
      for (let start = 0; start < ids.length; start += askedAtOnce) {
        const asked = ids.slice(start, start + askedAtOnce)
        const views = new Map((await queue.tasks.get(asked)).map(view => [view.id, view]))
        for (const [at, id] of asked.entries()) {
          const view = views.get(id)
          const row: ResultRow =
            view === undefined ? { id, status: 'absent', facts: {} } : viewRow(view)
          yield withParamsText(row, rows[start + at] ?? '{}')
        }
      }
    }
  }
}

/** The ids that inserting gives to the rows of a table, in its order. */
export async function* idsOfTable(
  queue: Queue,
  table: Table,
  key: readonly string[] | undefined,
): AsyncGenerator<string> {
  const encoder = encoderOf(table, key === undefined ? {} : { key }, queue.codec)
  for await (const batch of table.batches())
    for (const { from, to } of slices(batch)) yield* encoder.ids(batch, from, to).ids
}

const askedAtOnce = 1000
