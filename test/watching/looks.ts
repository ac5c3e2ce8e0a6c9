import type { Look } from '../../src/runtime/watching/look.ts'
import { Tally } from '../../src/runtime/worker/report.ts'

/** A look at a worker that has much to do. */
export const look: Look = {
  report: Object.assign(new Tally(), { done: 12 }),
  inFlight: 200,
  counts: { ready: 5000, delayed: 478, leased: 200, done: 1234, dead: 2 },
  perSecond: 950.4,
  secondsLeft: 6,
  endsInSeconds: undefined,
  oldestSeconds: undefined,
  slowestSeconds: 1.23,
  slow: [],
  memoryBytes: 85_100_000,
  runnerBytes: 1_310_000_000,
}
