import { type Queue, readDead, readResults, recordOf } from '../src/runtime/index.ts'
import { withShelf } from '../src/runtime/results/shelved.ts'
import { type Remains, remainsOf } from '../src/runtime/testing/index.ts'

/** A queue as the storm sees it while others work on it. */
export interface Watch {
  readonly queue: Queue
  /** How many are finished: done or dead. */
  readonly finished: () => Promise<number>
  /** What anybody could lease now; ask when all is quiet. */
  readonly ready: () => Promise<readonly Waiting[]>
  /** All there is; ask when all is quiet. */
  readonly remains: () => Promise<{
    readonly remains: Remains
    /** Results beyond the first of a task, which readers leave out. */
    readonly repeats: number
  }>
  readonly close: () => Promise<void>
}

/** A task that waits, and the runs it was charged. */
export interface Waiting {
  readonly id: string
  readonly attempts: number
}

/** Watches a queue; where it cannot be looked at, what it lets out is kept in `folder`. */
export function watchQueue(queue: Queue, folder: string): Watch {
  return queue.driver.tasks === undefined ? atTheDoor(queue, folder) : atTheDesk(queue)
}

/** A store that shows its tasks. */
function atTheDesk(queue: Queue): Watch {
  return {
    queue,
    async finished() {
      const { done = 0, dead = 0 } = await queue.counts()
      return done + dead
    },
    async ready() {
      const found: Waiting[] = []
      for (let after: string | undefined; ; ) {
        const page = await queue.tasks.list({
          ...{ states: ['ready'], max: 1000 },
          ...(after !== undefined && { after }),
        })
        if (page.items.length === 0) return found
        for (const { id, attempts } of page.items) found.push({ id, attempts })
        after = page.next
      }
    },
    remains: async () => ({ remains: await remainsOf(queue), repeats: 0 }),
    close: () => queue.close(),
  }
}

/** A service of which only what it gives out can be seen: outcomes are taken out, and tasks leased. */
function atTheDoor(queue: Queue, folder: string): Watch {
  const seen = new Map<string, Waiting>()
  const ready = async () => {
    const asking = { max: 1000, seconds: 600, waitSeconds: 1, worker: { id: 'storm' } }
    for (let leases = await queue.lease(asking); leases.length > 0; ) {
      for (const { id, attempts } of leases) seen.set(id, { id, attempts })
      leases = await queue.lease(asking)
    }
    return [...seen.values()]
  }
  return {
    queue,
    ready,
    async finished() {
      const { done = 0, dead = 0 } = await (await withShelf(queue, { folder })).counts()
      return done + dead
    },
    async remains() {
      const shelved = await withShelf(queue, { folder })
      let repeats = 0
      const results: { id: string; run?: string }[] = []
      for await (const result of readResults(shelved, () => {
        repeats += 1
      })) {
        const record = recordOf(result)
        const { run } = ('value' in record ? (record.value ?? {}) : {}) as { readonly run?: string }
        results.push({ id: result.id, ...(run !== undefined && { run }) })
      }
      const dead: Waiting[] = []
      for await (const { id, attempts } of readDead(shelved)) dead.push({ id, attempts })
      const over = new Set([...results, ...dead].map(({ id }) => id))
      // Of a task that is over, a second message may be left: whoever gets it writes a repeat.
      const waiting = (await ready()).flatMap(({ id }) => (over.has(id) ? [] : [id]))
      const counts = { waiting: undefined, done: undefined, dead: undefined }
      return { remains: { results, dead, waiting, counts }, repeats }
    },
    close: () => queue.close(),
  }
}
