import type { Row } from '../bench/table.ts'
import type { Figures } from './storm.ts'

/** What became of one test on one kind of queue. */
export type Verdict = { readonly test: string; readonly queue: string } & (
  | { readonly outcome: 'passed'; readonly figures: Figures; readonly seconds: number }
  | {
      readonly outcome: 'failed'
      readonly figures: Figures
      readonly seconds: number
      /** Holds the histories and what the workers said. */
      readonly folder: string
    }
  /** `refused`: says nothing about this kind of queue; `skipped`: this machine lacks something. */
  | { readonly outcome: 'refused' | 'skipped'; readonly reason: string }
)

/** One row of the table. */
export function rowOf(verdict: Verdict): Row {
  const { test, queue, outcome } = verdict
  if (!('figures' in verdict)) return { test, queue, outcome, note: verdict.reason }
  const { tasks, kills, extraRuns, refused, longestWaitSeconds, note = '' } = verdict.figures
  return {
    ...{ test, queue, outcome, tasks: tasks.toLocaleString('en-US'), kills: String(kills) },
    ...{ 'extra runs': String(extraRuns), refused: String(refused) },
    'longest wait': longestWaitSeconds === undefined ? '' : `${longestWaitSeconds.toFixed(2)} s`,
    ...{ took: `${verdict.seconds.toFixed(1)} s`, note },
  }
}

/** The table for the docs. */
export function markdownOf(verdicts: readonly Verdict[], seed: number): string {
  const rows = verdicts.map(rowOf)
  const names = [...new Set(rows.flatMap(row => Object.keys(row)))]
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(names),
    line(names.map(() => '---')),
    ...rows.map(row => line(names.map(name => row[name] ?? ''))),
    '',
    `Seed ${seed}, Node ${process.versions.node}.`,
    '',
  ].join('\n')
}
