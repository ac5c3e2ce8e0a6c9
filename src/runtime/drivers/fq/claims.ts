import { closeSync, lutimesSync, openSync, statSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { Message } from '../../queue/driver.ts'
import {
  codeOf,
  notesPath,
  removed,
  taskPath,
  whereThere,
  writeFully,
  writeWhole,
} from './folder.ts'
import { readMovement } from './movement.ts'
import { withRight } from './right.ts'
import { eachTask } from './scan.ts'
import { deadKeys, folderTime, type Store } from './store.ts'

/** A task on its way into the queue; its movement file, made by whoever comes first, is the claim to its key. */
export interface Pending {
  readonly at: number
  readonly message: Message
  readonly key: string
  readonly stamp: number
  readonly isDelayed: boolean
  /** What its movement file says. */
  readonly notes: string
  /** Where it is written before it is renamed into the queue. */
  readonly temp: string
}

/** A claim this old whose task never came belongs to an inserter that died: a batch takes far less. */
const abandonedSeconds = 30

/** So many are looked at in one go while nobody else may. */
const lookedAtOnce = 100

/** Claims the key of a task; false where it is claimed. */
export function isClaimed({ folder }: Store, { key, notes }: Pending): boolean {
  try {
    const file = openSync(notesPath(folder, key), 'wx', 0o666)
    try {
      writeFully(file, notes)
    } finally {
      closeSync(file)
    }
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** Gives up claims whose tasks will not come. */
export function unclaim({ folder }: Store, pending: Iterable<Pending>): void {
  for (const { temp, key } of pending) {
    removed(temp)
    removed(notesPath(folder, key))
  }
}

/**
 * Of the tasks that others have claimed, those that never came: they are ours from here on. Each lot is
 * to be brought before the next is asked for, since others may wait for it as we wait for theirs.
 */
export async function* abandoned(
  store: Store,
  contested: readonly Pending[],
): AsyncGenerator<readonly Pending[]> {
  let absent = contested.length === 0 ? [] : await withoutFile(store, contested)
  while (absent.length > 0) {
    const taken = await overtaken(store, absent)
    if (taken.length > 0) yield taken
    absent = await withoutFile(store, absent)
    if (absent.length > 0) await store.clock.sleep(100)
  }
}

/** One at a time: of several that wait for the same dead inserter, one only may follow it. */
async function overtaken(store: Store, absent: readonly Pending[]): Promise<readonly Pending[]> {
  return await eachByRight(store, absent, (one, now) => {
    const path = notesPath(store.folder, one.key)
    const claimedAt = whereThere(() => statSync(path).mtimeMs)
    if (claimedAt === undefined) return isClaimed(store, one)
    if (now - claimedAt <= abandonedSeconds * 1000) return false
    writeWhole({ ...store.folder, durable: false }, path, one.notes)
    return true
  })
}

/** Those of our claims that nobody took for abandoned meanwhile; a slow disk may take longer than they last. */
export async function stillClaimed(
  store: Store,
  pending: readonly Pending[],
  claimedAt: number,
): Promise<readonly Pending[]> {
  const age = () => store.clock.monotonic() - claimedAt
  if (age() < (abandonedSeconds * 1000) / 3) return pending
  return await eachByRight(store, pending, ({ key }, now) => {
    const path = notesPath(store.folder, key)
    const madeAt = whereThere(() => statSync(path).mtimeMs)
    if (madeAt === undefined || now - madeAt < age() - abandonedSeconds * 1000) return false
    lutimesSync(path, now / 1000, now / 1000)
    return true
  })
}

async function eachByRight(
  store: Store,
  pending: readonly Pending[],
  isOurs: (one: Pending, now: number) => boolean,
): Promise<readonly Pending[]> {
  const ours: Pending[] = []
  for (let from = 0; from < pending.length; from += lookedAtOnce) {
    const some = pending.slice(from, from + lookedAtOnce)
    const act = () => {
      const now = folderTime(store)
      return some.filter(one => isOurs(one, now))
    }
    ours.push(...(await withRight(store, 'claiming', act)))
    await setImmediate()
  }
  return ours
}

async function withoutFile(
  store: Store,
  contested: readonly Pending[],
): Promise<readonly Pending[]> {
  const { folder, done } = store
  const missing = contested.filter(({ key }) => !hasNotedFile(store, key))
  if (missing.length === 0) return []
  done.refresh()
  const there = new Set(deadKeys(store))
  for await (const { key } of eachTask(folder.queue)) there.add(key)
  // Again, because a file that was renamed during the listing may have been overlooked.
  return missing.filter(({ key }) => !there.has(key) && !done.has(key) && !hasNotedFile(store, key))
}

function hasNotedFile({ folder }: Store, key: string): boolean {
  return readMovement(folder, key).some(
    stamp => whereThere(() => statSync(taskPath(folder, key, stamp))) !== undefined,
  )
}
