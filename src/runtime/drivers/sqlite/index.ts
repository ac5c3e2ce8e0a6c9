import type { DatabaseSync } from 'node:sqlite'
import { parsePathAddress, readSwitch } from '../../queue/address.ts'
import type {
  Counts,
  Driver,
  DriverModule,
  Lease,
  LeaseRequest,
  OpenOptions,
  Traits,
} from '../../queue/driver.ts'
import * as desk from './desk.ts'
import { limits } from './limits.ts'
import { prepareFile } from './open.ts'
import { type HotStatements, prepareHot } from './statements.ts'
import * as verbs from './verbs.ts'
import { Writer } from './writer.ts'

/** The embedded queue: one SQLite file, used by any number of processes of one machine. */
export const sqlite: DriverModule = {
  scheme: 'sqlite',
  example: 'sqlite:queue.db',
  open: openSqlite,
}

/** How long an idle `lease` sleeps between two looks at the file. */
const pollMilliseconds = { least: 20, most: 100 }

async function openSqlite(address: string, options: OpenOptions): Promise<Driver> {
  const { path, options: switches } = parsePathAddress(address, ['durable'], sqlite.example)
  const durable = readSwitch(switches, 'durable', true)
  const { db, queueTime } = await prepareFile(path, durable, options)
  return sqliteDriver(db, { path, durable, queueTime }, options)
}

interface File {
  readonly path: string
  readonly durable: boolean
  readonly queueTime: () => number
}

function sqliteDriver(db: DatabaseSync, file: File, options: OpenOptions): Driver {
  const traits: Traits = { fenced: true, unique: true, ordered: true, durable: file.durable }
  const url = `sqlite:${file.path}`
  const hot = prepareHot(db)
  const writer = new Writer(db, file.path, options, file.queueTime)
  const { write, read } = writer
  /** Ended delays and leases belong to what is ready before anybody looks. */
  const look = async <T>(act: (now: number) => T): Promise<T> => {
    if (await read(now => isAnyDue(hot, now))) await write(now => verbs.wake(hot, now))
    return await read(act)
  }
  return {
    url,
    wire: 'taskq',
    limits,
    traits,
    insert: messages => write(now => verbs.insert(hot, messages, now)),
    lease: request => lease(hot, writer, request, options),
    extend: (leases, seconds) => write(now => verbs.extend(hot, leases, seconds, now)),
    release: (leases, delaySeconds = 0) =>
      write(now => verbs.release(hot, leases, delaySeconds, now)),
    complete: leases => write(now => verbs.finish(hot, leases, now)),
    counts: () => read(now => countsOf(hot, now)),
    purge: () => write(() => purge(db)),
    close: () => writer.close(),
    tasks: {
      list: request => look(now => desk.list(hot, request, now)),
      get: ids => look(now => desk.get(hot, ids, now)),
      has: ids => read(() => desk.has(hot, ids)),
      remove: ids => write(() => desk.remove(hot, ids)),
      bury: burials => write(now => desk.bury(hot, burials, now)),
      revive: ids => write(() => desk.revive(hot, ids)),
    },
    results: {
      settle: settlements => write(now => verbs.finish(hot, settlements, now)),
      read: request => read(() => desk.read(hot, request)),
    },
  }
}

/** Looks without the write lock while there is nothing, so that idle workers disturb nobody. */
async function lease(
  hot: HotStatements,
  writer: Writer,
  request: LeaseRequest,
  { clock, random }: OpenOptions,
): Promise<readonly Lease[]> {
  const giveUpAt = clock.monotonic() + (request.waitSeconds ?? 0) * 1000
  for (;;) {
    request.signal?.throwIfAborted()
    if (!writer.idle || (await writer.read(now => isAnyReady(hot, now)))) {
      const leases = await writer.write(now => {
        // In the same transaction as the taking: a call that rejects leaves nothing leased.
        request.signal?.throwIfAborted()
        return verbs.lease(hot, request, now)
      })
      if (leases.length > 0) return leases
    }
    const left = giveUpAt - clock.monotonic()
    if (left <= 0) return []
    const { least, most } = pollMilliseconds
    await clock.sleep(Math.min(left, least + random() * (most - least)), request.signal)
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

/** The numbers of leases go on counting, so that no token of before is ever good again. */
function purge(db: DatabaseSync): void {
  for (const table of ['ready', 'delayed', 'held', 'dead', 'done', 'task'])
    db.exec(`delete from ${table}`)
  db.exec('update tally set ready = 0, delayed = 0, held = 0, dead = 0, done = 0, largest_body = 0')
}
