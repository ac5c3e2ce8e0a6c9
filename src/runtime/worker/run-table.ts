import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Task } from '../queue/codec.ts'
import { openQueue } from '../queue/open.ts'
import type { Queue } from '../queue/queue.ts'
import { work } from './supervisor.ts'
import type { WorkOptions, WorkSummary } from './work-options.ts'

export interface RunOptions extends Omit<WorkOptions, 'queue' | 'until'> {
  readonly tasks: Iterable<Task> | AsyncIterable<Task>
}

/**
 * Runs a table here and now: inserts it into a queue of its own, works until that is drained, lets
 * `use` read the results, and leaves no queue behind.
 */
export async function runTable<Answer>(
  { tasks, ...options }: RunOptions,
  use: (queue: Queue, summary: WorkSummary) => Promise<Answer>,
): Promise<Answer> {
  const folder = await mkdtemp(join(tmpdir(), 'taskq-run-'))
  try {
    // Gone at the end in any case: nothing is won by waiting for the disk.
    const queue = await openQueue(`sqlite:${join(folder, 'queue.db')}?durable=false`)
    try {
      await queue.insert(tasks)
      return await use(queue, await work({ ...options, queue, until: 'drained' }))
    } finally {
      await queue.close()
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}
