/**
 * Clocks and timers as Node has them: taken before a task is loaded, for a task that fakes time for
 * itself (as test libraries do) must not fake it for the tasks after it.
 */
const RealDate = Date
const wallClock = Date.now.bind(Date)
const steadyClock = performance.now.bind(performance)
const {
  setImmediate: setReal,
  setInterval: setRealInterval,
  setTimeout: setRealTimeout,
} = globalThis

/** Those clocks and timers. */
export const realTime = {
  /** Milliseconds since 1970. */
  wall: () => wallClock(),
  /** Milliseconds of a clock that only goes forward. */
  steady: () => steadyClock(),
  iso: (milliseconds: number) => new RealDate(milliseconds).toISOString(),
  /** Once the event loop has turned. */
  soon: (act: () => void) => void setReal(act),
  after: (milliseconds: number, act: () => void) => setRealTimeout(act, milliseconds),
  every: (milliseconds: number, act: () => void) => setRealInterval(act, milliseconds),
} as const
