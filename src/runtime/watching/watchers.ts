import type { LeftRun } from '../worker/work-options.ts'
import type { Look } from './look.ts'
import type { Told } from './told.ts'
import type { Watcher } from './watcher.ts'

/** Everything that watches one worker, as one. */
export class Watchers {
  readonly #watchers: Watcher[] = []
  readonly #lefts: NonNullable<Watcher['left']>[] = []
  readonly #timers: NodeJS.Timeout[] = []

  /** `look` makes the looks that the watcher takes. */
  add(watcher: Watcher, look: () => Promise<Look>): void {
    const { left, look: looks, tick } = watcher
    this.#watchers.push(watcher)
    if (left !== undefined) this.#lefts.push(left)
    if (tick !== undefined) this.#every(tick.everySeconds, tick.act)
    if (looks !== undefined) this.#every(looks.everySeconds, () => void look().then(looks.take))
  }

  readonly hear = (told: Told): void => {
    for (const { hear } of this.#watchers) hear?.(told)
  }

  readonly left = (run: LeftRun): void => {
    for (const left of this.#lefts) left(run)
  }

  /** Resolves once all that was heard is written, as far as it can be. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    // What closes last is what the others tell of their end: the first one added.
    for (const { close } of this.#watchers.toReversed()) await close?.()
  }

  #every(seconds: number, act: () => void): void {
    this.#timers.push(setInterval(act, seconds * 1000))
  }
}
