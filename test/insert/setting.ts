import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openQueue } from '../../src/runtime/index.ts'
import type { Task } from '../../src/runtime/queue/codec.ts'
import type { TaskView } from '../../src/runtime/queue/driver.ts'
import type { Queue } from '../../src/runtime/queue/queue.ts'

/** A folder that is gone when the test is over. */
export function folderOf(): string {
  const folder = mkdtempSync(join(tmpdir(), 'taskq-insert-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** An embedded queue in a file of its own, closed when the test is over. */
export async function queueIn(folder = folderOf()): Promise<Queue> {
  const queue = await openQueue(`sqlite:${join(folder, 'queue.db')}?durable=false`)
  onTestFinished(() => queue.close())
  return queue
}

/** Every task of a queue, in the order in which they would be leased. */
export async function tasksOf(queue: Queue): Promise<readonly Task[]> {
  const items = await viewsOf(queue)
  return items.map(item => queue.decode(item))
}

/** Every task there is, page by page. */
async function viewsOf(queue: Queue): Promise<readonly TaskView[]> {
  const views: TaskView[] = []
  for (let after: string | undefined; ; ) {
    const page = await queue.tasks.list({ max: 10_000, ...(after !== undefined && { after }) })
    if (page.items.length === 0) return views
    for (const view of page.items) views.push(view)
    after = page.next
  }
}

/** The ids of every task of a queue. */
export async function idsOf(queue: Queue): Promise<readonly string[]> {
  const items = await viewsOf(queue)
  return items.map(({ id }) => id)
}

/** NDJSON of so many rows with a 64-bit id, a float and a text. */
export function cells(count: number, from = 0): string {
  return Array.from(
    { length: count },
    (_, at) =>
      `{"root_id":${864_691_135_494_192_529n + BigInt(from + at)},"score":${at}.5,"name":"cell ${at}"}\n`,
  ).join('')
}

/** Finishes every task that is ready. */
export async function finishAll(queue: Queue): Promise<number> {
  const leases = await queue.lease({ max: 1_000_000, seconds: 60, worker: { id: 'w' } })
  await queue.complete(leases)
  return leases.length
}
