import { willExpire } from '../queue/retention.ts'
import { round } from './figures.ts'
import type { Told } from './told.ts'
import type { Watcher } from './watcher.ts'

const lookSeconds = 60
/** It takes hours to come true and hours to mend. */
const againMilliseconds = 3_600_000

/** Warns, once an hour, when the queue deletes its tasks for their age before they can all be run. */
export function retentionWatch(
  keptSeconds: number,
  tell: (told: Told) => void,
  now = () => performance.now(),
): Watcher {
  let quietUntil = Number.NEGATIVE_INFINITY
  return {
    look: {
      everySeconds: lookSeconds,
      take({ oldestSeconds, secondsLeft }) {
        if (oldestSeconds === undefined || now() < quietUntil) return
        if (!willExpire({ keptSeconds, ageSeconds: oldestSeconds, secondsLeft })) return
        quietUntil = now() + againMilliseconds
        tell({
          ...{ event: 'tasks-expire', ageSeconds: round(oldestSeconds), keptSeconds },
          ...(secondsLeft !== undefined && { secondsLeft: round(secondsLeft) }),
        })
      },
    },
  }
}
