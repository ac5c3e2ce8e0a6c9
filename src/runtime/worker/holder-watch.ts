import type { TaskView } from '../queue/driver.ts'
import type { WorkEvent } from './events.ts'

/** One that holds tasks for which a worker waits. */
export interface Holder {
  readonly worker: string
  /** Until the last of its leases ends, if it does not renew them. */
  readonly secondsLeft: number
  /** `silent`: it has renewed none of them since the look before, as one that lives would have. */
  readonly state: 'renews' | 'silent'
}

/** Two looks must be so far apart that whoever lives has renewed in between. */
const betweenMilliseconds = 15_000
const mostBetweenMilliseconds = 300_000
/** A lease that was not renewed has lost about all of the time that has passed. */
const silentShare = 0.8
const mostHolders = 5

/** Tells a worker that only waits for the tasks of others who these are, and whether they seem gone. */
export class HolderWatch {
  readonly #tell: (event: WorkEvent) => void
  #before: ReadonlyMap<string, number> | undefined
  #lookedAt = 0
  #between = betweenMilliseconds

  constructor(tell: (event: WorkEvent) => void) {
    this.#tell = tell
  }

  /** There is something else to do than to wait. */
  reset(): void {
    this.#before = undefined
    this.#between = betweenMilliseconds
  }

  /** To be called while the worker waits; `list` answers leased tasks, `now` is monotonic milliseconds. */
  async check(now: number, tasks: number, list: () => Promise<readonly TaskView[]>): Promise<void> {
    const passed = now - this.#lookedAt
    if (this.#before !== undefined && passed < this.#between) return
    const left = leftByWorker(await list())
    const before = this.#before
    this.#before = left
    this.#lookedAt = now
    // The first look only begins to compare.
    if (before === undefined || left.size === 0) return
    this.#between = Math.min(2 * this.#between, mostBetweenMilliseconds)
    const holders = [...left].slice(0, mostHolders).map(([worker, secondsLeft]): Holder => {
      const lost = (before.get(worker) ?? Number.NEGATIVE_INFINITY) - secondsLeft
      const state = lost * 1000 >= passed * silentShare ? 'silent' : 'renews'
      return { worker, secondsLeft, state }
    })
    this.#tell({ event: 'waits-for-others', tasks, holders })
  }
}

function leftByWorker(views: readonly TaskView[]): ReadonlyMap<string, number> {
  const left = new Map<string, number>()
  for (const { worker, secondsLeft } of views)
    if (worker !== undefined && secondsLeft !== undefined)
      left.set(worker, Math.max(secondsLeft, left.get(worker) ?? 0))
  return left
}
