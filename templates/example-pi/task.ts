import type { Table } from 'taskq-runtime/tables'
import type { Context } from 'taskq-runtime/task'

/** One row of the table. */
export interface Params {
  readonly seed: number
  /** How many darts to throw. */
  readonly darts: number
}

/** What is kept of a row. */
export interface Estimate {
  readonly hits: number
  readonly pi: number
}

/** Your function: runs once for every row, and what it returns is kept as the row's result. */
export async function _runTask({ seed, darts }: Params, context: Context): Promise<Estimate> {
  const random = numbersFrom(seed)
  let hits = 0
  for (let dart = 0; dart < darts; dart += 1) {
    if (random() ** 2 + random() ** 2 < 1) hits += 1
    if (dart % 1_000_000 === 0) context.signal.throwIfAborted()
  }
  return { hits, pi: (4 * hits) / darts }
}

/** What the queue calls: passes everything through. The place for what every task of yours needs. */
export async function runTask(params: Params, context: Context): Promise<Estimate> {
  return await _runTask(params, context)
}

/** The rows that are still to be done: by default all of them. */
export function filterTasks(table: Table, _cloudpath: string): Table {
  return table
}

/** Random numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
