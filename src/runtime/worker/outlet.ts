import { writeSync } from 'node:fs'
import { realTime } from '../queue/real-time.ts'

/** What may wait in this process before writing blocks: more would only be run twice after a crash. */
const mostBytes = 2 ** 18
const napMilliseconds = 1

/**
 * Writes frames at once and in order, as far as the pipe takes them; the rest waits a little rather
 * than stop the tasks, while the worker is busy with its store. The descriptor is non-blocking.
 */
export class Outlet {
  readonly #descriptor: number
  readonly #onClosed: () => void
  #frames: Buffer[] = []
  #bytes = 0
  #isScheduled = false

  /** `onClosed` is called when nobody reads any more. */
  constructor(descriptor: number, onClosed: () => void) {
    this.#descriptor = descriptor
    this.#onClosed = onClosed
  }

  send(frame: Buffer): void {
    this.#frames.push(frame)
    this.#bytes += frame.length
    this.#write()
    while (this.#bytes > mostBytes) {
      nap()
      this.#write()
    }
    this.#schedule()
  }

  /** Blocks until everything is out. */
  flush(): void {
    while (this.#bytes > 0) {
      this.#write()
      if (this.#bytes > 0) nap()
    }
  }

  /** Tries again in a while, as long as something is left. */
  #schedule(): void {
    if (this.#isScheduled || this.#bytes === 0) return
    this.#isScheduled = true
    realTime.after(napMilliseconds, () => {
      this.#isScheduled = false
      this.#write()
      this.#schedule()
    })
  }

  #write(): void {
    for (let frame = this.#frames[0]; frame !== undefined; frame = this.#frames[0]) {
      const written = this.#writeSome(frame)
      if (written === undefined) return
      this.#bytes -= written
      if (written < frame.length) this.#frames[0] = frame.subarray(written)
      else this.#frames.shift()
    }
  }

  /** `undefined` when the pipe is full. */
  #writeSome(frame: Buffer): number | undefined {
    try {
      return writeSync(this.#descriptor, frame)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EAGAIN') return undefined
      this.#frames = []
      this.#bytes = 0
      if (code === 'EPIPE') this.#onClosed()
      else throw error
      return undefined
    }
  }
}

const parking = new Int32Array(new SharedArrayBuffer(4))

function nap(): void {
  Atomics.wait(parking, 0, 0, napMilliseconds)
}
