import type { Queue } from '../queue/queue.ts'
import type { Batch, Table } from '../tables/table.ts'
import { checkRows, type RowRules } from './check.ts'
import { type Encoder, type Encoding, encoderOf, range } from './encoder.ts'
import { Sender } from './sender.ts'
import { slices } from './slices.ts'

/** How a table is inserted; every part has a default. */
export interface InsertOptions extends Encoding, RowRules {
  /** Whether finished and dead tasks are removed and inserted anew. Default false. */
  readonly again?: boolean
  /** Called after each batch. */
  readonly onProgress?: (progress: InsertProgress) => void
}

export interface InsertProgress {
  /** Rows dealt with so far. */
  readonly rows: number
  /** All rows; `undefined` where that cannot be known. */
  readonly total: number | undefined
  readonly inserted: number
  /** Tasks that were there already. */
  readonly present: number
}

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
  const encoder = encoderOf(table, options)
  const { signal, onProgress = () => {} } = options
  if (encoder.fingerprint !== undefined && !(await check(queue, table, encoder, options)))
    return { rows: 0, total: table.rowCount, inserted: 0, present: 0, stopped: true }
  let sender: Sender | undefined
  const state = () => {
    const { inserted, present } = sender?.counts ?? { inserted: 0, present: 0 }
    return { rows: inserted + present, total: table.rowCount, inserted, present }
  }
  for await (const batch of table.batches()) {
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
  { again = false }: InsertOptions,
): Sender {
  const fingerprint = encoder.byContents(first) ? undefined : encoder.fingerprint
  return new Sender(queue, { again, sameness: { table: table.name, url: queue.url, fingerprint } })
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
  if (!sender.skips) return await sender.add(make(range(from, to)))
  const missing = await sender.missing(named.ids, at => make([from + at])[0])
  const added = await sender.add(make(missing.map(at => from + at)))
  return added || missing.length < to - from
}
