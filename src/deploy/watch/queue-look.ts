import { openQueue, type Queue } from 'taskq-runtime'
import { type Pace, paceOf, type Sample, withSample } from 'taskq-runtime/cli'
import type { Counts } from 'taskq-runtime/driver'

/** What a queue says of itself, or why it says nothing. */
export type QueueLook =
  | { readonly counts: Counts; readonly pace: Pace }
  | { readonly unknown: string }

/** Looks at the fleet's queue from here, again and again. What fails is told and tried again. */
export class QueueWatch {
  readonly #url: string
  #queue: Queue | undefined
  #samples: readonly Sample[] = []

  constructor(url: string) {
    this.#url = url
  }

  /** The counts, and the rate over the last minute. */
  async look(milliseconds: number): Promise<QueueLook> {
    try {
      this.#queue ??= await openQueue(this.#url, { create: false })
      const counts = await this.#queue.counts()
      this.#samples = withSample(this.#samples, { milliseconds, counts })
      return { counts, pace: paceOf(this.#samples) }
    } catch (error) {
      return { unknown: error instanceof Error ? error.message : String(error) }
    }
  }

  async close(): Promise<void> {
    await this.#queue?.close()
    this.#queue = undefined
  }
}
