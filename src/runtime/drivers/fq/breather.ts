import { setImmediate } from 'node:timers/promises'

/** How long files are worked on before everything else in the process gets a turn. */
const turnMilliseconds = 8

/** Lets the event loop turn now and then: a heartbeat must not wait for a folder of a million files. */
export class Breather {
  #began = performance.now()

  /** Waits for a turn of the event loop when it is time for one; tells whether it was. */
  async breathe(): Promise<boolean> {
    if (performance.now() - this.#began < turnMilliseconds) return false
    await setImmediate()
    this.#began = performance.now()
    return true
  }
}
