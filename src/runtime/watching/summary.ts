import { round } from './figures.ts'
import type { Look } from './look.ts'
import type { Summary } from './told.ts'

/** How often a worker says how it stands. */
export const summarySeconds = 60

/** A look as an event. */
export function summaryOf(look: Look): Summary {
  const { report, inFlight, counts, perSecond, secondsLeft, endsInSeconds } = look
  const { slowestSeconds, slow } = look
  const { done, dead, retried, released, lost, failures } = report
  return {
    event: 'summary',
    ...{ done, dead, retried, released, lost, failures, perSecond: round(perSecond) },
    ...(secondsLeft !== undefined && { secondsLeft: round(secondsLeft) }),
    ...(endsInSeconds !== undefined && { endsInSeconds: round(endsInSeconds) }),
    ...{ inFlight, slowestSeconds, slow: slow.length },
    ...{ memoryBytes: look.memoryBytes, runnerBytes: look.runnerBytes },
    ...(counts !== undefined && { queue: counts }),
  }
}
