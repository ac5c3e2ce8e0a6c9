import { escapePath, parsePathAddress, readSwitch } from '../../queue/address.ts'
import type {
  Driver,
  DriverModule,
  Lease,
  LeaseRequest,
  OpenOptions,
  Traits,
} from '../../queue/driver.ts'
import { Calls } from '../calls.ts'
import { waitForMore } from '../wait.ts'
import { check } from './check.ts'
import { readFigures, rezero } from './counters.ts'
import { mendRevivals } from './dead.ts'
import { countsOf, deskOf, readFinished } from './desk.ts'
import { translate } from './errors.ts'
import { finish } from './finish.ts'
import { extend, release } from './hold.ts'
import { insert } from './insert.ts'
import { inventoryOf } from './inventory.ts'
import { takeReady } from './lease.ts'
import { limits } from './limits.ts'
import { openFolder } from './open.ts'
import { purge } from './purge.ts'
import { type Store, storeOf } from './store.ts'

/** Queues of files in a folder, shared with python-task-queue and by all hosts that share the folder. */
export const fq: DriverModule = {
  scheme: 'fq',
  example: 'fq:///shared/queue',
  open: async (address, options) => {
    const { path, durable } = addressOf(address)
    const url = urlOf(path, durable)
    try {
      const folder = openFolder(path, durable, options)
      const store = storeOf(url, folder, options.clock, options.random)
      await mendRevivals(store)
      return fqDriver(store, options)
    } catch (error) {
      throw translate(error, url)
    }
  },
  inventory: async address => inventoryOf(addressOf(address).path),
}

function addressOf(address: string): { readonly path: string; readonly durable: boolean } {
  const { path, options } = parsePathAddress(address, ['durable'], fq.example)
  return { path, durable: readSwitch(options, 'durable', true) }
}

function urlOf(path: string, durable: boolean): string {
  return `fq://${escapePath(path)}${durable ? '' : '?durable=false'}`
}

function fqDriver(store: Store, { random }: OpenOptions): Driver {
  const { url, folder } = store
  const traits: Traits = { fenced: true, unique: true, ordered: false, durable: folder.durable }
  const calls = new Calls(url)
  const run = <T>(act: () => Promise<T>): Promise<T> =>
    calls.run(async () => {
      try {
        return await act()
      } catch (error) {
        throw translate(error, url)
      }
    })
  const desk = deskOf(store)
  return {
    url,
    wire: 'python',
    queueName: folder.root,
    path: folder.root,
    limits,
    traits,
    insert: messages => run(() => insert(store, messages)),
    lease: request => run(() => lease(store, request, random, calls.closing)),
    extend: (leases, seconds) => run(() => extend(store, leases, seconds)),
    release: (leases, delaySeconds = 0) => run(() => release(store, leases, delaySeconds)),
    complete: leases => run(() => finish(store, leases)),
    counts: () => run(() => countsOf(store)),
    purge: told => run(() => purge(store, told)),
    close: () =>
      calls.close(() => {
        store.window.close()
        store.done.close()
        store.holds.close()
        store.past.close()
      }),
    counters: {
      read: () => run(async () => readFigures(store)),
      rezero: () => run(async () => rezero(store)),
    },
    upkeep: { check: how => run(() => check(store, how)) },
    tasks: {
      list: request => run(() => desk.list(request)),
      get: ids => run(() => desk.get(ids)),
      has: ids => run(() => desk.has(ids)),
      remove: ids => run(() => desk.remove(ids)),
      bury: burials => run(() => desk.bury(burials)),
      revive: (ids, from) => run(() => desk.revive(ids, from)),
    },
    results: {
      settle: settlements => run(() => finish(store, settlements)),
      read: request => run(async () => readFinished(store, request)),
    },
  }
}

/** How long an idle `lease` sleeps between two looks at the folder. */
const pollMilliseconds = { least: 50, most: 200 }

async function lease(
  store: Store,
  request: LeaseRequest,
  random: () => number,
  closing: AbortSignal,
): Promise<readonly Lease[]> {
  const { clock, window, leasing } = store
  const { signal, waitSeconds = 0 } = request
  const giveUpAt = clock.monotonic() + waitSeconds * 1000
  for (;;) {
    signal?.throwIfAborted()
    const { added } = window
    const leases = await leasing.run(async () => {
      signal?.throwIfAborted()
      return await takeReady(store, request)
    })
    const left = giveUpAt - clock.monotonic()
    if (leases.length > 0 || left <= 0 || closing.aborted) return leases
    const { least, most } = pollMilliseconds
    const rest = Math.max(least + random() * (most - least), window.restMilliseconds)
    const milliseconds = Math.min(left, rest)
    await waitForMore({ clock, milliseconds, signal, enough: [closing, added] })
  }
}
