import type { JsonValue } from '../queue/json.ts'
import { pagesOf } from '../queue/pages.ts'
import type { Queue } from '../queue/queue.ts'
import { type DeadRecord, type DoneRecord, readRecord } from './record.ts'

/** One finished task, as it is read. */
export interface Result {
  readonly id: string
  readonly attempts: number
  /** The record to the letter; absent when the task was finished without one, as other programs do. */
  readonly text?: string
  /** What the task was inserted with, where that was asked for and is at hand. */
  readonly body?: string
}

/** One dead task. */
export interface DeadTask {
  readonly id: string
  readonly attempts: number
  readonly reason: string
  readonly text?: string
}

const pageSize = 1000

/**
 * All results of a queue in the order finished, a page at a time; reading takes nothing away. Where
 * a store can hold two results of one id the first counts, and `onRepeat` is told of the others.
 */
export async function* readResults(
  queue: Queue,
  onRepeat?: (id: string) => void,
): AsyncGenerator<Result> {
  for await (const page of readPages(queue, onRepeat)) yield* page
}

/** The same a page at a time, with bodies where they are at hand. */
export async function* readPages(
  queue: Queue,
  onRepeat: (id: string) => void = () => {},
  options: { readonly bodies?: boolean } = {},
): AsyncGenerator<readonly Result[]> {
  const pages = pageReader(queue, onRepeat, options)
  for (;;) {
    const page = await pages()
    if (page === undefined) return
    yield page
  }
}

/** Reads on from where it stands: the next results, or `undefined` while there are none. */
export function pageReader(
  queue: Queue,
  onRepeat: (id: string) => void = () => {},
  options: { readonly bodies?: boolean } = {},
): () => Promise<readonly Result[] | undefined> {
  // Ten million ids take a gigabyte: remembered only where a store cannot keep them apart itself.
  // Results beside the queue are written before the lease is asked about: fencing is no help there.
  const { traits, results } = queue.driver
  const seen = traits.fenced && results !== undefined ? undefined : new Set<string>()
  let after: string | undefined
  return async () => {
    const next = after === undefined ? {} : { after }
    const page = await queue.results.read({ ...options, ...next, max: pageSize })
    if (page.items.length === 0) return undefined
    after = page.next ?? after
    const results: Result[] = []
    for (const { id, attempts, record, body } of page.items) {
      if (seen?.has(id)) {
        onRepeat(id)
        continue
      }
      seen?.add(id)
      results.push({
        ...{ id, attempts },
        ...(record !== undefined && { text: record }),
        ...(body !== undefined && { body }),
      })
    }
    return results
  }
}

/** All dead tasks of a queue. */
export async function* readDead(queue: Queue): AsyncGenerator<DeadTask> {
  for await (const page of pagesOf(queue, { states: ['dead'] }))
    for (const { id, attempts, reason = '', record } of page)
      yield { id, attempts, reason, ...(record !== undefined && { text: record }) }
}

/** What a result's record says; a record of another program counts as a value of that text. */
export function recordOf({ text }: Result): DoneRecord | DeadRecord | { value?: JsonValue } {
  if (text === undefined) return {}
  return readRecord(text) ?? { value: text }
}
