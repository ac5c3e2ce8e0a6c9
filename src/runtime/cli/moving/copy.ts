import { isCancelled } from '../../queue/cancelled.ts'
import type { TaskState, TaskView } from '../../queue/driver.ts'
import { pagesOf } from '../../queue/pages.ts'
import { piecesOf } from '../pieces.ts'
import { ofView } from './carry.ts'
import { batchOf, deliver, type Moving } from './deliver.ts'

/** What has not been finished. */
const unfinished = ['leased', 'ready', 'delayed'] as const satisfies readonly TaskState[]

/** Copies what is not finished, with the dead where they are wanted; the source stays as it is. */
export async function copyTasks(moving: Moving, dead: 'dead too' | 'not dead'): Promise<void> {
  const { from, shell, tally } = moving
  const states = [...unfinished, ...(dead === 'dead too' ? (['dead'] as const) : [])]
  for await (const page of pagesOf(from, { states, signal: shell.signal }))
    for (const piece of piecesOf(page, batchOf(moving)))
      await deliver(moving, wantedOf(tally, piece).map(ofView))
}

/** All but the dead ones that a person had cancelled, which are counted. */
export function wantedOf(tally: Moving['tally'], views: readonly TaskView[]): readonly TaskView[] {
  const wanted = views.filter(({ state, reason }) => state !== 'dead' || !isCancelled(reason))
  tally.cancelled += views.length - wanted.length
  return wanted
}
