import { existsSync, realpathSync, statfsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Clock, OpenOptions } from '../../queue/driver.ts'
import { TaskqError } from '../../queue/errors.ts'
import { translate } from './errors.ts'
import { applicationId, migrations, schemaVersion } from './schema.ts'
import { refuseReshaped } from './shape.ts'
import { queueTimeOf, startBoot } from './time.ts'
import { untilFree } from './writer.ts'

/** What is asked of the place where a queue's file lies; passed in so that tests can answer. */
export interface Surroundings {
  readonly sqliteVersion: string
  /** The type number of the file system that holds a path (`statfs`); `undefined` where it tells nothing. */
  readonly fileSystemType: (path: string) => number | undefined
}

/** Those of this process. */
export const surroundings: Surroundings = {
  sqliteVersion: process.versions['sqlite'] ?? '0',
  fileSystemType: path => (process.platform === 'linux' ? statfsSync(path).type : undefined),
}

/** A file that is ours and up to date, and its clock. */
export interface PreparedFile {
  readonly db: DatabaseSync
  /** Absolute. */
  readonly path: string
  readonly queueTime: () => number
  /** Throws when the file at the path is no longer the one that was opened. */
  readonly checkIdentity: () => void
}

/** Opens or makes a queue's file, having refused everything that would go wrong later. */
export async function prepareFile(
  given: string,
  durable: boolean,
  options: OpenOptions,
  around: Surroundings = surroundings,
): Promise<PreparedFile> {
  // Absolute, because SQLite would take `:memory:` and `file:` for something else than a path.
  const path = resolve(given)
  refuseOldSqlite(around.sqliteVersion)
  let db: DatabaseSync | undefined
  try {
    refuseMissing(path, options.create)
    refuseNetwork(path, around)
    const opened = new DatabaseSync(path, { timeout: 0 })
    db = opened
    await untilFree(() => refuseForeign(opened, path), options)
    await untilFree(() => refuseTruncated(opened, path), options)
    await untilFree(() => configure(opened, durable), options)
    await untilFree(() => bringUpToDate(opened, path, options.clock), options)
    await untilFree(() => refuseReshaped(opened, path), options)
    const queueTime = queueTimeOf(opened, options.clock)
    if (queueTime === undefined) throw new Error(`${path} forgot the boot that was just written`)
    return { db, path, queueTime, checkIdentity: identityOf(path) }
  } catch (error) {
    db?.close()
    throw translate(error, path)
  }
}

/**
 * A queue whose file was deleted or replaced takes what it is given into a file that nobody will
 * ever open: better to say so. Only `stat` is used, because opening and closing a file that SQLite
 * has open drops the locks of this process on it.
 */
function identityOf(path: string): () => void {
  const opened = statSync(path)
  return () => {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found?.ino === opened.ino && found.dev === opened.dev) return
    throw new TaskqError(
      'unavailable',
      `${path} was deleted or replaced while it was open; nothing was done. Bring it back or start anew with an insert, and restart this process.`,
    )
  }
}

function configure(db: DatabaseSync, durable: boolean): void {
  if (db.prepare('pragma journal_mode').get()?.['journal_mode'] !== 'wal')
    db.exec('pragma journal_mode = wal')
  db.exec(`pragma synchronous = ${durable ? 'full' : 'normal'}`)
  // 16 MB of log between checkpoints rather than 4, so that a page is written back less often. No more
  // in the cache: SQLite goes through all of it at most commits (whenever a full page of an index was
  // split), for half a millisecond where there are 64 MB.
  db.exec(
    'pragma wal_autocheckpoint = 4000; pragma cache_size = -16384; pragma temp_store = memory',
  )
}

/** Tables of this version and a clock of this boot; takes the write lock only where one is missing. */
function bringUpToDate(db: DatabaseSync, path: string, clock: Clock): void {
  if (userVersion(db) === schemaVersion && queueTimeOf(db, clock) !== undefined) return
  db.exec('begin immediate')
  try {
    const version = userVersion(db)
    refuseNewer(version, path)
    for (const statements of migrations.slice(version)) db.exec(statements)
    db.exec(`pragma application_id = ${applicationId}; pragma user_version = ${schemaVersion}`)
    if (queueTimeOf(db, clock) === undefined) startBoot(db, clock)
    db.exec('commit')
  } catch (error) {
    if (db.isTransaction) db.exec('rollback')
    throw error
  }
}

