import type { Lease } from '../../queue/driver.ts'
import { type Pulled, tokenOf } from './message.ts'

/** A lease that this handle gave out. */
export interface Holding {
  readonly pulled: Pulled
  /** When it ends, on the monotonic clock in milliseconds. */
  until: number
  /** Runs charged to the task, as far as the worker has told. */
  attempts: number
}

/** How long after its end a lease is remembered: a worker may still give back what it lost. */
const remembersMilliseconds = 600_000

/**
 * The leases that a handle gave out and has not heard of again: a task that goes back with more
 * attempts is published anew, and for that its body is needed.
 */
export class Holdings {
  readonly #held = new Map<string, Holding>()
  #tidyAt = 0

  /** `until` is of the steady clock, `now` of the wall clock. */
  hold(pulled: Pulled, until: number, now: number): Lease {
    const { id, ackId, body, attempts, deliveries, publishedAt } = pulled
    this.#held.set(ackId, { pulled, until, attempts })
    return {
      ...{ id, token: tokenOf(id, ackId), body, headers: {}, attempts, deliveries },
      ...(publishedAt !== undefined && { ageSeconds: Math.max(0, (now - publishedAt) / 1000) }),
    }
  }

  find(ackId: string): Holding | undefined {
    return this.#held.get(ackId)
  }

  forget(ackId: string): void {
    this.#held.delete(ackId)
  }

  clear(): void {
    this.#held.clear()
  }

  /** Forgets what ended long ago. */
  tidy(now: number): void {
    if (now < this.#tidyAt) return
    this.#tidyAt = now + remembersMilliseconds
    for (const [ackId, { until }] of this.#held)
      if (until + remembersMilliseconds < now) this.#held.delete(ackId)
  }
}
