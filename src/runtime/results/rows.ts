import type { TaskView } from '../queue/driver.ts'
import { isTaskqError } from '../queue/errors.ts'
import { pagesOf } from '../queue/pages.ts'
import type { Queue } from '../queue/queue.ts'
import { readRaw } from '../tables/exact.ts'
import { isRecord, type RawRecord } from '../tables/records.ts'
import type { Raw } from '../tables/values.ts'
import { type DeadTask, type Result, readResults } from './read.ts'
import { readRecord, splitRecord } from './record.ts'

/** One row out: a task, what became of it, and on request the parameters that it had. */
export interface ResultRow {
  readonly id: string
  /** `done`, the state it is in, or `absent`: not in the queue. */
  readonly status: TaskView['state'] | 'absent'
  readonly params?: RawRecord
  /** The same as JSON text, where it is at hand. */
  readonly paramsText?: string
  /** Absent when there is none, as of a task that returned nothing. */
  readonly value?: Raw
  /** What stands beside it by name: the attempt, times, the worker, the reason of a dead task. */
  readonly facts: RawRecord
  /** The record to the letter, where it is one of ours. */
  readonly text?: string
}

/** Reads the rows from the first. */
export type Rows = () => AsyncIterable<ResultRow>

/** The results of a queue as rows, in the order finished. */
export async function* resultRows(
  queue: Queue,
  onRepeat?: (id: string) => void,
): AsyncGenerator<ResultRow> {
  for await (const result of readResults(queue, onRepeat)) yield doneRow(result)
}

/** The dead tasks of a queue as rows, with their parameters when asked for. */
export async function* deadRows(queue: Queue, params: boolean): AsyncGenerator<ResultRow> {
  for await (const page of pagesOf(queue, { states: ['dead'] }))
    for (const view of page)
      yield params ? { ...viewRow(view), params: paramsOf(queue, view) } : viewRow(view)
}

/** The row with parameters that are read from their text by who asks: whoever writes the text on does not. */
export function withParamsText(row: ResultRow, paramsText: string): ResultRow {
  let params: RawRecord | undefined
  return Object.defineProperty(Object.assign(row, { paramsText }), 'params', {
    get: () => (params ??= readRaw(paramsText, 'the row') as RawRecord),
    enumerable: true,
  })
}

/**
 * The row of a finished task, its value read by the first who asks for it; a record of another program
 * counts as a value of that text.
 */
export function doneRow({ id, attempts, text }: Result): ResultRow {
  if (text === undefined) return { id, status: 'done', facts: { attempt: attempts } }
  const split = splitRecord(text)
  if (split === undefined) return otherRow(id, attempts, text)
  const { valueText, facts } = split
  const row = { id, status: 'done', facts, text } as const
  if (valueText === undefined) return row
  let value: Raw | undefined
  return {
    ...row,
    get value() {
      value ??= resultOf(valueText)
      return value
    },
  }
}

/** A result that is too much for a table (a number of thousands of digits) stays the text it is, and keeps no other back. */
function resultOf(text: string): Raw {
  try {
    return readRaw(text, 'the result')
  } catch (error) {
    if (isTaskqError(error, 'invalid')) return text
    throw error
  }
}

/** A record that our workers did not write, though it may be of the same kind. */
function otherRow(id: string, attempts: number, text: string): ResultRow {
  if (readRecord(text)?.status !== 'done')
    return { id, status: 'done', value: text, facts: { attempt: attempts } }
  const {
    status: _,
    value,
    ...facts
  } = readRaw(text, 'the record') as { readonly [name: string]: Raw }
  return { id, status: 'done', facts, text, ...(value !== undefined && { value }) }
}

/** The row of a dead task: the reason is always there. */
function deadRow({ id, attempts, reason, text }: DeadTask): ResultRow {
  if (text === undefined) return { id, status: 'dead', facts: { reason, attempt: attempts } }
  if (readRecord(text)?.status !== 'dead')
    return { id, status: 'dead', facts: { reason, attempt: attempts, record: text } }
  const { status: _, ...facts } = readRaw(text, 'the record') as { readonly [name: string]: Raw }
  return { id, status: 'dead', facts: { ...facts, reason }, text }
}

/** The row of a task in whatever state. */
export function viewRow(view: TaskView): ResultRow {
  const { id, state, attempts, reason = '', record } = view
  const text = record === undefined ? {} : { text: record }
  if (state === 'done') return doneRow({ id, attempts, ...text })
  if (state === 'dead') return deadRow({ id, attempts, reason, ...text })
  return { id, status: state, facts: attempts > 0 ? { attempt: attempts } : {} }
}

/**
 * The parameters in a body as they were written: a whole float stays one, which a codec's reading
 * does not tell. Bodies of another wire are read by their codec. `{}` for what cannot be read.
 */
export function paramsOf(queue: Queue, { id, body }: Pick<TaskView, 'id' | 'body'>): RawRecord {
  try {
    const raw = readRaw(body, 'the body')
    if (isRecord(raw) && raw['taskq'] === 1 && isRecord(raw['params'])) return raw['params']
    return queue.decode({ id, body }).params as RawRecord
  } catch {
    // A body that is no task of ours was told of when a worker met it; its result still counts.
    return {}
  }
}
