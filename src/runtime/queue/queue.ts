import { Batch, inPieces } from './batches.ts'
import { checkLease, checkLeaseSeconds, checkMessage, checkRecord, checkSeconds } from './checks.ts'
import { codecs, type Task } from './codec.ts'
import type {
  Counts,
  Driver,
  Held,
  HeldAnswer,
  Lease,
  LeaseRequest,
  Message,
  ResultBook,
  TaskDesk,
} from './driver.ts'
import { TaskqError } from './errors.ts'
import { buryBeside, readBeside, settleBeside } from './fallbacks.ts'

/** What became of an insert: how many ids were new and how many were there already. */
export interface InsertSummary {
  readonly inserted: number
  readonly present: number
}

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

/** A driver with the core around it: any number at once, everything checked, tasks instead of text. */
export interface Queue {
  readonly url: string
  readonly driver: Driver
  /** Adds tasks as they come, a batch at a time; what was inserted before a fault stays. */
  insert(tasks: Iterable<Task> | AsyncIterable<Task>): Promise<InsertSummary>
  /** The same for bodies that are encoded already; they are kept to the letter. */
  insertMessages(messages: Iterable<Message> | AsyncIterable<Message>): Promise<InsertSummary>
  /** Borrows up to `max` tasks for `seconds`; `[]` when there is none within `waitSeconds`. */
  lease(request: LeaseRequest): Promise<readonly Lease[]>
  /** The task in a leased or listed body; throws `invalid` when it cannot be read. */
  decode(message: { readonly id: string; readonly body: string }): Task
  extend(leases: readonly Held[], seconds: number): Promise<readonly HeldAnswer[]>
  release(leases: readonly Held[], delaySeconds?: number): Promise<readonly HeldAnswer[]>
  complete(leases: readonly Held[]): Promise<readonly HeldAnswer[]>
  /** Records outcomes and completes their tasks, in the store or through the results queue beside it. */
  settle(settlements: readonly HeldSettlement[]): Promise<readonly HeldAnswer[]>
  /** Sets tasks aside as dead, in the store or in the dead queue beside it. */
  bury(burials: readonly HeldBurial[]): Promise<readonly HeldAnswer[]>
  counts(): Promise<Counts>
  purge(): Promise<void>
  close(): Promise<void>
  /** Each verb throws `unsupported` where the store cannot do it. */
  readonly tasks: TaskDesk
  readonly results: Pick<ResultBook, 'read'>
}

