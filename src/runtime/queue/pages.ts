import { setImmediate } from 'node:timers/promises'
import type { TaskState, TaskView } from './driver.ts'
import type { Queue } from './queue.ts'

/** What is asked of `pagesOf`. */
export interface PagesRequest {
  /** Default: all states. */
  readonly states?: readonly TaskState[]
  /** Default: no end. */
  readonly limit?: number
  /** Aborted: it throws the signal's reason. Default: never. */
  readonly signal?: AbortSignal
}

const pageTasks = { first: 100, most: 1000 } as const

/** About how much text a page may hold; pages get shorter where tasks are large. */
const pageCharacters = 16 * 2 ** 20

/** The tasks of a queue a page at a time, in flat memory. */
export async function* pagesOf(
  queue: Queue,
  { states, limit = Number.POSITIVE_INFINITY, signal }: PagesRequest,
): AsyncGenerator<readonly TaskView[]> {
  let size: number = pageTasks.first
  let left = limit
  let after: string | undefined
  while (left > 0) {
    signal?.throwIfAborted()
    const { items, next } = await queue.tasks.list({
      max: Math.min(size, left),
      ...(states !== undefined && { states }),
      ...(after !== undefined && { after }),
    })
    if (items.length === 0) return
    yield items
    if (next === undefined) return
    after = next
    left -= items.length
    size = nextSize(items)
    // SQLite answers without leaving the thread: let a signal or a closed pipe be heard.
    await setImmediate()
  }
}

function nextSize(items: readonly TaskView[]): number {
  const characters = items.reduce(
    (sum, { body, record = '' }) => sum + body.length + record.length,
    0,
  )
  const fitting = Math.floor((pageCharacters * items.length) / Math.max(characters, 1))
  return Math.max(1, Math.min(fitting, pageTasks.most, items.length * 10))
}
