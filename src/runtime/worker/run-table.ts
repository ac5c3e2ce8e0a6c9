import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeTemporaryFolder } from '../config/temporary-folder.ts'
import type { Task } from '../queue/codec.ts'
import { openQueue } from '../queue/open.ts'
import type { Queue } from '../queue/queue.ts'
import { work } from './supervisor.ts'
import type { WorkOptions, WorkSummary } from './work-options.ts'

/** How a worker works, with tasks in place of a queue. */
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
  return await withOwnQueue(async queue => {
    await queue.insert(tasks)
    return await use(queue, await work({ ...options, queue, until: 'drained' }))
  })
}

/** A queue in a folder of its own, gone with it whatever happens, unless `keep` was called. */
export async function withOwnQueue<Answer>(
  use: (queue: Queue, keep: () => void) => Promise<Answer>,
): Promise<Answer> {
  const folder = await makeTemporaryFolder('run')
  let isKept = false
  try {
    // Gone at the end in nearly any case: nothing is won by waiting for the disk.
    const queue = await openQueue(`sqlite:${join(folder, 'queue.db')}?durable=false`)
    try {
      return await use(queue, () => {
        isKept = true
      })
    } finally {
      await queue.close()
    }
  } finally {
    if (!isKept) await rm(folder, { recursive: true })
  }
}
