import type {
  Burial,
  Clock,
  Driver,
  DriverModule,
  Held,
  HeldAnswer,
  Lease,
  LeaseRequest,
  Message,
  Traits,
} from '../queue/driver.ts'
import { Calls } from './calls.ts'
import { fitting } from './fitting.ts'
import { limits } from './local-limits.ts'
import { type Entry, MemoryStore } from './memory-store.ts'
import { memoryDesk, readFinished, readNotes } from './memory-views.ts'

/** Queues that live and die with the process: for tests, and for runs that leave nothing behind. */
export const memory: DriverModule = {
  scheme: 'memory',
  example: 'memory:',
  open: (address, { clock }) => Promise.resolve(openMemory(address, clock)),
}

/** `memory:` is a queue of its own at each opening; `memory:NAME` is one queue for the whole process. */
function openMemory(name: string, clock: Clock): Driver {
  const store = shared.get(name) ?? new MemoryStore(clock)
  if (name !== '') shared.set(name, store)
  return memoryDriver(store, `memory:${name}`, clock)
}

const shared = new Map<string, MemoryStore>()

const traits: Traits = { fenced: true, unique: true, ordered: true, durable: false }

function memoryDriver(store: MemoryStore, url: string, clock: Clock): Driver {
  const calls = new Calls(url)
  /** Runs `act` at once, so that no other call comes between. */
  const turn = <T>(act: (now: number) => T): Promise<T> =>
    calls.run(() => new Promise(resolve => resolve(act(clock.monotonic()))))
  const finish = (leases: readonly (Held & { readonly record?: string })[]) =>
    turn(now => eachHeld(store, leases, now, (entry, { record }) => store.finish(entry, record)))
  return {
    url,
    wire: 'taskq',
    limits,
    traits,
    insert: messages => turn(now => messages.map(message => insertOne(store, message, now))),
    lease: request => calls.run(() => waitForLease(store, request, clock, calls.closing)),
    extend: (leases, seconds) =>
      turn(now => eachHeld(store, leases, now, entry => store.lend(entry, now + seconds * 1000))),
    release: (leases, delaySeconds = 0) =>
      turn(now =>
        eachHeld(store, leases, now, (entry, _, isCharged) => {
          if (!isCharged) entry.deliveries -= 1
          store.wait(entry, now + delaySeconds * 1000, now)
        }),
      ),
    complete: finish,
    counts: () => turn(now => store.counts(now)),
    purge: () => turn(() => store.clear()),
    close: () => calls.close(() => {}),
    tasks: memoryDesk(store, turn, (burials, now) =>
      burials.map(burial => buryOne(store, burial, now)),
    ),
    results: { settle: finish, read: request => turn(() => readFinished(store, request, limits)) },
    notes: {
      write: notes =>
        turn(() => {
          for (const { name, text } of notes) store.notes.set(name, text)
        }),
      read: () => turn(() => readNotes(store)),
    },
  }
}

function insertOne(store: MemoryStore, message: Message, now: number): 'new' | 'present' {
  if (store.tasks.has(message.id)) return 'present'
  const entry = store.add(message.id, message.body, message.headers ?? {})
  store.wait(entry, now + (message.headers?.delaySeconds ?? 0) * 1000, now)
  return 'new'
}

async function waitForLease(
  store: MemoryStore,
  request: LeaseRequest,
  clock: Clock,
  closing: AbortSignal,
): Promise<readonly Lease[]> {
  const { signal, waitSeconds = 0 } = request
  const giveUpAt = clock.monotonic() + waitSeconds * 1000
  for (;;) {
    // Looked at in the same turn as the taking, so an aborted call holds nothing.
    signal?.throwIfAborted()
    const now = clock.monotonic()
    const leases = takeReady(store, request, now)
    if (leases.length > 0 || now >= giveUpAt || closing.aborted) return leases
    await store.changed(Math.min(store.nextDue() ?? giveUpAt, giveUpAt) - now, signal, closing)
  }
}

function takeReady(store: MemoryStore, request: LeaseRequest, now: number): Lease[] {
  store.wake(now)
  const next = store.ready.slice(0, request.max)
  const taken = fitting(next, ({ body }) => Buffer.byteLength(body), limits.batchBytes)
  store.ready.splice(0, taken.length)
  return taken.map(entry => {
    entry.token = store.nextToken()
    entry.worker = request.worker.id
    entry.deliveries += 1
    store.lend(entry, now + request.seconds * 1000)
    const { id, token, body, headers, attempts, deliveries } = entry
    return { id, token, body, headers, attempts, deliveries }
  })
}

function eachHeld<Item extends Held>(
  store: MemoryStore,
  items: readonly Item[],
  now: number,
  act: (entry: Entry, item: Item, isCharged: boolean) => void,
): HeldAnswer[] {
  return items.map(item => {
    const entry = store.tasks.get(item.id)
    if (entry === undefined || !isHeld(entry, item.token, now)) return 'lost'
    const isCharged = (item.attempts ?? 0) > entry.attempts
    if (isCharged) entry.attempts = item.attempts ?? 0
    act(entry, item, isCharged)
    return 'done'
  })
}

function buryOne(store: MemoryStore, burial: Burial, now: number): HeldAnswer | 'absent' {
  const entry = store.tasks.get(burial.id)
  if (burial.token !== undefined) {
    if (entry === undefined || !isHeld(entry, burial.token, now)) return 'lost'
  } else if (entry === undefined || entry.state === 'done') return 'absent'
  entry.attempts = Math.max(entry.attempts, burial.attempts ?? 0)
  store.bury(entry, burial.reason, burial.record)
  return 'done'
}

function isHeld(entry: Entry, token: string, now: number): boolean {
  return entry.state === 'leased' && entry.token === token && now < entry.until
}
