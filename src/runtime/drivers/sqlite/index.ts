import { escapePath, parsePathAddress, readSwitch } from '../../queue/address.ts'
import type {
  Counts,
  Driver,
  DriverModule,
  Lease,
  LeaseRequest,
  OpenOptions,
  Traits,
} from '../../queue/driver.ts'
import { Calls } from '../calls.ts'
import { limits } from '../local-limits.ts'
import { waitForMore } from '../wait.ts'
import * as desk from './desk.ts'
import { insert } from './insert.ts'
import { inventoryOf } from './inventory.ts'
import { readNotes, writeNotes } from './notes.ts'
import { type PreparedFile, prepareFile } from './open.ts'
import { finishedLately } from './pulse.ts'
import { giveBack, purge } from './purge.ts'
import { type HotStatements, prepareHot } from './statements.ts'
import * as verbs from './verbs.ts'
import { Writer } from './writer.ts'

/** The embedded queue: one SQLite file, used by any number of processes of one machine. */
export const sqlite: DriverModule = {
  scheme: 'sqlite',
  example: 'sqlite:queue.db',
  open: openSqlite,
  inventory: async (address, options) => await inventoryOf(pathOf(address).path, options),
}

/** How long an idle `lease` sleeps between two looks at the file. */
const pollMilliseconds = { least: 20, most: 100 }

function pathOf(address: string) {
  return parsePathAddress(address, ['durable'], sqlite.example)
}

async function openSqlite(address: string, options: OpenOptions): Promise<Driver> {
  const { path, options: switches } = pathOf(address)
  const durable = readSwitch(switches, 'durable', true)
  return sqliteDriver(await prepareFile(path, durable, options), durable, options)
}

function sqliteDriver(file: PreparedFile, durable: boolean, options: OpenOptions): Driver {
  const url = `sqlite:${escapePath(file.path)}${durable ? '' : '?durable=false'}`
  const traits: Traits = { fenced: true, unique: true, ordered: true, durable }
  const hot = prepareHot(file.db)
  const writer = new Writer(file, options)
  const calls = new Calls(url)
  const write = <T>(job: (now: number) => T) => calls.run(() => writer.write(job))
  const read = <T>(job: (now: number) => T) => calls.run(() => writer.read(job))
  /** Ended delays and leases belong to what is ready before anybody looks. */
  const look = <T>(act: (now: number) => T): Promise<T> =>
    calls.run(async () => {
      if (await writer.read(now => isAnyDue(hot, now)))
        await writer.write(now => verbs.wake(hot, now))
      return await writer.read(act)
    })
  return {
    url,
    wire: 'taskq',
    path: file.path,
    limits,
    traits,
    insert: messages => write(now => insert(hot, messages, now)),
    lease: request => calls.run(() => lease(hot, writer, request, options, calls.closing)),
    extend: (leases, seconds) => write(now => verbs.extend(hot, leases, seconds, now)),
    release: (leases, delaySeconds = 0) =>
      write(now => verbs.release(hot, leases, delaySeconds, now)),
    complete: leases => write(now => verbs.finish(hot, leases, now)),
    counts: () => read(now => countsOf(hot, now)),
    finishedLately: seconds => read(now => finishedLately(hot, seconds, now)),
    purge: () =>
      calls.run(async () => {
        await writer.write(() => purge(file.db))
        await giveBack(file.db, options)
      }),
    close: () => calls.close(() => file.db.close()),
    tasks: {
      list: request => look(now => desk.list(hot, request, now)),
      get: ids => look(now => desk.get(hot, ids, now)),
      has: ids => read(() => desk.has(hot, ids)),
      remove: ids => write(() => desk.remove(hot, ids)),
      bury: burials => write(now => desk.bury(hot, burials, now)),
      revive: (ids, from) => write(now => desk.revive(hot, ids, from, now)),
    },
    results: {
      settle: settlements => write(now => verbs.finish(hot, settlements, now)),
      read: request => read(() => desk.read(hot, request)),
    },
    notes: {
      write: notes => write(() => writeNotes(hot, notes)),
      read: () => read(() => readNotes(hot)),
    },
  }
}

/** Looks without the write lock while there is nothing, so that idle workers disturb nobody. */
async function lease(
  hot: HotStatements,
  writer: Writer,
  request: LeaseRequest,
  { clock, random }: OpenOptions,
  closing: AbortSignal,
): Promise<readonly Lease[]> {
  const { signal, waitSeconds = 0 } = request
  const giveUpAt = clock.monotonic() + waitSeconds * 1000
  for (;;) {
    signal?.throwIfAborted()
    if (!writer.idle || (await writer.read(now => isAnyReady(hot, now)))) {
      const leases = await writer.write(now => verbs.lease(hot, request, now), signal)
      if (leases.length > 0) return leases
    }
    const left = giveUpAt - clock.monotonic()
    if (left <= 0 || closing.aborted) return []
    const { least, most } = pollMilliseconds
    const milliseconds = Math.min(left, least + random() * (most - least))
    await waitForMore({ clock, milliseconds, signal, enough: [closing] })
  }
}

function isAnyReady(hot: HotStatements, now: number): boolean {
  return hot.anyReady.get() !== undefined || isAnyDue(hot, now)
}

function isAnyDue(hot: HotStatements, now: number): boolean {
  return hot.anyDue.get(now) !== undefined
}

function countsOf(hot: HotStatements, now: number): Counts {
  const row = hot.counts.get(now)
  const of = (name: string) => Number(row?.[name])
  return {
    ready: of('ready') + of('due_delays') + of('due_leases'),
    delayed: of('delayed') - of('due_delays'),
    leased: of('held') - of('due_leases'),
    done: of('done'),
    dead: of('dead'),
  }
}
