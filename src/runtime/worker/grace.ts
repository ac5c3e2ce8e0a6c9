export interface GraceEvents {
  /** It is nearly over: time to leave things tidy. */
  readonly onNearlyOver: () => void
  readonly onOver: () => void
}

/** So long before its end it is nearly over, or half of it if that is less. */
const tidySeconds = 1

/** The time that running tasks have once a worker is told to stop; it may be cut short. */
export class Grace {
  readonly #events: GraceEvents
  #mostSeconds: number
  #overAt: number | undefined
  #timers: readonly NodeJS.Timeout[] = []

  constructor(seconds: number, events: GraceEvents) {
    this.#mostSeconds = seconds
    this.#events = events
  }

  /** Begins to run. */
  begin(): void {
    this.#overAt = performance.now() + this.#mostSeconds * 1000
    this.#arm()
  }

  /** From now on it lasts no longer than this. */
  atMost(seconds: number): void {
    this.#mostSeconds = Math.min(this.#mostSeconds, seconds)
    if (this.#overAt === undefined) return
    this.#overAt = Math.min(this.#overAt, performance.now() + seconds * 1000)
    this.#arm()
  }

  end(): void {
    for (const timer of this.#timers) clearTimeout(timer)
  }

  #arm(): void {
    this.end()
    const left = Math.max(0, (this.#overAt ?? 0) - performance.now())
    const { onNearlyOver, onOver } = this.#events
    this.#timers = [
      setTimeout(onNearlyOver, left - Math.min(tidySeconds * 1000, left / 2)),
      setTimeout(onOver, left),
    ]
  }
}
