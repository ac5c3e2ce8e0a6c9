import type { Clock } from '../src/runtime/queue/driver.ts'
import type { Timers } from '../src/runtime/worker/timers.ts'
import type { Schedule } from './schedule.ts'

/** A simulated process: nothing happens in it while it is stopped, and nothing ever once it is gone. */
export class SimulatedProcess {
  readonly #schedule: Schedule
  readonly #kept: (() => void)[] = []
  #state: 'runs' | 'stopped' | 'gone' = 'runs'

  constructor(schedule: Schedule) {
    this.#schedule = schedule
  }

  get isGone(): boolean {
    return this.#state === 'gone'
  }

  get isStopped(): boolean {
    return this.#state === 'stopped'
  }

  /** Something reaches the process: now, or when it goes on. */
  deliver(act: () => void): void {
    if (this.#state === 'runs') act()
    else if (this.#state === 'stopped') this.#kept.push(act)
  }

  stop(): void {
    if (this.#state === 'runs') this.#state = 'stopped'
  }

  /** Goes on with what has come meanwhile, one after the other. */
  goOn(): void {
    if (this.#state !== 'stopped') return
    this.#state = 'runs'
    for (const [at, act] of this.#kept.splice(0).entries())
      this.#schedule.after(at * leastMilliseconds, () => this.deliver(act))
  }

  kill(): void {
    this.#state = 'gone'
    this.#kept.length = 0
  }

  /** As those of Node, they take a millisecond at least. */
  readonly timers: Timers = {
    now: () => this.#schedule.now,
    after: (milliseconds, act) => {
      let isOff = false
      const run = () => {
        if (!isOff) act()
      }
      const cancel = this.#schedule.after(Math.max(1, milliseconds), () => this.deliver(run))
      return () => {
        isOff = true
        cancel()
      }
    },
    every: (milliseconds, act) => {
      let cancel = () => {}
      const arm = () => {
        cancel = this.timers.after(milliseconds, () => {
          arm()
          act()
        })
      }
      arm()
      return () => cancel()
    },
  }

  /** The host's clock, as far as this process gets to see it. */
  clockOf(host: HostClock): Clock {
    const { timers } = this
    return {
      now: () => host.now(),
      monotonic: () => host.monotonic(),
      get bootId() {
        return host.bootId
      },
      sleep(milliseconds, signal) {
        return new Promise<void>((resolve, reject) => {
          if (signal?.aborted) {
            reject(signal.reason as Error)
            return
          }
          const abort = () => {
            cancel()
            reject(signal?.reason as Error)
          }
          const cancel = timers.after(milliseconds, () => {
            signal?.removeEventListener('abort', abort)
            resolve()
          })
          signal?.addEventListener('abort', abort, { once: true })
        })
      },
    }
  }
}

/** What comes one after the other comes so far apart. */
const leastMilliseconds = 1e-4

/** The clocks of the host that all processes share. */
export class HostClock {
  readonly #schedule: Schedule
  readonly #namesBoots: boolean
  #wallAhead = Date.UTC(2026, 0, 1)
  #bootedAt = -1_000_000
  #boots = 1

  constructor(schedule: Schedule, namesBoots: boolean) {
    this.#schedule = schedule
    this.#namesBoots = namesBoots
  }

  now(): number {
    return this.#wallAhead + this.#schedule.now
  }

  monotonic(): number {
    return this.#schedule.now - this.#bootedAt
  }

  get bootId(): string | undefined {
    return this.#namesBoots ? `boot-${this.#boots}` : undefined
  }

  /** How often the host has started. */
  get boots(): number {
    return this.#boots
  }

  /** Sets the wall clock forward or back. */
  jump(seconds: number): void {
    this.#wallAhead += seconds * 1000
  }

  /** The host starts anew: its monotonic clock begins where it began. */
  reboot(): void {
    this.#boots += 1
    this.#bootedAt = this.#schedule.now - 5000
  }
}

/** What is sent arrives in the order it was sent, each a moment after the one before. */
export class Pipe {
  readonly #schedule: Schedule
  readonly #latency: () => number
  #last = 0

  constructor(schedule: Schedule, latency: () => number) {
    this.#schedule = schedule
    this.#latency = latency
  }

  send(arrive: () => void): void {
    const { now } = this.#schedule
    this.#last = Math.max(this.#last + leastMilliseconds, now + this.#latency())
    this.#schedule.after(this.#last - now, arrive)
  }
}
