import type { Row } from '../bench/table.ts'
import type { Figures } from './storm.ts'

/** What became of one test on one kind of queue. */
export type Verdict = { readonly test: string; readonly queue: string } & (
  | { readonly outcome: 'passed'; readonly figures: Figures; readonly seconds: number }
  | {
      readonly outcome: 'failed'
      readonly figures: Figures
      readonly seconds: number
      /** Holds the histories and what the workers said, where it came so far. */
      readonly folder?: string
    }
  /** `refused`: says nothing about this kind of queue; `skipped`: this machine lacks something. */
  | { readonly outcome: 'refused' | 'skipped'; readonly reason: string }
)

/** One run of the storm. */
export interface Round {
  readonly seed: number
  readonly isLong: boolean
  readonly seconds: number
  readonly verdicts: readonly Verdict[]
}

/** The figures of a test that was run. */
export function rowOf(verdict: Verdict): Row {
  const { test, queue, outcome } = verdict
  if (!('figures' in verdict)) return { test, queue, outcome, note: verdict.reason }
  const { tasks, kills, extraRuns, repeats, refused, longestWaitSeconds } = verdict.figures
  return {
    ...{ test, queue, outcome, tasks: tasks.toLocaleString('en-US'), kills: String(kills) },
    ...{ 'extra runs': String(extraRuns), repeats: String(repeats), refused: String(refused) },
    'longest wait': longestWaitSeconds === undefined ? '' : `${longestWaitSeconds.toFixed(2)} s`,
    ...{ took: `${verdict.seconds.toFixed(1)} s`, note: verdict.figures.note ?? '' },
  }
}

/** One row for each test, one column for each kind of queue. */
export function matrixOf(verdicts: readonly Verdict[]): readonly Row[] {
  const rows = new Map<string, Record<string, string>>()
  for (const { test, queue, outcome } of verdicts) {
    const row = rows.get(test) ?? { test }
    row[queue] = outcome
    rows.set(test, row)
  }
  return [...rows.values()]
}
