import { systemTimers, type Timers } from './timers.ts'

/** Wakes the one who sleeps: something has happened, or time is up. */
export class Bell {
  readonly #timers: Timers
  #rung = Promise.withResolvers<void>()

  constructor(timers: Timers = systemTimers) {
    this.#timers = timers
  }

  ring(): void {
    this.#rung.resolve()
    this.#rung = Promise.withResolvers()
  }

  /** Resolves at the next ring, at the latest after so many milliseconds. */
  async sleep(milliseconds: number): Promise<void> {
    const { promise } = this.#rung
    const cancel = this.#timers.after(Math.max(0, milliseconds), () => this.ring())
    await promise
    cancel()
  }
}
