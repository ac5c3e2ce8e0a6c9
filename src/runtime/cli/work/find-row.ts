import { encoderOf, range } from '../../insert/encoder.ts'
import { slices } from '../../insert/slices.ts'
import { bodyComposer, bodyFrame } from '../../queue/envelope.ts'
import { TaskqError } from '../../queue/errors.ts'
import { openQueue } from '../../queue/open.ts'
import type { Batch, Table } from '../../tables/table.ts'
import type { TaskText } from '../../worker/try.ts'

/** Which row of a table is meant; the first where nothing is said. */
export interface RowChoice {
  /** Its number, from 0, before any row is left out. */
  readonly row?: number
  /** The id of its task, or the values of key columns: `root_id=864691135494192529`. */
  readonly key?: string
}

/** The task that inserting would make of a row. */
export async function findRow(table: Table, choice: RowChoice): Promise<TaskText> {
  const { wanted, key } = idMeant(table, choice.key)
  const encoder = encoderOf(table, { key }, { composer: bodyComposer, frame: bodyFrame })
  const textOf = (batch: Batch, at: number): TaskText => {
    const named = encoder.ids(batch, at, at + 1)
    const [message] = encoder.messages(batch, named, at, [at])
    return { id: message?.id ?? '', body: message?.body ?? '', wire: 'taskq' }
  }
  for await (const batch of table.batches()) {
    if (wanted === undefined) {
      const { row = 0 } = choice
      const at = range(0, batch.length).find(each => batch.index(each) === row)
      if (at !== undefined) return textOf(batch, at)
      continue
    }
    for (const { from, to } of slices(batch)) {
      const at = encoder.ids(batch, from, to).ids.indexOf(wanted)
      if (at >= 0) return textOf(batch, from + at)
    }
  }
  throw noRow(table, choice)
}

/** The task of an id as it lies in a queue. */
export async function findTask(url: string, id: string): Promise<TaskText> {
  const queue = await openQueue(url, { create: false })
  try {
    const [view] = await queue.tasks.get([id])
    if (view !== undefined) return { id, body: view.body, wire: queue.driver.wire }
    throw new TaskqError(
      'invalid',
      `There is no task "${id}" in ${queue.url}. See which there are: taskq list ${queue.url}`,
    )
  } finally {
    await queue.close()
  }
}

/** The id that is meant and the columns that ids are made of. */
function idMeant(
  table: Table,
  key: string | undefined,
): { readonly wanted?: string; readonly key: readonly string[] } {
  if (key === undefined) return { key: [] }
  const parts = key.split(',').map(part => part.split(/=(.*)/s))
  const names = new Set(table.columns.map(({ name }) => name))
  if (!parts.every(([name = '', value]) => value !== undefined && names.has(name.trim())))
    return { wanted: key, key: [] }
  return {
    wanted: parts.map(([, value = '']) => value.trim()).join(':'),
    key: parts.map(([name = '']) => name.trim()),
  }
}

function noRow({ name, rowCount, columns }: Table, { key, row }: RowChoice): TaskqError {
  if (key === undefined) {
    const rows = rowCount === undefined ? 'fewer rows' : `${rowCount} rows, numbered from 0`
    return new TaskqError('invalid', `${name} has no row ${row ?? 0}: it has ${rows}.`)
  }
  const [first] = columns
  return new TaskqError(
    'invalid',
    `${name} has no row whose id is ${key}. Give an id such as ${name}:0, or the values of columns: --key ${first?.name ?? 'column'}=VALUE`,
  )
}
