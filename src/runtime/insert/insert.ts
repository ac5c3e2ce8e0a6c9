import { TaskqError } from '../queue/errors.ts'
import type { Queue } from '../queue/queue.ts'
import type { Batch, Table } from '../tables/table.ts'
import { checkRows, type RowRules } from './check.ts'
import { type Encoder, type Encoding, encoderOf, range } from './encoder.ts'
import type { Journal } from './journal.ts'
import { restOf } from './picked.ts'
import { Sender } from './sender.ts'
import { slices } from './slices.ts'

/** How a table is inserted; every part has a default. */
export interface InsertOptions extends Encoding, RowRules {
  /** Whether finished and dead tasks are removed and inserted anew. Default false. */
  readonly again?: boolean
  /** What remembers the rows where the queue does not keep ids apart; those it knows are left out. */
  readonly journal?: Journal
  /** Called after each batch. */
  readonly onProgress?: (progress: InsertProgress) => void
}

/** How far an insert is. */
export interface InsertProgress {
  /** Rows dealt with so far. */
  readonly rows: number
  /** All rows; `undefined` where that cannot be known. */
  readonly total: number | undefined
  readonly inserted: number
  /** Tasks that were there already. */
  readonly present: number
}

/** How far an insert came. */
export interface InsertReport extends InsertProgress {
  /** Whether the signal ended it before the last row; what was inserted stays. */
  readonly stopped: boolean
}

/**
 * Makes one task of every row of a table, each exactly once however often it is called, where the
 * queue keeps ids apart. Nothing is inserted before every row was checked, but for a table that can
 * be read only once. The signal ends it after the batch in flight.
 */
export async function insertTable(
  queue: Queue,
  table: Table,
  options: InsertOptions = {},
): Promise<InsertReport> {
  const encoder = encoderOf(table, options, queue.codec)
  const { signal, journal, onProgress = () => {} } = options
  if (encoder.fingerprint === undefined) refuseOnce(table, options)
  else if (!(await check(queue, table, encoder, options)))
    return { rows: 0, total: table.rowCount, inserted: 0, present: 0, stopped: true }
  let remembered = 0
  const rest =
    journal === undefined
      ? table
      : restOf(table, journal.done, count => {
          remembered += count
        })
  let sender: Sender | undefined
  const state = () => {
    const { inserted, present } = sender?.counts ?? { inserted: 0, present: 0 }
    const there = present + remembered
    return { rows: inserted + there, total: table.rowCount, inserted, present: there }
  }
  for await (const batch of rest.batches()) {
    sender ??= senderOf(queue, table, encoder, batch, options)
    for (const { from, to } of slices(batch)) {
      if (signal?.aborted === true) return { ...state(), stopped: true }
      if (await insertSlice(sender, encoder, batch, from, to)) onProgress(state())
    }
  }
  await sender?.flush()
  onProgress(state())
  return { ...state(), stopped: false }
}

/** What needs a pass before the first insert cannot be had of a table that is read once. */
function refuseOnce({ name }: Table, { key, schema }: InsertOptions): void {
  const what = key !== undefined ? 'a key' : schema !== undefined ? 'a schema' : undefined
  if (what === undefined) return
  throw new TaskqError(
    'unsupported',
    `${name} was declared to be read once, so that its rows cannot be checked against ${what} before they are inserted. Remove its export "once" to have them kept.`,
  )
}

/** Answers false when the signal ended the checking; nothing was inserted then. */
async function check(
  queue: Queue,
  table: Table,
  encoder: Encoder,
  options: InsertOptions,
): Promise<boolean> {
  try {
    await checkRows(table, encoder, queue.driver, options)
    return true
  } catch (error) {
    if (options.signal?.aborted !== true) throw error
    return false
  }
}

/** Where ids are row numbers, another table would silently be taken for this one: its fingerprint tells. */
function senderOf(
  queue: Queue,
  table: Table,
  encoder: Encoder,
  first: Batch,
  { again = false, journal }: InsertOptions,
): Sender {
  const fingerprint = encoder.byContents(first) ? undefined : encoder.fingerprint
  const { decode } = queue.codec
  const sameness = { table: table.name, url: queue.url, fingerprint, decode }
  return new Sender(queue, { again, sameness, journal })
}

/** Answers whether anything came of it that is worth telling. */
async function insertSlice(
  sender: Sender,
  encoder: Encoder,
  batch: Batch,
  from: number,
  to: number,
): Promise<boolean> {
  const named = encoder.ids(batch, from, to)
  const make = (places: readonly number[]) => encoder.messages(batch, named, from, places)
  const send = async (places: readonly number[]) =>
    await sender.add(
      make(places),
      places.map(at => batch.index(at)),
    )
  if (!sender.skips) return await send(range(from, to))
  const missing = await sender.missing(named.ids, at => make([from + at])[0])
  const added = await send(missing.map(at => from + at))
  return added || missing.length < to - from
}
