import type { TaskState, TaskView } from '../queue/driver.ts'
import { pagesOf } from '../queue/pages.ts'
import type { Queue } from '../queue/queue.ts'
import { piecesOf } from './pieces.ts'
import { showProgress } from './progress.ts'
import type { Shell } from './shell.ts'

/** What became of a revival. */
export interface Revival {
  revived: number
  /** Ids of no task. */
  readonly absent: string[]
  /** Ids of tasks in another state, which were left alone. */
  readonly other: string[]
  /** Why it ended early; what was done until then stays done. */
  fault?: unknown
}

/**
 * Makes the tasks of one state ready again: those of the ids, or all when there are none; where a
 * worker is named only those that it holds.
 */
export async function revive(
  shell: Shell,
  queue: Queue,
  state: TaskState & ('dead' | 'leased'),
  ids: readonly string[],
  worker?: string,
): Promise<Revival> {
  const revival: Revival = { revived: 0, absent: [], other: [] }
  try {
    if (ids.length === 0) await reviveAll(shell, queue, state, revival, worker)
    else await reviveNamed(shell, queue, state, ids, revival)
  } catch (fault) {
    revival.fault = fault
  }
  return revival
}

async function reviveAll(
  { err, clock, signal }: Shell,
  queue: Queue,
  state: 'dead' | 'leased',
  revival: Revival,
  worker: string | undefined,
): Promise<void> {
  // Workers go on meanwhile: without this end, releasing could run after them for ever.
  const limit = (await queue.counts())[state] ?? Number.POSITIVE_INFINITY
  const total = Number.isFinite(limit) ? limit : undefined
  const progress = showProgress(err, clock, `${state} tasks`, total)
  try {
    for await (const page of pagesOf(queue, { states: [state], limit, signal })) {
      const meant = page.filter(view => worker === undefined || view.worker === worker)
      await reviveSome(queue, state, meant, revival)
      await progress.tell(revival.revived)
    }
  } finally {
    await progress.end()
  }
}

async function reviveNamed(
  { signal }: Shell,
  queue: Queue,
  state: 'dead' | 'leased',
  ids: readonly string[],
  revival: Revival,
): Promise<void> {
  for (const piece of piecesOf(ids)) {
    signal.throwIfAborted()
    const views = new Map((await queue.tasks.get(piece)).map(view => [view.id, view]))
    for (const id of piece) if (!views.has(id)) revival.absent.push(id)
    const found = [...views.values()]
    for (const view of found) if (view.state !== state) revival.other.push(view.id)
    await reviveSome(
      queue,
      state,
      found.filter(view => view.state === state),
      revival,
    )
  }
}

/** A task that left the state since it was looked at is none of ours: nothing is said of it. */
async function reviveSome(
  queue: Queue,
  state: 'dead' | 'leased',
  views: readonly TaskView[],
  revival: Revival,
): Promise<void> {
  const answers = await queue.tasks.revive(
    views.map(({ id }) => id),
    state,
  )
  revival.revived += answers.filter(answer => answer === 'done').length
}
