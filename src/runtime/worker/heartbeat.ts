import type { HeldAnswer } from '../queue/driver.ts'
import type { Queue } from '../queue/queue.ts'
import type { HeldTask } from './held.ts'

/** Which leases are renewed, and who hears of lost ones. */
export interface HeartbeatOptions {
  readonly queue: Queue
  readonly leaseSeconds: number
  readonly held: ReadonlyMap<number, HeldTask>
  /** Tasks that may be running: their run is charged with the renewal where loans are not counted. */
  readonly running: () => Iterable<HeldTask>
  readonly onLost: (task: HeldTask) => void
}

/** The longest that a worker goes without looking whether a task is still its own. */
const lookSeconds = 4

/**
 * Renews what is held, which also tells whether it still is: a task that a person cancelled or that
 * went to another worker is lost. Where the store fences that is done every few seconds, elsewhere
 * (each call may cost money there, and tells nothing) at half of the lease.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  readonly intervalSeconds: number
  #isBeating = false

  constructor(options: HeartbeatOptions) {
    this.#options = options
    const { leaseSeconds, queue } = options
    this.intervalSeconds = queue.driver.traits.fenced
      ? Math.min(lookSeconds, leaseSeconds / 4)
      : leaseSeconds / 2
  }

  /** Renews what was not renewed for an interval; rejects when the store does not answer. */
  async beat(now: number): Promise<void> {
    if (this.#isBeating) return
    this.#isBeating = true
    try {
      await this.#renew(now)
    } finally {
      this.#isBeating = false
    }
  }

  async #renew(now: number): Promise<void> {
    const { queue, leaseSeconds, held, running, onLost } = this.#options
    const due: HeldTask[] = []
    for (const task of held.values()) {
      if (now - task.renewedAt >= this.intervalSeconds * 1000 && !task.isLost) due.push(task)
    }
    if (due.length === 0) return
    const begun = new Set(running())
    // Where loans are counted these tell of a worker that vanished; a charge could not be taken back.
    for (const task of due)
      if (task.lease.deliveries === undefined && begun.has(task)) task.isCharged = true
    const answers: readonly HeldAnswer[] = await queue.extend(
      due.map(task => ({
        ...task.lease,
        attempts: task.isCharged ? task.attempt : task.lease.attempts,
      })),
      leaseSeconds,
    )
    for (const [at, task] of due.entries()) {
      if (answers[at] === 'done') task.renewedAt = now
      // What was settled while the answer was under way is not lost but done.
      else if (held.has(task.ref) && !task.isPosted) onLost(task)
    }
  }
}
