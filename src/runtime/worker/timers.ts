import { realTime } from '../queue/real-time.ts'

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
  now: () => realTime.steady(),
  after(milliseconds, act) {
    const timer = realTime.after(milliseconds, act)
    return () => clearTimeout(timer)
  },
  every(milliseconds, act) {
    const timer = realTime.every(milliseconds, act)
    return () => clearInterval(timer)
  },
}