/** Versions before 3.51.3 can corrupt a WAL database that several connections write. */
function refuseOldSqlite(version: string): void {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  if (major * 1e6 + minor * 1e3 + patch >= 3_051_003) return
  throw new TaskqError(
    'unsupported',
    `This Node carries SQLite ${version}, which can damage a database that several processes write. Use Node 24.15 or newer (SQLite 3.51.3).`,
  )
}

function refuseMissing(path: string, create: boolean): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found !== undefined && (create || found.size > 0)) {
    if (found.isFile()) {
      refuseSecondName(path, found.nlink)
      return
    }
    throw new TaskqError(
      'invalid',
      `${path} is no file. Name a database file, such as ${path}/queue.db.`,
    )
  }
  if (!create)
    throw new TaskqError(
      'invalid',
      `There is no queue at ${path}. It is made by the first insert; check the path and the folder you are in.`,
    )
  if (!existsSync(dirname(path)))
    throw new TaskqError(
      'invalid',
      `The folder ${dirname(path)} does not exist, so no queue can be made in it. Make it first: mkdir -p ${dirname(path)}`,
    )
}

/** SQLite finds the log of a database by its name: under two names there would be two. */
function refuseSecondName(path: string, names: number): void {
  if (names <= 1) return
  throw new TaskqError(
    'invalid',
    `${path} is one file under ${names} names (hard links), and would be damaged if it were used by two of them. Remove the others (find them with: find . -samefile ${path}), or make a symbolic link instead.`,
  )
}

/** Several hosts writing one WAL file corrupt it: its shared memory works on one host only. */
function refuseNetwork(path: string, around: Surroundings): void {
  const type = around.fileSystemType(existsSync(path) ? path : dirname(path))
  const name = type === undefined ? undefined : networkFileSystems.get(type >>> 0)
  if (name === undefined) return
  throw new TaskqError(
    'unsupported',
    `${path} lies on a shared file system (${name}), where a SQLite queue would be damaged. Put it on a disk of this machine.`,
  )
}

/** By the magic numbers of Linux's statfs(2). FUSE is among them: sshfs, gcsfuse, s3fs. */
const networkFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x65735546, 'FUSE'],
  [0x01021997, '9p'],
  [0x5346414f, 'AFS'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x00c36400, 'Ceph'],
  [0x19830326, 'BeeGFS'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
  [0x786f4256, 'VirtualBox shared folder'],
  [0xbacbacbc, 'VMware shared folder'],
])

/**
 * SQLite notices missing pages, but not a last one that is cut. By `stat` alone, because opening and
 * closing the file would drop the locks of this process on it; only where no log holds newer pages.
 */
function refuseTruncated(db: DatabaseSync, path: string): void {
  const log = statSync(`${realpathSync(path)}-wal`, { throwIfNoEntry: false })
  if (log !== undefined && log.size > 0) return
  const pages = Number(db.prepare('pragma page_count').get()?.['page_count'])
  const pageBytes = Number(db.prepare('pragma page_size').get()?.['page_size'])
  const { size } = statSync(path)
  if (size >= pages * pageBytes) return
  throw new TaskqError(
    'invalid',
    `${path} is truncated: ${size} bytes of ${pages * pageBytes}. Bring it back from a copy, or rescue what can be read with: sqlite3 ${path} .recover`,
  )
}

function refuseForeign(db: DatabaseSync, path: string): void {
  const tables = db.prepare('select count(*) as n from sqlite_schema').get()
  if (tables?.['n'] === 0) return
  const application = db.prepare('pragma application_id').get()?.['application_id']
  if (application === applicationId) {
    refuseNewer(userVersion(db), path)
    return
  }
  throw new TaskqError(
    'invalid',
    `${path} is a SQLite database of another program; nothing in it was touched. Name another file for the queue.`,
  )
}

function refuseNewer(version: number, path: string): void {
  if (version <= schemaVersion) return
  throw new TaskqError(
    'invalid',
    `${path} was written by a newer taskq (its tables are version ${version}, this one knows ${schemaVersion}). Update taskq-runtime here.`,
  )
}

function userVersion(db: DatabaseSync): number {
  return Number(db.prepare('pragma user_version').get()?.['user_version'])
}
