import type { Lately } from '../../queue/driver.ts'
import type { HotStatements } from './statements.ts'

/** How long seconds are remembered. */
const keptSeconds = 3600
const second = 1000

/** Notes in the same transaction that tasks were done or died. `now` is queue time. */
export function beat(hot: HotStatements, finished: number, now: number): void {
  const at = Math.floor(now / second)
  hot.beat.run(at, finished)
  // Seldom is enough: what is too old is not asked for.
  if (at % 64 === 0) hot.forgetBeats.run(at - keptSeconds)
}

/** How many of the last seconds' tasks were done or died. */
export function finishedLately(hot: HotStatements, withinSeconds: number, now: number): Lately {
  const within = Math.min(withinSeconds, keptSeconds)
  const row = hot.beatsSince.get(Math.floor(now / second) - Math.floor(within))
  const first = row?.['first']
  // A whole second at least: of less nothing can be told.
  const since = typeof first === 'number' ? now / second - first : within
  return { finished: Number(row?.['finished']), seconds: Math.max(1, Math.min(within, since)) }
}
