import { remaining } from '../queue/counts.ts'
import type { Clock } from '../queue/driver.ts'
import type { Queue } from '../queue/queue.ts'
import { withParams } from './join.ts'
import { pageReader } from './read.ts'
import { doneRow, type ResultRow } from './rows.ts'

/** How results are followed. */
export interface Following {
  readonly clock: Clock
  /** Ends it with the signal's reason. */
  readonly signal: AbortSignal
  /** Whether the parameters of each task stand beside its result. */
  readonly params: boolean
  readonly onRepeat: (id: string) => void
}

const lookMilliseconds = 500

/**
 * The results that are there, then each as it comes, until nothing waits and nobody holds anything.
 * Where the store cannot count it goes on until the signal.
 */
export async function* followResults(
  queue: Queue,
  { clock, signal, params, onRepeat }: Following,
): AsyncGenerator<ResultRow> {
  const read = pageReader(queue, onRepeat, { bodies: params })
  let isDrained = false
  for (;;) {
    signal.throwIfAborted()
    const page = await read()
    if (page !== undefined) {
      yield* params ? await withParams(queue, page) : page.map(doneRow)
      continue
    }
    // What finished before the queue was seen to be empty has been read by one more look.
    if (isDrained) return
    isDrained = remaining(await queue.counts()) === 0
    if (!isDrained) await clock.sleep(lookMilliseconds, signal)
  }
}
