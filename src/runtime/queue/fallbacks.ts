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
  /** Takes nothing away, where the store beside allows that. */
  read(request: PageRequest): Promise<Page<FinishedTask>>
  close(): Promise<void>
}

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
  const keep = async (purpose: Purpose, messages: readonly Message[]) => {
    const beside = await companion(purpose)
    const bytesOf = ({ body }: Message) => Buffer.byteLength(body)
    await inPieces(messages, beside.limits, piece => beside.insert(piece), bytesOf)
  }
  return {
    async settle(settlements) {
      await keep(
        'results',
        settlements.map(({ lease, record, attempts = lease.attempts }) =>
          wrapped(lease.id, { attempts, record }),
        ),
      )
      return await driver.complete(settlements.map(({ lease }) => lease))
    },
    async bury(burials) {
      await keep(
        'dead',
        burials.map(({ lease, attempts = lease.attempts, reason, record }) =>
          wrapped(lease.id, { attempts, reason, record, body: lease.body }),
        ),
      )
      return await driver.complete(burials.map(({ lease }) => lease))
    },
    async read(request) {
      const { tasks } = await companion('results')
      if (tasks === undefined)
        throw new TaskqError(
          'unsupported',
          `The results of ${driver.url} lie in a queue that cannot be read without emptying it; lease and complete them there.`,
        )
      const page = await tasks.list(request)
      return { ...page, items: page.items.map(({ id, body }) => ({ id, ...unwrapped(id, body) })) }
    },
    async close() {
      for (const opening of opened.values()) await (await opening).close()
    },
  }
}

type Purpose = 'dead' | 'results'

async function openCompanion(driver: Driver, purpose: Purpose): Promise<Driver> {
  if (driver.companion !== undefined) return await driver.companion(purpose)
  throw new TaskqError(
    'unsupported',
    `${driver.url} can keep no ${purpose === 'dead' ? 'dead tasks' : 'results'}, neither itself nor in a queue beside it. Use complete() or release(), or a queue such as sqlite:queue.db.`,
  )
}

interface Wrapped {
  readonly attempts: number
  readonly record?: string | undefined
  readonly reason?: string
  readonly body?: string
}

function wrapped(id: string, kept: Wrapped): Message {
  return { id, body: JSON.stringify(kept) }
}

function unwrapped(id: string, body: string): { attempts: number; record?: string } {
  try {
    const { attempts, record } = JSON.parse(body) as Wrapped
    return { attempts, ...(record !== undefined && { record }) }
  } catch (cause) {
    throw new TaskqError(
      'invalid',
      `The result of task "${id}" is no text of ours: ${body.slice(0, 80)}`,
      { cause },
    )
  }
}
