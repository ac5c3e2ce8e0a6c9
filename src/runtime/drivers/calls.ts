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

  /**
   * Calls `letGo` once all calls have been answered or `hurry` was aborted; the same promise however
   * often it is called.
   */
  close(letGo: () => void | Promise<void>, hurry?: AbortSignal): Promise<void> {
    this.#closed ??= this.#close(letGo, hurry)
    return this.#closed
  }

  async #close(letGo: () => void | Promise<void>, hurry?: AbortSignal): Promise<void> {
    this.#closing.abort()
    await Promise.race([Promise.allSettled(this.#running), aborted(hurry)])
    await letGo()
  }
}

/** Resolves when the signal is aborted; never without one. */
function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted) resolve()
    else signal?.addEventListener('abort', () => resolve(), { once: true })
  })
}
