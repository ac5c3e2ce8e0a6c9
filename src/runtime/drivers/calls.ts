import { TaskqError } from '../queue/errors.ts'

/** The calls under way on a driver, so that closing answers them first and refuses what comes after. */
export class Calls {
  readonly #url: string
  readonly #running = new Set<Promise<unknown>>()
  readonly #closing = new AbortController()
  #closed: Promise<void> | undefined

  constructor(url: string) {
    this.#url = url
  }

  /** Aborts when the driver begins to close: what only waits stops waiting. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** Runs `act` unless the driver was closed. */
  run<T>(act: () => Promise<T>): Promise<T> {
    if (this.#closed !== undefined)
      return Promise.reject(
        new TaskqError('invalid', `${this.#url} was closed before this call. Open it again.`),
      )
    const running = act()
    this.#running.add(running)
    const done = () => this.#running.delete(running)
    running.then(done, done)
    return running
  }

  /** Calls `letGo` once all calls have been answered; the same promise however often it is called. */
  close(letGo: () => void | Promise<void>): Promise<void> {
    this.#closed ??= this.#close(letGo)
    return this.#closed
  }

  async #close(letGo: () => void | Promise<void>): Promise<void> {
    this.#closing.abort()
    await Promise.allSettled(this.#running)
    await letGo()
  }
}
