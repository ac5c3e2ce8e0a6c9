import type { TaskState } from '../queue/driver.ts'
import type { Queue } from '../queue/queue.ts'
import { readDead, readResults } from './read.ts'

/** How complete the results of a queue are. */
export interface Completeness {
  /** Tasks in the queue, whatever became of them, or expected by the caller. */
  readonly tasks: number
  readonly results: number
  /** Not finished: waiting, delayed, leased, or (where ids are expected) not in the queue at all. */
  readonly unfinished: Listed
  readonly dead: Listed
  /** Dead because a person said so. */
  readonly cancelled: Listed
  /** Finished by a program that records nothing. */
  readonly withoutResult: Listed
  /** Results beyond the first of an id, which do not count. */
  readonly repeated: number
  readonly isComplete: boolean
}

/** How many there are, and the first of them by id. */
export interface Listed {
  readonly count: number
  readonly ids: readonly string[]
}

const mostListed = 20
/** What `taskq abort` gives as the reason. */
const cancelledReason = /^cancelled\b/

/** Compares what is recorded with what was inserted, or with the `expected` ids of a table. */
export async function checkResults(
  queue: Queue,
  expected?: Iterable<string> | AsyncIterable<string>,
): Promise<Completeness> {
  const withoutResult = new List()
  const dead = new List()
  const cancelled = new List()
  const unfinished = new List()
  let results = 0
  let repeated = 0
  const repeat = () => {
    repeated += 1
  }
  for await (const { id, text } of readResults(queue, repeat)) {
    if (text === undefined) withoutResult.add(id)
    else results += 1
  }
  for await (const { id, reason } of readDead(queue))
    (cancelledReason.test(reason) ? cancelled : dead).add(id)
  await addWaiting(queue, unfinished)
  let tasks = results + withoutResult.count + dead.count + cancelled.count + unfinished.count
  if (expected !== undefined) {
    const absent = await findAbsent(queue, expected)
    for (const id of absent.list.ids) unfinished.add(id)
    unfinished.count += absent.list.count - absent.list.ids.length
    tasks = absent.asked
  }
  return {
    ...{ tasks, results, unfinished, dead, cancelled, withoutResult, repeated },
    isComplete: [unfinished, dead, cancelled, withoutResult].every(({ count }) => count === 0),
  }
}

/** A sentence or two for people: what is there, and of what is not the first ids. */
export function describeCompleteness(found: Completeness): string {
  const lines = [`${found.results} results of ${found.tasks} tasks.`]
  const kinds = [
    ['not finished', found.unfinished, 'run: taskq work --until drained'],
    ['dead', found.dead, 'see why: taskq results --failed; then: taskq retry-dead'],
    ['cancelled', found.cancelled, 'bring them back with: taskq retry-dead'],
    ['finished without a result', found.withoutResult, 'another program worked on this queue'],
  ] as const
  for (const [name, { count, ids }, advice] of kinds) {
    if (count === 0) continue
    const more = count > ids.length ? ` and ${count - ids.length} more` : ''
    lines.push(`${count} ${name}: ${ids.join(', ')}${more} (${advice})`)
  }
  if (found.repeated > 0)
    lines.push(`${found.repeated} repeated results were left out; the first of each id counts.`)
  return lines.join('\n')
}

class List implements Listed {
  count = 0
  readonly ids: string[] = []

  add(id: string): void {
    this.count += 1
    if (this.ids.length < mostListed) this.ids.push(id)
  }
}

const waiting: readonly TaskState[] = ['leased', 'ready', 'delayed']

async function addWaiting(queue: Queue, unfinished: List): Promise<void> {
  for (let after: string | undefined; ; ) {
    const page = await queue.tasks.list({
      states: waiting,
      max: 1000,
      ...(after !== undefined && { after }),
    })
    if (page.items.length === 0) return
    for (const { id } of page.items) unfinished.add(id)
    after = page.next
  }
}

async function findAbsent(
  queue: Queue,
  expected: Iterable<string> | AsyncIterable<string>,
): Promise<{ readonly list: List; readonly asked: number }> {
  const list = new List()
  let asked = 0
  let ids: string[] = []
  const ask = async () => {
    const found = new Set((await queue.tasks.get(ids)).map(({ id }) => id))
    for (const id of ids) if (!found.has(id)) list.add(id)
    asked += ids.length
    ids = []
  }
  for await (const id of expected) {
    ids.push(id)
    if (ids.length === 1000) await ask()
  }
  if (ids.length > 0) await ask()
  return { list, asked }
}
