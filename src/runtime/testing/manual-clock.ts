import type { Clock } from '../queue/driver.ts'

/** A clock that stands still until it is told to move. */
export class ManualClock implements Clock {
  bootId: string | undefined = 'boot-1'
  #wall = Date.UTC(2026, 0, 1)
  #steady = 1_000_000
  #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>()

  now(): number {
    return this.#wall
  }

  monotonic(): number {
    return this.#steady
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const sleeper = { until: this.#steady + milliseconds, wake: resolve }
    const abort = () => reject(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    this.#sleepers.add(sleeper)
    try {
      await promise
    } finally {
      this.#sleepers.delete(sleeper)
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Lets time pass on both clocks and wakes who has slept long enough. */
  advance(seconds: number): void {
    this.#wall += seconds * 1000
    this.#steady += seconds * 1000
    for (const sleeper of this.#sleepers) if (sleeper.until <= this.#steady) sleeper.wake()
  }

  /** Sets the wall clock forward or back without any time passing. */
  jump(seconds: number): void {
    this.#wall += seconds * 1000
  }

  /** The machine was off for a while: the monotonic clock starts anew. */
  reboot(secondsOff = 60): void {
    this.#wall += secondsOff * 1000
    this.#steady = 5_000
    this.bootId = `${this.bootId}+`
  }
}
