import { perSecond, type Row } from '../bench/table.ts'
import type { Sum } from './many.ts'
import type { Plan } from './plan.ts'
import { type Figures, figureNames } from './play.ts'

/** A row for each figure, a column for each kind of queue. */
export function rowsOf(sums: readonly Sum[]): readonly Row[] {
  const cell = (number: number) => number.toLocaleString('en-US')
  const figures: Readonly<Record<string, (sum: Sum) => string>> = {
    histories: ({ histories }) => cell(histories),
    'histories a minute': ({ histories, seconds }) => perSecond(histories * 60, seconds),
    ...Object.fromEntries(
      figureNames.map(name => [inWords[name], (sum: Sum) => cell(sum.figures[name])]),
    ),
    'promises broken in': ({ failures }) => cell(failures.length),
  }
  return Object.entries(figures).map(([figure, of]) => ({
    figure,
    ...Object.fromEntries(sums.map(sum => [sum.queue, of(sum)])),
  }))
}

/** What is left of a plan. */
export function sizeOf({ workers, tasks, faults }: Plan): string {
  const parts = [
    [workers.length, 'worker'],
    [tasks.length, 'task'],
    [faults.length, 'fault'],
  ] as const
  return parts.map(([count, what]) => `${count} ${what}${count === 1 ? '' : 's'}`).join(', ')
}

const inWords = {
  tasks: 'tasks',
  runs: 'runs',
  crashes: 'workers killed',
  pauses: 'workers stopped for a while',
  jumps: 'jumps of the wall clock',
  lostRequests: 'calls that never arrived',
  lostReplies: 'calls that were answered to nobody',
  late: 'calls answered late',
  leasesLost: 'leases lost',
  refused: 'stale outcomes refused',
} as const satisfies Record<keyof Figures, string>
