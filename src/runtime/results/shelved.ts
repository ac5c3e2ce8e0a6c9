import type {
  FinishedTask,
  IdAnswer,
  Page,
  PageRequest,
  TaskState,
  TaskView,
} from '../queue/driver.ts'
import { TaskqError } from '../queue/errors.ts'
import type { Outcome } from '../queue/outcome.ts'
import type { Queue } from '../queue/queue.ts'
import { countText } from '../terminal/amounts.ts'
import { Shelf } from './shelf.ts'

/** Where outcomes are kept, and who is told of it. */
export interface ShelfOptions {
  /** Default: `.taskq`, in the folder the command runs in. */
  readonly folder?: string
  readonly signal?: AbortSignal
  readonly tell?: (sentence: string) => Promise<unknown>
}

/**
 * A queue whose outcomes can be read as often as one likes. Where they lie in queues beside it that
 * can only be read by emptying them, all there is of them is brought into a file here first; any
 * other queue is answered as it is.
 */
export async function withShelf(queue: Queue, options: ShelfOptions = {}): Promise<Queue> {
  const { drain } = queue
  if (drain === undefined || queue.driver.tasks !== undefined || !queue.driver.companion)
    return queue
  const { folder = '.taskq', signal, tell } = options
  const shelf = await Shelf.open(folder, queue.url)
  let taken = 0
  const keep = async (outcomes: readonly Outcome[]) => {
    await shelf.keep(outcomes)
    taken += outcomes.length
  }
  for (const purpose of ['dead', 'results'] as const) await drain(purpose, keep, signal)
  if (taken > 0)
    await tell?.(`${countText(taken)} outcomes were moved from ${queue.url} into ${shelf.path}.`)
  return shelved(queue, shelf)
}

function shelved(queue: Queue, shelf: Shelf): Queue {
  return {
    ...queue,
    counts: async () => ({ ...(await queue.counts()), ...shelf.counts }),
    tasks: {
      ...queue.tasks,
      list: async request => {
        const { states = ['dead', 'done'] } = request
        const state = (['dead', 'done'] as const).find(one => states.includes(one))
        if (state === undefined || states.length > 1) return refuse(queue, states)
        const page = await pageOf(shelf, state, request)
        return { ...page, items: page.items.map(viewOf) }
      },
      get: async ids => {
        const outcomes = await shelf.get(ids)
        return ids.flatMap(id => outcomes.get(id) ?? []).map(viewOf)
      },
      has: ids => Promise.resolve(ids.map(id => shelf.stateOf(id) !== undefined)),
      revive: async (ids, from) =>
        from === 'dead' ? await revive(queue, shelf, ids) : await queue.tasks.revive(ids, from),
    },
    results: {
      read: async request => {
        const page = await pageOf(shelf, 'done', request)
        const { bodies = false } = request
        return { ...page, items: page.items.map(outcome => finishedOf(outcome, bodies)) }
      },
    },
  }
}

async function pageOf(
  shelf: Shelf,
  state: 'done' | 'dead',
  { after = '0', max }: PageRequest,
): Promise<Page<Outcome>> {
  const items: Outcome[] = []
  let place = Number(after)
  for await (const { outcome, next } of shelf.read(state, place)) {
    items.push(outcome)
    place = next
    if (items.length >= max) break
  }
  return { items, ...(items.length > 0 && { next: String(place) }) }
}

/** Dead tasks go back first and are struck from the file after: a crash between the two doubles them. */
async function revive(
  queue: Queue,
  shelf: Shelf,
  ids: readonly string[],
): Promise<readonly IdAnswer[]> {
  const dead = await shelf.get(ids.filter(id => shelf.stateOf(id) === 'dead'))
  const messages = [...dead.values()].flatMap(({ id, body }) =>
    body === undefined ? [] : { id, body, again: true as const },
  )
  await queue.insertMessages(messages)
  const revived = new Set(messages.map(({ id }) => id))
  await shelf.revive([...revived])
  return ids.map(id => (revived.has(id) ? 'done' : 'absent'))
}

function viewOf({ id, attempts, record, reason, body = '' }: Outcome): TaskView {
  return {
    ...{ id, attempts, body, headers: {}, deliveries: undefined },
    state: reason === undefined ? 'done' : 'dead',
    ...(reason !== undefined && { reason }),
    ...(record !== undefined && { record }),
  }
}

function finishedOf({ id, attempts, record, body = '' }: Outcome, bodies: boolean): FinishedTask {
  return { id, attempts, ...(record !== undefined && { record }), ...(bodies && { body }) }
}

function refuse(queue: Queue, states: readonly TaskState[]): never {
  throw new TaskqError(
    'unsupported',
    `${queue.url} shows no tasks that are ${states.join(' or ')}, only how many (taskq status). What is dead or done can be listed, one state at a time.`,
  )
}
