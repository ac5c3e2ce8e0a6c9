import { remaining } from '../queue/counts.ts'
import { isTaskqError } from '../queue/errors.ts'
import { pagesOf } from '../queue/pages.ts'
import type { Queue } from '../queue/queue.ts'
import { Census, type Completeness, countedView, mostListed } from './census.ts'
import { readDead, readResults } from './read.ts'

/** Compares what is recorded with what was inserted, or with the `expected` ids of a table. */
export async function checkResults(
  queue: Queue,
  expected?: Iterable<string> | AsyncIterable<string>,
): Promise<Completeness> {
  const census = new Census()
  if (expected !== undefined) {
    for await (const ids of inPieces(expected)) {
      const views = new Map((await queue.tasks.get(ids)).map(view => [view.id, view]))
      for (const id of ids) {
        const view = views.get(id)
        census.count(view === undefined ? { id, status: 'absent' } : countedView(view))
      }
    }
    return census.completeness()
  }
  for await (const { id, text } of readResults(queue, () => census.repeat()))
    census.count({ id, status: 'done', isRecorded: text !== undefined })
  return await checkRest(queue, census)
}

/**
 * Completes a census of all results: what is dead or not finished, and what was finished while the
 * results were being read and is not among them.
 */
export async function checkRest(queue: Queue, census: Census): Promise<Completeness> {
  if (queue.driver.tasks === undefined) return await checkByCounts(queue, census)
  await countDead(queue, census)
  const counts = await queue.counts()
  const left = remaining(counts)
  const isExact = queue.driver.limits.settleSeconds === 0
  if (isExact && left !== undefined) {
    // A million bodies need not be read to say how many there are.
    const { items } = await queue.tasks.list({ states: waiting, max: mostListed })
    for (const { id } of items) census.count({ id, status: 'ready' })
    census.unlisted('unfinished', left - items.length)
  } else
    for await (const page of pagesOf(queue, { states: waiting }))
      for (const { id } of page) census.count({ id, status: 'ready' })
  if (isExact && counts.done !== undefined) census.unlisted('unfinished', counts.done - census.done)
  return census.completeness()
}

/** For stores that show no single tasks: of the dead those can be named that were brought here. */
async function checkByCounts(queue: Queue, census: Census): Promise<Completeness> {
  const { ready = 0, delayed = 0, leased = 0, dead = 0 } = await queue.counts()
  census.unlisted('unfinished', ready + delayed + leased)
  try {
    await countDead(queue, census)
  } catch (error) {
    if (!isTaskqError(error, 'unsupported')) throw error
    census.unlisted('dead', dead)
  }
  return census.completeness()
}

async function countDead(queue: Queue, census: Census): Promise<void> {
  for await (const { id, reason } of readDead(queue)) census.count({ id, status: 'dead', reason })
}

const waiting = ['leased', 'ready', 'delayed'] as const

const piece = 1000

async function* inPieces(
  ids: Iterable<string> | AsyncIterable<string>,
): AsyncGenerator<readonly string[]> {
  let gathered: string[] = []
  for await (const id of ids) {
    gathered.push(id)
    if (gathered.length < piece) continue
    yield gathered
    gathered = []
  }
  if (gathered.length > 0) yield gathered
}
