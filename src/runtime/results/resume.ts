import { isCancelled } from '../queue/cancelled.ts'
import type { TaskView } from '../queue/driver.ts'
import { pagesOf } from '../queue/pages.ts'
import type { Queue } from '../queue/queue.ts'
import type { RawRecord } from '../tables/records.ts'
import type { Table } from '../tables/table.ts'
import { jsonOf } from '../tables/values.ts'
import { joinedToTable } from './join.ts'
import { paramsOf } from './rows.ts'

/**
 * What of a queue has no result: its dead, waiting and leased tasks, but for cancelled ones. Each is a
 * line of a task file, which inserting reads back under the same id.
 */
export async function* todoOfQueue(queue: Queue): AsyncGenerator<string> {
  const states = ['dead', 'leased', 'ready', 'delayed'] as const
  for await (const page of pagesOf(queue, { states }))
    for (const view of page)
      if (!isCancelled(view.reason))
        yield lineOf(view.id, paramsOf(queue, view), bigintsOf(queue, view))
}

/** The same for the rows of a table, in its order, those too that never reached the queue. */
export async function* todoOfTable(
  queue: Queue,
  table: Table,
  key: readonly string[] | undefined,
): AsyncGenerator<string> {
  const bigints = table.columns.filter(each => each.integers === 'bigint').map(({ name }) => name)
  for await (const { id, status, params = {}, facts } of joinedToTable(queue, table, key))
    if (status !== 'done' && !isCancelled(facts['reason'])) yield lineOf(id, params, bigints)
}

/** Which columns are `bigint` is part of it: the rows left may all be small enough for `number`. */
function lineOf(id: string, data: RawRecord, bigints: readonly string[]): string {
  const columns = bigints.length === 0 ? {} : { bigint: bigints }
  return `${jsonOf({ task_id: id, data, ...columns }, false)}\n`
}

function bigintsOf(queue: Queue, view: TaskView): readonly string[] {
  try {
    return queue.decode(view).bigints ?? []
  } catch {
    // What no worker could read is written without parameters, as it is shown everywhere.
    return []
  }
}
