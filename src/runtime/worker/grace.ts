import { systemTimers, type Timers } from './timers.ts'

/** What happens as the grace passes. */
export interface GraceEvents {
  /** It is nearly over: time to leave things tidy. */
  readonly onNearlyOver: () => void
  readonly onOver: () => void
  /** It was over some seconds ago and the store, for which it is limited, has still not answered. */
  readonly onSilence: () => void
}

/** So long before its end it is nearly over, or half of it if that is less. */
const tidySeconds = 1
/** So long after its end the store may take to answer for what is handed in: a pod is killed 3 seconds after it. */
const handInSeconds = 2

/** The time that running tasks have once a worker is told to stop; it may be cut short. */
export class Grace {
  readonly #events: GraceEvents
  readonly #timers: Timers
  #mostSeconds: number
  #overAt: number | undefined
  #isLimited = false
  #armed: readonly (() => void)[] = []

  constructor(seconds: number, events: GraceEvents, timers: Timers = systemTimers) {
    this.#mostSeconds = seconds
    this.#timers = timers
    this.#events = events
  }

  /** Begins to run. */
  begin(): void {
    this.#overAt = this.#timers.now() + this.#mostSeconds * 1000
    this.#arm()
  }

  /** From now on it lasts no longer than this. */
  atMost(seconds: number): void {
    this.#mostSeconds = Math.min(this.#mostSeconds, seconds)
    if (this.#overAt === undefined) return
    this.#overAt = Math.min(this.#overAt, this.#timers.now() + seconds * 1000)
    this.#arm()
  }

  /** From now on a silent store is waited for only a few seconds longer than for running tasks. */
  limit(): void {
    this.#isLimited = true
    if (this.#overAt !== undefined) this.#arm()
  }

  end(): void {
    for (const cancel of this.#armed) cancel()
  }

  #arm(): void {
    this.end()
    const left = Math.max(0, (this.#overAt ?? 0) - this.#timers.now())
    const { onNearlyOver, onOver, onSilence } = this.#events
    this.#armed = [
      this.#timers.after(left - Math.min(tidySeconds * 1000, left / 2), onNearlyOver),
      this.#timers.after(left, onOver),
      ...(this.#isLimited ? [this.#timers.after(left + handInSeconds * 1000, onSilence)] : []),
    ]
  }
}
