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
export async function settleBeside(
  driver: Driver,
  settlements: readonly HeldSettlement[],
): Promise<readonly HeldAnswer[]> {
  const book = await companion(driver, 'results')
  await book.insert(
    settlements.map(({ lease, record, attempts = lease.attempts }) =>
      wrapped(lease.id, { attempts, record }),
    ),
  )
  return await driver.complete(settlements.map(({ lease }) => lease))
}

/** The same for tasks that died: the body is kept whole, so that the task can be revived. */
export async function buryBeside(
  driver: Driver,
  burials: readonly HeldBurial[],
): Promise<readonly HeldAnswer[]> {
  const dead = await companion(driver, 'dead')
  await dead.insert(
    burials.map(({ lease, attempts = lease.attempts, reason, record }) =>
      wrapped(lease.id, { attempts, reason, record, body: lease.body }),
    ),
  )
  return await driver.complete(burials.map(({ lease }) => lease))
}

/** Reads the results queue without taking anything from it, where its store allows that. */
export async function readBeside(
  driver: Driver,
  request: PageRequest,
): Promise<Page<FinishedTask>> {
  const { tasks } = await companion(driver, 'results')
  if (tasks === undefined)
    throw new TaskqError(
      'unsupported',
      `The results of ${driver.url} lie in a queue that cannot be read without emptying it; lease and complete them there.`,
    )
  const page = await tasks.list(request)
  return { ...page, items: page.items.map(({ id, body }) => ({ id, ...unwrapped(id, body) })) }
}

/** Opened once a driver and purpose. */
const companions = new WeakMap<Driver, Map<'dead' | 'results', Promise<Driver>>>()

async function companion(driver: Driver, purpose: 'dead' | 'results'): Promise<Driver> {
  if (driver.companion === undefined)
    throw new TaskqError(
      'unsupported',
      `${driver.url} can keep no ${purpose === 'dead' ? 'dead tasks' : 'results'}, neither itself nor in a queue beside it. Use complete() or release(), or a queue such as sqlite:queue.db.`,
    )
  const opened = companions.get(driver) ?? new Map<'dead' | 'results', Promise<Driver>>()
  companions.set(driver, opened)
  const beside = opened.get(purpose) ?? driver.companion(purpose)
  opened.set(purpose, beside)
  return await beside
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
      {
        cause,
      },
    )
  }
}
