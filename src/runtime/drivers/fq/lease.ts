import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Lease, LeaseRequest } from '../../queue/driver.ts'
import { TaskqError } from '../../queue/errors.ts'
import { readAttempts } from './attempts.ts'
import { unseal } from './body.ts'
import { Breather } from './breather.ts'
import { quarantine } from './dead.ts'
import { drop } from './finish.ts'
import { codeOf, isAbsence, moved, restamp, taskPath } from './folder.ts'
import { fileBytes, limits } from './limits.ts'
import { noteDelay, noteName, readMovement, unused } from './movement.ts'
import { nameOf, type TaskName, writeToken } from './names.ts'
import { epochOf, type HeldBody, type Store, secondsNow, stampAfter } from './store.ts'

/** Borrows what is ready, up to `max`; renaming a file is what takes it. */
export async function takeReady(store: Store, request: LeaseRequest): Promise<readonly Lease[]> {
  const { max, seconds, worker } = request
  const around: Taking = {
    store,
    until: stampAfter(store, seconds),
    epoch: epochOf(store),
    isDoneKnown: false,
    worker: worker.id,
    forbidden: undefined,
  }
  const breather = new Breather()
  const leases: Lease[] = []
  const names: string[] = []
  let bytes = 0
  while (leases.length < max && bytes < limits.batchBytes && around.forbidden === undefined) {
    const taken = await takeNext(around, leases)
    if (taken === 'none') break
    if (taken !== 'missed') {
      bytes += taken.bytes
      leases.push(taken.lease)
      names.push(taken.name)
    }
    // A process that dies in the middle leaves few of which nobody knows who held them.
    if (names.length >= notedAtOnce) store.holds.note(worker.id, names.splice(0))
    await breather.breathe()
  }
  store.holds.note(worker.id, names)
  if (leases.length === 0 && around.forbidden !== undefined)
    throw forbidden(store, around.forbidden)
  return leases
}

const notedAtOnce = 50

/** What all takings of one call share. */
interface Taking {
  readonly store: Store
  readonly until: number
  readonly epoch: string
  isDoneKnown: boolean
  readonly worker: string
  /** A task that this process has no right to read. */
  forbidden: string | undefined
}

interface Taken {
  readonly lease: Lease
  readonly name: string
  readonly bytes: number
}

async function takeNext(
  around: Taking,
  held: readonly Lease[],
): Promise<Taken | 'missed' | 'none'> {
  const { window } = around.store
  try {
    const name = await window.next(secondsNow(around.store))
    if (name === undefined) return 'none'
    const taken = take(around, name)
    window.heed(taken === undefined ? 'missed' : 'taken')
    return taken ?? 'missed'
  } catch (error) {
    // What is held must reach the caller; a disk that goes on failing is told of by the next call.
    if (held.length === 0) throw error
    return 'none'
  }
}

function take(around: Taking, { key, stamp }: TaskName): Taken | undefined {
  const { store, until, epoch, worker } = around
  const { folder } = store
  const isFresh = stamp === 0
  if (!isFresh && isOver(around, key, stamp)) return undefined
  const to = unused(isFresh ? [] : readMovement(folder, key), until, 1)
  const name = nameOf(key, to)
  if (!moved(taskPath(folder, key, stamp), join(folder.queue, name))) return undefined
  const read = noteAndRead(store, { key, stamp: to })
  const opened = read.text === undefined ? undefined : unseal(read.text, key)
  if (opened === undefined) {
    if (read.fault === noRight) {
      around.forbidden = key
      giveBack(store, { key, stamp: to })
    } else setAside(store, { key, stamp: to }, read)
    return undefined
  }
  const token = writeToken({ key, stamp: to, epoch })
  store.kinds.set(name, 'leased')
  const attempts = isFresh ? 0 : readAttempts(folder, key)
  remember(store, token, { ...opened, worker, isCharged: attempts > 0 })
  const { id, body } = opened
  return {
    lease: { id, token, body, headers: {}, attempts, deliveries: undefined },
    name,
    bytes: read.bytes,
  }
}

