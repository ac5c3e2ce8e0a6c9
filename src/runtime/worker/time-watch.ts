import { realTime } from '../queue/real-time.ts'
import type { RunnerOrders } from './messages.ts'
import type { Run } from './run.ts'

type Limits = Pick<RunnerOrders, 'timeoutSeconds' | 'killSeconds'>

/** Aborts runs whose time is up, and tells of those that do not end by that. */
export class TimeWatch {
  readonly #limits: Limits
  readonly #running: ReadonlyMap<number, Run>
  readonly #onStuck: (run: Run, reason: string) => void
  #timer: NodeJS.Timeout | undefined

  constructor(
    limits: Limits,
    running: ReadonlyMap<number, Run>,
    onStuck: (run: Run, reason: string) => void,
  ) {
    this.#limits = limits
    this.#running = running
    this.#onStuck = onStuck
  }

  /** Looks now and then from here on. Not before some task waits: until then no timer could fire. */
  begin(): void {
    if (this.#timer !== undefined) return
    const { timeoutSeconds } = this.#limits
    const milliseconds = Math.min(1000, Math.max(20, timeoutSeconds * 100))
    this.#timer = realTime.every(milliseconds, () => this.#look())
    this.#timer.unref()
  }

  #look(): void {
    const { timeoutSeconds, killSeconds } = this.#limits
    const now = realTime.steady()
    for (const run of this.#running.values()) {
      if (now - run.began < timeoutSeconds * 1000) continue
      if (run.timedOutAt === undefined) {
        run.timedOutAt = now
        run.abort(new Error(`the task took longer than ${timeoutSeconds} s`))
      } else if (now - run.timedOutAt > killSeconds * 1000)
        this.#onStuck(run, `took longer than ${timeoutSeconds} s and did not end when told to`)
    }
  }
}
