import type { Supervisor } from '../worker/supervisor.ts'

/**
 * A loop that has not come round for so long hangs: it waits for tasks a second at a time, and a store
 * that does not answer is given up sooner.
 */
const longestTurnSeconds = 60

/** Whether a worker lives; one whose store is away does, for starting it again would not help. */
export function isWell(supervisor: Pick<Supervisor, 'turnedAt'>, now: number): boolean {
  return now - supervisor.turnedAt < longestTurnSeconds * 1000
}
