import type { Clock, Lease } from '../queue/driver.ts'
import type { Queue } from '../queue/queue.ts'
import type { Crew } from './crew.ts'
import { type HeldTask, hold } from './held.ts'

/** Where tasks come from, and where they go. */
export interface IntakeOptions {
  readonly queue: Queue
  readonly crew: Crew<HeldTask>
  readonly worker: string
  readonly leaseSeconds: number
  readonly maxTasks: number | undefined
  readonly clock: Clock
  readonly held: Map<number, HeldTask>
  /** Ends the waiting for tasks. */
  readonly signal: AbortSignal
  /** Tasks that are to be run; some may be suspects whose start is recorded. */
  readonly onTasks: (tasks: readonly HeldTask[]) => void
  /** Says whether a task may be run, and sees to it when not. */
  readonly isFit: (task: HeldTask) => boolean
  readonly onLost: (task: HeldTask) => void
  /** Tasks that cannot be begun now. */
  readonly onUnbegun: (tasks: readonly HeldTask[]) => void
  readonly onTrouble: (error: unknown) => void
}

/** Leases are asked for when there is room for this many, so that many come in one transaction. */
const leasesWorthIt = 500
/** The longest wait for tasks before the worker looks whether all is done, where looking is free. */
const pollSeconds = 1
/** The same where each look is a request that costs money. */
const dearPollSeconds = 20

/** Leases tasks, ahead of need but not far: somebody else may have nothing to do. */
export class Intake {
  readonly #options: IntakeOptions
  #lastRef = 0
  #leased = 0
  #polling: Promise<void> | undefined
  /** The last lease found nothing. */
  isDry = false
  /** The most that tasks of the last lease had waited; `undefined` where their store does not tell. */
  oldestSeconds: number | undefined

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** How many tasks to ask for: few at a time only where a runner would have nothing to do. */
  get wants(): number {
    const { maxTasks } = this.#options
    const { target, inHand, isStarving } = this.#options.crew
    const room = target - inHand
    const isWorthIt = isStarving || room >= Math.min(leasesWorthIt, target / 2)
    const left = maxTasks === undefined ? room : Math.min(room, maxTasks - this.#leased)
    return isWorthIt ? Math.max(0, left) : 0
  }

  /** Leases what is there and hands it on. */
  async lease(waitSeconds = 0): Promise<void> {
    const { queue, worker, leaseSeconds, clock, signal, onTrouble } = this.#options
    const max = this.wants
    if (max === 0) return
    // From before the call: a lease is never taken to last longer than it does.
    const asked = clock.monotonic()
    try {
      const request = { max, seconds: leaseSeconds, waitSeconds, worker: { id: worker }, signal }
      const leases = await queue.lease(request)
      this.isDry = leases.length === 0
      if (leases.length > 0) await this.#take(leases, asked)
    } catch (error) {
      if (!(signal.aborted && error === signal.reason)) onTrouble(error)
    }
  }

  /** Waits for tasks, one call at a time and not far beyond `mostSeconds`. */
  poll(mostSeconds = Number.POSITIVE_INFINITY): Promise<void> {
    const { settleSeconds } = this.#options.queue.driver.limits
    const seconds = settleSeconds > 0 ? dearPollSeconds : pollSeconds
    this.#polling ??= this.lease(Math.min(seconds, Math.max(1, mostSeconds))).finally(() => {
      this.#polling = undefined
    })
    return this.#polling
  }

  /** Tasks that went back unfinished do not count as taken. */
  giveBack(count: number): void {
    this.#leased -= count
  }

  async #take(leases: readonly Lease[], now: number): Promise<void> {
    const { held, isFit, onTasks, onUnbegun } = this.#options
    this.#leased += leases.length
    this.oldestSeconds = oldestOf(leases)
    const tasks: HeldTask[] = []
    for (const lease of leases) {
      this.#lastRef += 1
      const task = hold(lease, this.#lastRef, now)
      held.set(task.ref, task)
      if (isFit(task)) tasks.push(task)
    }
    const suspects = tasks.filter(({ alone }) => alone)
    try {
      if (suspects.length > 0) await this.#recordStarts(suspects)
    } catch (error) {
      onUnbegun(tasks)
      throw error
    }
    // While the starts were recorded, the lease of any of them may have been found lost.
    const lost = tasks.filter(({ isLost }) => isLost)
    if (lost.length > 0) onUnbegun(lost)
    onTasks(lost.length === 0 ? tasks : tasks.filter(({ isLost }) => !isLost))
  }

  /** Somebody may have died of these: their runs are charged before they begin. */
  async #recordStarts(suspects: readonly HeldTask[]): Promise<void> {
    const { queue, leaseSeconds, onLost } = this.#options
    const leases = suspects.map(task => ({ ...task.lease, attempts: task.attempt }))
    const answers = await queue.extend(leases, leaseSeconds)
    for (const [at, task] of suspects.entries()) {
      if (answers[at] === 'done') task.isCharged = true
      else onLost(task)
    }
  }
}

function oldestOf(leases: readonly Lease[]): number | undefined {
  let oldest: number | undefined
  for (const { ageSeconds } of leases)
    if (ageSeconds !== undefined) oldest = Math.max(oldest ?? 0, ageSeconds)
  return oldest
}
