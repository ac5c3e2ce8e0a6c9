import { inPieces } from './batches.ts'
import type {
  Driver,
  FinishedTask,
  HeldAnswer,
  Lease,
  Message,
  Page,
  PageRequest,
} from './driver.ts'
import { TaskqError } from './errors.ts'
import { type Outcome, unwrapOutcome, wrapOutcome } from './outcome.ts'

/** A task that is to be set aside as dead by the worker that holds it. */
export interface HeldBurial {
  readonly lease: Lease
  readonly reason: string
  /** Opaque text kept with it: the stack, the last output. */
  readonly record?: string
  readonly attempts?: number
}

/** A task that is finished, and what is to be recorded of it. */
export interface HeldSettlement {
  readonly lease: Lease
  readonly record: string
  readonly attempts?: number
}

/**
 * For stores that cannot keep an outcome with its task: the outcome goes into a queue beside it
 * first and the task is completed after, so that a crash between the two repeats a result and never
 * loses one. Readers keep the first of each id.
 */
export interface Beside {
  settle(settlements: readonly HeldSettlement[]): Promise<readonly HeldAnswer[]>
  /** The body is kept whole, so that the task can be revived. */
  bury(burials: readonly HeldBurial[]): Promise<readonly HeldAnswer[]>
  /** Takes nothing away; throws where the store beside does not allow that. */
  read(request: PageRequest): Promise<Page<FinishedTask>>
  /**
   * Takes everything out of a queue beside, a batch at a time: what `keep` has kept is removed
   * there. For stores that cannot be read in another way; a crash hands a batch over once more.
   */
  readonly drain: (purpose: Purpose, keep: Keep, signal?: AbortSignal) => Promise<void>
  /** Opens what will be needed, so that a fault shows before a task is run. */
  open(): Promise<void>
  close(hurry?: AbortSignal): Promise<void>
}

/** What stands beside a queue: its dead tasks, its results. */
export type Purpose = 'dead' | 'results'

/** Comes back once the outcomes are safe. */
export type Keep = (outcomes: readonly Outcome[]) => Promise<void>

/** Opens the queues beside a driver when they are needed. */
export function besideOf(driver: Driver): Beside {
  const opened = new Map<Purpose, Promise<Driver>>()
  const companion = (purpose: Purpose): Promise<Driver> => {
    const opening = opened.get(purpose) ?? openCompanion(driver, purpose)
    opened.set(purpose, opening)
    // One that could not be opened is tried again by the next call.
    opening.catch(() => opened.delete(purpose))
    return opening
  }
  const keep = async (purpose: Purpose, outcomes: readonly Outcome[]) => {
    const beside = await companion(purpose)
    const messages = outcomes.map(outcome => wrapOutcome(outcome, beside.limits.bodyBytes))
    const bytesOf = ({ body }: Message) => Buffer.byteLength(body)
    await inPieces(messages, beside.limits, piece => beside.insert(piece), bytesOf)
  }
  return {
    async settle(settlements) {
      await keep(
        'results',
        settlements.map(({ lease, record, attempts = lease.attempts }) => ({
          ...{ id: lease.id, attempts, record },
        })),
      )
      return await driver.complete(settlements.map(({ lease }) => lease))
    },
    async bury(burials) {
      await keep(
        'dead',
        burials.map(({ lease, attempts = lease.attempts, reason, record }) => ({
          ...{ id: lease.id, attempts, reason, body: lease.body },
          ...(record !== undefined && { record }),
        })),
      )
      return await driver.complete(burials.map(({ lease }) => lease))
    },
    async read(request) {
      const { tasks } = await companion('results')
      if (tasks === undefined)
        throw new TaskqError(
          'unsupported',
          `The results of ${driver.url} lie in a queue that cannot be read without emptying it: taskq results does that, and keeps them here.`,
        )
      const page = await tasks.list(request)
      return { ...page, items: page.items.map(finishedOf) }
    },
    async drain(purpose, take, signal) {
      const beside = await companion(purpose)
      const request = { max: beside.limits.batch, seconds: drainSeconds, worker: { id: 'drain' } }
      // Stores with few messages may hide them from who does not wait.
      const wait = {
        waitSeconds: Math.min(1, beside.limits.waitSeconds),
        ...(signal && { signal }),
      }
      for (;;) {
        const leases = await beside.lease({ ...request, ...wait })
        if (leases.length === 0) return
        await take(leases.map(unwrapOutcome))
        await beside.complete(leases)
      }
    },
    async open() {
      await Promise.all([companion('dead'), companion('results')])
    },
    async close(hurry) {
      // One that could not be opened was told to who asked for it.
      for (const opening of opened.values())
        await (await opening.catch(() => undefined))?.close(hurry)
    },
  }
}

/** Long enough to write a batch to a slow disk. */
const drainSeconds = 300

function finishedOf(message: Message): FinishedTask {
  const { id, attempts, record } = unwrapOutcome(message)
  return { id, attempts, ...(record !== undefined && { record }) }
}

async function openCompanion(driver: Driver, purpose: Purpose): Promise<Driver> {
  if (driver.companion !== undefined) return await driver.companion(purpose)
  throw new TaskqError(
    'unsupported',
    `${driver.url} can keep no ${purpose === 'dead' ? 'dead tasks' : 'results'}, neither itself nor in a queue beside it. Use complete() or release(), or a queue such as sqlite:queue.db.`,
  )
}
