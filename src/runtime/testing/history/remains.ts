import type { Queue } from '../../queue/queue.ts'
import { readDead, readResults, recordOf } from '../../results/read.ts'
import type { Remains } from './history.ts'

/** What a queue holds now; ask when all is quiet. */
export async function remainsOf(queue: Queue): Promise<Remains> {
  const counts = await queue.counts()
  const results: { id: string; run?: string }[] = []
  for await (const result of readResults(queue, id => results.push({ id }))) {
    const run = runIn(recordOf(result))
    results.push({ id: result.id, ...(run !== undefined && { run }) })
  }
  const dead: { id: string; attempts: number }[] = []
  for await (const { id, attempts } of readDead(queue)) dead.push({ id, attempts })
  const { ready, delayed, leased } = counts
  const isKnown = ready !== undefined && delayed !== undefined && leased !== undefined
  return {
    ...{ results, dead, waiting: await waitingIn(queue) },
    counts: {
      waiting: isKnown ? ready + delayed + leased : undefined,
      done: counts.done,
      dead: counts.dead,
    },
  }
}

/** A task of a storm returns `{ run }`: which run made this result. */
function runIn(record: ReturnType<typeof recordOf>): string | undefined {
  const value = 'value' in record ? record.value : undefined
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const { run } = value as { readonly run?: unknown }
  return typeof run === 'string' ? run : undefined
}

async function waitingIn(queue: Queue): Promise<readonly string[]> {
  const ids: string[] = []
  for (let after: string | undefined; ; ) {
    const page = await queue.tasks.list({
      states: ['ready', 'delayed', 'leased'],
      max: 1000,
      ...(after !== undefined && { after }),
    })
    if (page.items.length === 0) return ids
    for (const { id } of page.items) ids.push(id)
    after = page.next
  }
}
