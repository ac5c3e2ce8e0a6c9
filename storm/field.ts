import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Runs } from './runs.ts'
import type { Storm } from './storm.ts'
import type { Orders } from './task.ts'
import { type Watch, watchQueue } from './watch.ts'
import { histories, Workers } from './workers.ts'

/** Tasks that wait, and all it takes to have them worked on. */
export interface Field {
  readonly ids: readonly string[]
  readonly watch: Watch
  readonly workers: Workers
  readonly runs: Runs
}

/** What a field is made with. */
export interface FieldPlan {
  readonly tasks: readonly Orders[]
  /** What the tasks are called; default: `t0`, `t1` ... */
  readonly idOf?: (at: number) => string
  /** Of all workers, as their environment has them. */
  readonly settings: Readonly<Record<string, string>>
}

/** Fills the queue, lets `act` storm it, and leaves no worker behind. */
export async function onField<T>(
  storm: Storm,
  { tasks, settings, idOf = at => `t${at}` }: FieldPlan,
  act: (field: Field) => Promise<T>,
): Promise<T> {
  const { ground, folder } = storm
  await mkdir(histories(folder), { recursive: true })
  const watch = watchQueue(await ground.look(), join(folder, 'outcomes'))
  const workers = new Workers(storm, settings)
  try {
    const ids = tasks.map((_, at) => idOf(at))
    await watch.queue.insert(ids.map((id, at) => ({ id, params: { ...tasks[at] } })))
    return await act({ ids, watch, workers, runs: new Runs(histories(folder)) })
  } finally {
    workers.killAll()
    await watch.close()
  }
}
