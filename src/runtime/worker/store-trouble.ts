import type { Clock } from '../queue/driver.ts'
import { isTaskqError } from '../queue/errors.ts'
import type { WorkEvent } from './events.ts'

/** Who hears that a store does not answer, and that it does again. */
export interface StoreTroubleOptions {
  readonly clock: Clock
  readonly tell: (event: WorkEvent) => void
  readonly onBegin: () => void
  readonly onOver: () => void
  /** An error that no waiting will mend. */
  readonly onFault: (error: unknown) => void
}

const waits = { firstSeconds: 0.25, mostSeconds: 5 }

/** Whether the store answers: while it does not, nothing new is begun and what is done is kept. */
export class StoreTrouble {
  readonly #options: StoreTroubleOptions
  #since: number | undefined
  #waitSeconds = waits.firstSeconds

  constructor(options: StoreTroubleOptions) {
    this.#options = options
  }

  get isOn(): boolean {
    return this.#since !== undefined
  }

  /** How long to wait before the next try; longer each time. */
  nextWaitSeconds(): number {
    const seconds = this.#waitSeconds
    this.#waitSeconds = Math.min(waits.mostSeconds, seconds * 2)
    return seconds
  }

  note(error: unknown): void {
    const { clock, tell, onBegin, onFault } = this.#options
    if (!isTaskqError(error, 'unavailable')) {
      onFault(error)
      return
    }
    if (this.#since !== undefined) return
    this.#since = clock.monotonic()
    this.#waitSeconds = waits.firstSeconds
    tell({ event: 'store-trouble', reason: error.message })
    onBegin()
  }

  over(): void {
    if (this.#since === undefined) return
    const seconds = (this.#options.clock.monotonic() - this.#since) / 1000
    this.#since = undefined
    this.#options.tell({ event: 'store-recovered', seconds })
    this.#options.onOver()
  }
}