/** Where the disk fails, or this process has too many files open, the task goes back: the fault is not its own. */
function noteAndRead(store: Store, { key, stamp }: TaskName): ReadTask {
  const { folder } = store
  try {
    noteName(folder, key, stamp)
    return readTask(taskPath(folder, key, stamp))
  } catch (error) {
    giveBack(store, { key, stamp })
    throw error
  }
}

/** So many bodies are kept, each of them small: what is not there is read again when the task ends. */
const kept = { bodies: 10_000, characters: 65_536 }

function remember({ bodies }: Store, token: string, held: HeldBody): void {
  if (held.body.length > kept.characters) return
  if (bodies.size >= kept.bodies) bodies.delete(bodies.keys().next().value ?? '')
  bodies.set(token, held)
}

/** Finishes what a crash left half done: the task is recorded as done or dead, and its file was to go. */
function isOver(around: Taking, key: string, stamp: number): boolean {
  const { store } = around
  const { folder } = store
  if (!around.isDoneKnown) store.done.refresh()
  around.isDoneKnown = true
  if (!store.done.has(key) && !existsSync(join(folder.dead, `${key}.json`))) return false
  drop(store, key, stamp)
  return true
}

interface ReadTask {
  readonly text: string | undefined
  readonly bytes: number
  /** Why there is no text. */
  readonly fault: string
}

/** Reads a task's file; a link is never followed. */
function readTask(path: string): ReadTask {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (isAbsence(error)) return { text: undefined, bytes: 0, fault: 'gone' }
    const fault = faultOf(codeOf(error))
    if (fault === undefined) throw error
    return { text: undefined, bytes: 0, fault }
  }
  try {
    const info = fstatSync(file)
    if (!info.isFile()) return { text: undefined, bytes: 0, fault: 'no file' }
    if (info.size > fileBytes)
      return { text: undefined, bytes: 0, fault: `too large: ${info.size} bytes` }
    const text = readFileSync(file, 'utf8')
    return {
      text,
      bytes: info.size,
      fault: info.size === 0 ? 'empty' : 'torn: it is no whole JSON',
    }
  } finally {
    closeSync(file)
  }
}

/** What lies in the way is not the task's fault: others may read it. */
const noRight = 'not ours to read'

/** `undefined` where it is no fault of the task's. */
function faultOf(code: string | undefined): string | undefined {
  if (code === 'EACCES' || code === 'EPERM') return noRight
  if (code === 'ELOOP') return 'a symbolic link'
  return code === 'ENXIO' ? 'no file' : undefined
}

function forbidden({ url }: Store, key: string): TaskqError {
  return new TaskqError(
    'unavailable',
    `No right to read task ${key} in ${url}, nor perhaps others. Let whoever inserts share the files with this user (umask 002 and a common group), or work as their owner.`,
  )
}

/** Leaves a task to those who may read it. */
function giveBack(store: Store, { key, stamp }: TaskName): void {
  const { folder } = store
  const to = unused(readMovement(folder, key), secondsNow(store), -1)
  if (restamp(folder, key, stamp, to)) noteName(folder, key, to)
}

/** Python writes a task's file in place: what is torn may be whole in a moment. */
const patienceSeconds = 5

/** Looks again a little later, then puts the file aside with the reason. */
function setAside(store: Store, { key, stamp }: TaskName, { text, fault }: ReadTask): void {
  if (fault === 'gone') return
  const { folder, clock, unreadable } = store
  const seen = unreadable.get(key)
  const now = clock.monotonic()
  if (text !== undefined && (seen === undefined || now - seen < patienceSeconds * 1000)) {
    unreadable.set(key, seen ?? now)
    const later = unused(readMovement(folder, key), stampAfter(store, patienceSeconds), 1)
    if (restamp(folder, key, stamp, later)) noteDelay(folder, key, later)
    return
  }
  unreadable.delete(key)
  quarantine(store, { key, stamp }, fault, text ?? '')
}
