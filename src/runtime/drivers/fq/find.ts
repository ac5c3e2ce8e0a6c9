import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { TaskState } from '../../queue/driver.ts'
import { taskPath } from './folder.ts'
import { isDelay, readMovement } from './movement.ts'
import { keyOf, nameOf, secondsOf } from './names.ts'
import { eachTask } from './scan.ts'
import { epochOf, type Store, secondsNow } from './store.ts'

/** Where a task is, whatever its state. */
export interface Found {
  readonly key: string
  /** 0 for what is finished or dead. */
  readonly stamp: number
  readonly state: TaskState
}

/** Finds the task of an id. */
export async function locate(store: Store, id: string): Promise<Found | undefined> {
  return (await locateAll(store, [id]))[0]
}

/** Finds the tasks of ids, in their order. */
export async function locateAll(
  store: Store,
  ids: readonly string[],
): Promise<readonly (Found | undefined)[]> {
  epochOf(store)
  store.done.refresh()
  const stamps = await likelyStamps(store, ids.map(keyOf))
  return ids.map(id => {
    for (const key of id === keyOf(id) ? [id] : [keyOf(id), id]) {
      const stamp = stamps.get(key)
      // First: a task whose file still lies there although it is finished is finished.
      if (store.done.has(key)) return { key, stamp: 0, state: 'done' as const }
      if (isDead(store, key)) return { key, stamp: 0, state: 'dead' as const }
      if (stamp !== undefined) return { key, stamp, state: stateOf(store, key, stamp) }
    }
    return undefined
  })
}

/** The state of a task in the queue's folder. */
export function stateOf(store: Store, key: string, stamp: number): TaskState {
  if (secondsOf(stamp) <= secondsNow(store)) return 'ready'
  const name = nameOf(key, stamp)
  const known = store.kinds.get(name)
  if (known !== undefined) return known
  const kind = isDelay(readMovement(store.folder, key), stamp) ? 'delayed' : 'leased'
  store.kinds.set(name, kind)
  return kind
}

/** Whether a key is one that could be a file's: others name no path. */
const isPlain = (key: string) => /^[A-Za-z0-9_-]{1,200}$/.test(key)

function isDead({ folder }: Store, key: string): boolean {
  return isPlain(key) && existsSync(join(folder.dead, `${key}.json`))
}

async function likelyStamps(
  store: Store,
  keys: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { folder } = store
  const stamps = new Map<string, number>()
  let isSure = true
  for (const key of keys) {
    const movement = readMovement(folder, key)
    const last = movement.findLast(stamp => existsSync(taskPath(folder, key, stamp)))
    if (last !== undefined) stamps.set(key, last)
    // Its file may have a name that nobody noted: one that was renamed just now, or by a worker that died.
    else if (movement.length > 0) isSure = false
  }
  return isSure ? stamps : await listedStamps(store)
}

async function listedStamps({ folder }: Store): Promise<ReadonlyMap<string, number>> {
  const stamps = new Map<string, number>()
  for await (const { key, stamp } of eachTask(folder.queue)) stamps.set(key, stamp)
  return stamps
}
