import { inPieces } from './batches.ts'
import { calleeOf } from './callee.ts'
import {
  checkHeld,
  checkLeaseSeconds,
  checkNote,
  checkOutcome,
  checkPage,
  checkSeconds,
} from './checks.ts'
import { systemClock } from './clock.ts'
import { type Codec, codecOf, type Task, type TaskBody } from './codec.ts'
import type {
  Clock,
  Counts,
  Driver,
  Held,
  HeldAnswer,
  Lease,
  LeaseRequest,
  Message,
  NoteBook,
  ResultBook,
  TaskDesk,
} from './driver.ts'
import { TaskqError } from './errors.ts'
import { type Beside, besideOf, type HeldBurial, type HeldSettlement } from './fallbacks.ts'
import { encoded, type InsertSummary, insertAll } from './inserting.ts'
import { leaseAll } from './leasing.ts'

/** A driver with the core around it: any number at once, everything checked, tasks instead of text. */
export interface Queue {
  readonly url: string
  readonly driver: Driver
  /** How its bodies are written and read. */
  readonly codec: Codec
  /** Adds tasks as they come, a batch at a time; what was inserted before a fault stays. */
  insert(tasks: Iterable<Task> | AsyncIterable<Task>): Promise<InsertSummary>
  /** The same for bodies that are encoded already; they are kept to the letter. */
  insertMessages(messages: Iterable<Message> | AsyncIterable<Message>): Promise<InsertSummary>
  /** Borrows up to `max` tasks for `seconds`; `[]` when there is none within `waitSeconds`. */
  lease(request: LeaseRequest): Promise<readonly Lease[]>
  /** The task in a leased or listed body; throws `invalid` when it cannot be read. */
  decode(message: { readonly id: string; readonly body: string }): Task & TaskBody
  extend(leases: readonly Held[], seconds: number): Promise<readonly HeldAnswer[]>
  release(leases: readonly Held[], delaySeconds?: number): Promise<readonly HeldAnswer[]>
  complete(leases: readonly Held[]): Promise<readonly HeldAnswer[]>
  /** Records outcomes and completes their tasks, in the store or through the results queue beside it. */
  settle(settlements: readonly HeldSettlement[]): Promise<readonly HeldAnswer[]>
  /** Sets tasks aside as dead, in the store or in the dead queue beside it. */
  bury(burials: readonly HeldBurial[]): Promise<readonly HeldAnswer[]>
  counts(): Promise<Counts>
  /** Removes everything; `told` hears now and then how much is gone, where that takes long. */
  purge(told?: (removed: number) => Promise<void>): Promise<void>
  /** Opens what recording outcomes needs, so that a fault shows before a task is run. */
  prepare(): Promise<void>
  /** Takes the outcomes out of a queue beside this one; only where that is where they lie. */
  readonly drain?: Beside['drain']
  /** Lets go of the store, and with `hurry` also of what was asked of a service that is silent. */
  close(hurry?: AbortSignal): Promise<void>
  /** Each verb throws `unsupported` where the store cannot do it. */
  readonly tasks: TaskDesk
  readonly results: Pick<ResultBook, 'read'>
  readonly notes: NoteBook
}

/** Puts the core around a driver. `callee` is the Python function that our messages call. */
export function createQueue(driver: Driver, clock: Clock = systemClock, callee?: string): Queue {
  const { limits, url, tasks, results, notes } = driver
  const codec = codecOf(driver, () => calleeOf(callee))
  const beside = besideOf(driver)
  const each = <Item, Answer>(
    items: readonly Item[],
    act: (piece: readonly Item[]) => Promise<readonly Answer[]>,
    bytesOf?: (item: Item) => number,
  ) => inPieces(items, limits, act, bytesOf)
  const eachHeld = (
    leases: readonly Held[],
    act: (piece: readonly Held[]) => Promise<readonly HeldAnswer[]>,
  ) => each(leases, act, checkHeld)
  const noteBook = () => notes ?? cannot(url, 'keep notes', 'a queue such as sqlite:queue.db')
  const desk = () => tasks ?? cannot(url, 'look at single tasks', 'its own console or command line')
  return {
    url,
    driver,
    codec,
    insert: given => insertAll(driver, encoded(given, codec.encode)),
    insertMessages: messages => insertAll(driver, messages),
    lease: request => leaseAll(driver, request, clock),
    decode: ({ id, body }) => ({ ...codec.decode(body), id }),
    extend: async (leases, seconds) => {
      checkLeaseSeconds(seconds, limits)
      return await eachHeld(leases, piece => driver.extend(piece, seconds))
    },
    release: async (leases, delaySeconds = 0) => {
      checkSeconds('The delay of a release', delaySeconds, 0, limits.delaySeconds)
      return await eachHeld(leases, piece => driver.release(piece, delaySeconds))
    },
    complete: leases => eachHeld(leases, piece => driver.complete(piece)),
    settle: settlements =>
      each(
        settlements,
        piece => results?.settle(piece.map(flat)) ?? beside.settle(piece),
        ({ lease, attempts, record }) => checkOutcome({ ...lease, attempts, record }, limits, url),
      ),
    bury: burials =>
      each(
        burials,
        async piece => {
          if (tasks === undefined) return await beside.bury(piece)
          const answers = await tasks.bury(piece.map(flat))
          return answers.map(answer => (answer === 'absent' ? 'lost' : answer))
        },
        ({ lease, attempts, reason, record }) =>
          checkOutcome({ ...lease, attempts, reason, record }, limits, url),
      ),
    counts: () => driver.counts(),
    purge: told => driver.purge(told),
    prepare: async () => {
      if (results === undefined) await beside.open()
    },
    ...(results === undefined && { drain: beside.drain }),
    close: async hurry => {
      await driver.close(hurry)
      await beside.close(hurry)
    },
    tasks: {
      list: async request => await desk().list(checkPage(request, limits)),
      get: async ids => await each(ids, piece => desk().get(piece)),
      has: async ids => await each(ids, piece => desk().has(piece)),
      remove: async ids => await each(ids, piece => desk().remove(piece)),
      bury: async burials =>
        await each(
          burials,
          piece => desk().bury(piece),
          burial => checkOutcome(burial, limits, url),
        ),
      revive: async (ids, from) => await each(ids, piece => desk().revive(piece, from)),
    },
    results: {
      read: async request => {
        const checked = checkPage(request, limits)
        return await (results?.read(checked) ?? beside.read(checked))
      },
    },
    notes: {
      write: async given => {
        for (const note of given) checkNote(note)
        await noteBook().write(given)
      },
      read: async () => await noteBook().read(),
    },
  }
}

/** Completes one task and throws `lease-lost` when somebody else has it: for loops of your own. */
export async function finish(queue: Queue, lease: Lease): Promise<void> {
  const [answer] = await queue.complete([lease])
  if (answer === 'done') return
  throw new TaskqError(
    'lease-lost',
    `The lease on task "${lease.id}" of ${queue.url} ended before it was completed. Its new holder finishes it; lease for longer or extend in time.`,
  )
}

/** A settlement or burial as the seam has it. */
function flat<Item extends { readonly lease: Lease; readonly attempts?: number }>(item: Item) {
  const { lease, ...rest } = item
  return { ...rest, id: lease.id, token: lease.token }
}

function cannot(url: string, what: string, instead: string): never {
  throw new TaskqError('unsupported', `${url} cannot ${what}; use ${instead}.`)
}
