/** How a worker waits: passed in, so that a simulation decides what is due and in which order. */
export interface Timers {
  /** Milliseconds of a clock that only goes forward; those of two processes cannot be compared. */
  readonly now: () => number
  /** Calls once, after so many milliseconds; the answer takes that back. */
  after(milliseconds: number, act: () => void): () => void
  /** Calls again and again; the answer ends it. */
  every(milliseconds: number, act: () => void): () => void
}

/** Those of Node. */
export const systemTimers: Timers = {
  now: () => performance.now(),
  after(milliseconds, act) {
    const timer = setTimeout(act, milliseconds)
    return () => clearTimeout(timer)
  },
  every(milliseconds, act) {
    const timer = setInterval(act, milliseconds)
    return () => clearInterval(timer)
  },
}