/** Puts the core around a driver. */
export function createQueue(driver: Driver): Queue {
  const { limits, url } = driver
  const codec = codecs[driver.wire]
  const each = <Item, Answer>(
    items: readonly Item[],
    act: (piece: readonly Item[]) => Promise<readonly Answer[]>,
    bytesOf?: (item: Item) => number,
  ) => inPieces(items, limits, act, bytesOf)
  const bytesOfRecord = ({ lease, record = '' }: { lease: Lease; record?: string }) =>
    checkRecord(lease.id, record, limits, url)
  const { tasks } = driver
  const desk = () => tasks ?? cannot(url, 'look at single tasks', 'its own console or command line')
  return {
    url,
    driver,
    insert: given => insertAll(driver, encoded(given, codec.encode)),
    insertMessages: messages => insertAll(driver, messages),
    lease: request => leaseAll(driver, request),
    decode: ({ id, body }) => ({ ...codec.decode(body), id }),
    extend: async (leases, seconds) => {
      checkLeaseSeconds(seconds, limits)
      return await each(leases, piece => driver.extend(piece, seconds))
    },
    release: async (leases, delaySeconds = 0) => {
      checkSeconds('The delay of a release', delaySeconds, 0, limits.delaySeconds)
      return await each(leases, piece => driver.release(piece, delaySeconds))
    },
    complete: leases => each(leases, piece => driver.complete(piece)),
    settle: settlements =>
      each(
        settlements,
        piece => driver.results?.settle(piece.map(flat)) ?? settleBeside(driver, piece),
        bytesOfRecord,
      ),
    bury: burials =>
      each(
        burials,
        async piece => {
          if (tasks === undefined) return await buryBeside(driver, piece)
          const answers = await tasks.bury(piece.map(flat))
          return answers.map(answer => (answer === 'absent' ? 'lost' : answer))
        },
        bytesOfRecord,
      ),
    counts: () => driver.counts(),
    purge: () => driver.purge(),
    close: () => driver.close(),
    tasks: {
      list: async request => await desk().list(request),
      get: async ids => await each(ids, piece => desk().get(piece)),
      has: async ids => await each(ids, piece => desk().has(piece)),
      remove: async ids => await each(ids, piece => desk().remove(piece)),
      bury: async burials => await each(burials, piece => desk().bury(piece)),
      revive: async ids => await each(ids, piece => desk().revive(piece)),
    },
    results: {
      read: async request => await (driver.results?.read(request) ?? readBeside(driver, request)),
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

async function insertAll(
  driver: Driver,
  messages: Iterable<Message> | AsyncIterable<Message>,
): Promise<InsertSummary> {
  const batch = new Batch<Message>(driver.limits)
  const ids = new Set<string>()
  let inserted = 0
  let present = 0
  const send = async () => {
    ids.clear()
    const answers = await driver.insert(batch.take())
    const fresh = answers.filter(answer => answer === 'new').length
    inserted += fresh
    present += answers.length - fresh
  }
  /** Answers what to wait for before the next message, where there is anything. */
  const take = (message: Message): Promise<void> | undefined => {
    const bytes = checkMessage(message, driver.limits, driver.url)
    if (batch.isFullFor(bytes)) return send().then(() => keep(message, bytes))
    return keep(message, bytes)
  }
  const keep = (message: Message, bytes: number): undefined => {
    if (ids.has(message.id)) throw sameIdTwice(message.id, inserted + present)
    ids.add(message.id)
    batch.add(message, bytes)
  }
  // Waiting for each of many messages that are at hand takes a third of a microsecond a message.
  if (Symbol.iterator in messages) {
    for (const message of messages) {
      const sent = take(message)
      if (sent !== undefined) await sent
    }
  } else for await (const message of messages) await take(message)
  if (!batch.isEmpty) await send()
  return { inserted, present }
}

async function* encoded(
  tasks: Iterable<Task> | AsyncIterable<Task>,
  encode: (task: Task) => string,
): AsyncGenerator<Message> {
  for await (const task of tasks) {
    const { id, priority, delaySeconds } = task
    const headers = {
      ...(priority !== undefined && { priority }),
      ...(delaySeconds !== undefined && { delaySeconds }),
    }
    yield { id, body: encode(task), headers }
  }
}

/** Asks the driver in pieces it can bear; waits only while it has nothing at all. */
async function leaseAll(driver: Driver, request: LeaseRequest): Promise<readonly Lease[]> {
  const { limits } = driver
  checkLease(request, limits)
  const leases: Lease[] = []
  let waitSeconds = request.waitSeconds ?? 0
  for (;;) {
    const max = Math.min(request.max - leases.length, limits.batch)
    const waits = leases.length > 0 ? 0 : Math.min(waitSeconds, limits.waitSeconds)
    const some = await driver.lease({ ...request, max, waitSeconds: waits })
    leases.push(...some)
    if (leases.length >= request.max) return leases
    if (some.length > 0 && some.length < max) return leases
    if (some.length === 0) waitSeconds -= waits
    if (some.length === 0 && (leases.length > 0 || waitSeconds <= 0)) return leases
  }
}

/** A settlement or burial as the seam has it. */
function flat<Item extends { readonly lease: Lease; readonly attempts?: number }>(item: Item) {
  const { lease, ...rest } = item
  return { ...rest, id: lease.id, token: lease.token }
}

function sameIdTwice(id: string, before: number): TaskqError {
  return new TaskqError(
    'invalid',
    `Two tasks of one insert have the id "${id}"; only one of them could be kept. Make the ids differ, then insert again: the ${before} tasks handed in before this batch are in the queue and are not doubled.`,
  )
}

function cannot(url: string, what: string, instead: string): never {
  throw new TaskqError('unsupported', `${url} cannot ${what}; use ${instead}.`)
}
