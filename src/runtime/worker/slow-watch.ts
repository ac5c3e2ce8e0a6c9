import type { WorkEvent } from './events.ts'
import type { TaskTimes } from './task-times.ts'

/** A task that takes far longer than others. */
export interface SlowTask {
  readonly task: string
  /** How long it has been seen to run. */
  readonly seconds: number
}

/** A task is flagged when it has run this many times the median, and at least so long. */
const timesMedian = 20
const leastSeconds = 10

/** Sees which tasks run, now and then, and tells once of each that takes far longer than others. */
export class SlowWatch {
  readonly #times: Pick<TaskTimes, 'medianSeconds'>
  readonly #tell: (event: WorkEvent) => void
  #runs = new Map<number, { readonly task: string; readonly since: number; isFlagged: boolean }>()
  #now = 0

  constructor(times: Pick<TaskTimes, 'medianSeconds'>, tell: (event: WorkEvent) => void) {
    this.#times = times
    this.#tell = tell
  }

  /** To be called about once a second with all that runs; `now` in milliseconds of a steady clock. */
  check(now: number, running: Iterable<{ readonly ref: number; readonly id: string }>): void {
    this.#now = now
    const before = this.#runs
    this.#runs = new Map()
    for (const { ref, id } of running)
      this.#runs.set(ref, before.get(ref) ?? { task: id, since: now, isFlagged: false })
    const medianSeconds = this.#times.medianSeconds
    if (medianSeconds === undefined) return
    const limitSeconds = Math.max(leastSeconds, medianSeconds * timesMedian)
    for (const run of this.#runs.values()) {
      const seconds = (now - run.since) / 1000
      if (run.isFlagged || seconds < limitSeconds) continue
      run.isFlagged = true
      this.#tell({ event: 'task-slow', task: run.task, seconds, medianSeconds })
    }
  }

  /** Those that are flagged and still run, the slowest first. */
  get flagged(): readonly SlowTask[] {
    const slow: SlowTask[] = []
    for (const { task, since, isFlagged } of this.#runs.values())
      if (isFlagged) slow.push({ task, seconds: (this.#now - since) / 1000 })
    return slow.sort((one, other) => other.seconds - one.seconds)
  }

  /** How long the oldest of what runs has been seen. */
  get longestSeconds(): number {
    let longest = 0
    for (const { since } of this.#runs.values()) longest = Math.max(longest, this.#now - since)
    return longest / 1000
  }
}
