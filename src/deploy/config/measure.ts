import { isTaskqError, openQueue, type Queue, readResults, recordOf } from 'taskq-runtime'
import { remaining } from 'taskq-runtime/cli'
import type { MeasuredSeconds } from './check.ts'

/** What a queue says of its work: how much waits, and how long tasks took. */
export interface QueueMeasure {
  /** Tasks that are neither done nor dead; absent when the store cannot know. */
  readonly waiting?: number
  readonly measured?: MeasuredSeconds
  /** Why the queue could not be looked at from here. */
  readonly unknown?: string
}

/** Looks at a queue without changing it; one that cannot be opened from here is no fault. */
export async function measureQueue(url: string, signal: AbortSignal): Promise<QueueMeasure> {
  try {
    const queue = await openQueue(url, { create: false })
    try {
      const waiting = remaining(await queue.counts())
      const seconds = await secondsOf(queue, signal)
      return { ...(waiting !== undefined && { waiting }), ...measuredOf(seconds) }
    } finally {
      await queue.close()
    }
  } catch (error) {
    signal.throwIfAborted()
    return { unknown: error instanceof Error ? error.message : String(error) }
  }
}

/** How long finished tasks took; none where the store keeps no results. */
async function secondsOf(queue: Queue, signal: AbortSignal): Promise<readonly number[]> {
  const seconds: number[] = []
  try {
    for await (const result of readResults(queue)) {
      signal.throwIfAborted()
      const record = recordOf(result)
      if ('seconds' in record && typeof record.seconds === 'number') seconds.push(record.seconds)
      if (seconds.length >= ENOUGH) break
    }
  } catch (error) {
    if (!isTaskqError(error, 'unsupported')) throw error
  }
  return seconds
}

/** More tasks than this make the mean no better. */
const ENOUGH = 1000

function measuredOf(seconds: readonly number[]): { readonly measured?: MeasuredSeconds } {
  if (seconds.length === 0) return {}
  const sum = seconds.reduce((total, each) => total + each, 0)
  const mean = sum / seconds.length
  return { measured: { mean, longest: Math.max(...seconds), tasks: seconds.length } }
}
