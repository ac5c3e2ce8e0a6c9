import type { Tally } from './report.ts'
import type { WorkSummary } from './work-options.ts'

/** How a worker ended, from what it counted. */
export function summarize(
  { done, dead, retried, released, lost, failures, runs }: Tally,
  how: Pick<WorkSummary, 'end' | 'seconds' | 'slowestSeconds'>,
  tooManyFailures: string | undefined,
): WorkSummary {
  const { end, seconds, slowestSeconds } = how
  return {
    end,
    ...(end === 'failures' && tooManyFailures !== undefined && { reason: tooManyFailures }),
    ...{ done, dead, retried, released, lost, failures, runs },
    ...{ seconds, slowestSeconds },
  }
}
