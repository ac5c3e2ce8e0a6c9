import type { WorkEvent } from './events.ts'

/** Loading is told of once it takes so long, then after twice as long, at the latest this much later. */
const firstSeconds = 5
const mostMoreSeconds = 300

/** Sees which runners still load the task, and tells when that takes long: it may be for ever. */
export class LoadingWatch {
  readonly #file: string
  readonly #tell: (event: WorkEvent) => void
  #since = new Map<object, number>()
  #nextSeconds = firstSeconds

  constructor(file: string, tell: (event: WorkEvent) => void) {
    this.#file = file
    this.#tell = tell
  }

  /** To be called about once a second with all runners that load; `now` in milliseconds of a steady clock. */
  check(now: number, loading: Iterable<object>): void {
    const before = this.#since
    this.#since = new Map()
    for (const runner of loading) this.#since.set(runner, before.get(runner) ?? now)
    if (this.#since.size === 0) this.#nextSeconds = firstSeconds
    const seconds = (now - Math.min(...this.#since.values())) / 1000
    if (!(seconds >= this.#nextSeconds)) return
    while (seconds >= this.#nextSeconds)
      this.#nextSeconds += Math.min(this.#nextSeconds, mostMoreSeconds)
    const event = 'still-loading'
    this.#tell({ event, file: this.#file, seconds, runners: this.#since.size })
  }
}
