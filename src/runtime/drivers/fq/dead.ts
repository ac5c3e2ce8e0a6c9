import { renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Burial, HeldAnswer, IdAnswer } from '../../queue/driver.ts'
import { readAttempts } from './attempts.ts'
import { seal } from './body.ts'
import { locate } from './find.ts'
import { contentOf, drop } from './finish.ts'
import {
  moved,
  notesPath,
  removed,
  restamp,
  syncFolder,
  taskPath,
  textOf,
  uniqueName,
  writeNew,
  writeWhole,
} from './folder.ts'
import { claim, tokenOf } from './hold.ts'
import { noteName, readMovement, unused } from './movement.ts'
import { nameOf, type TaskName } from './names.ts'
import { Pace } from './pace.ts'
import { epochOf, type Store, secondsNow, stampAfter } from './store.ts'

/** A dead task as its file has it. */
export interface DeadTask {
  readonly id: string
  readonly attempts: number
  readonly reason: string
  readonly record?: string
  readonly body: string
  /** The stamps it had that may still be somebody's token. */
  readonly stamps: readonly number[]
}

/** Sets tasks aside, by lease or by id. */
export async function bury(
  store: Store,
  burials: readonly Burial[],
): Promise<readonly (HeldAnswer | 'absent')[]> {
  const epoch = epochOf(store)
  const pace = new Pace()
  const answers: (HeldAnswer | 'absent')[] = []
  for (const burial of burials) {
    answers.push(await buryOne(store, burial, epoch))
    await pace.breathe()
  }
  if (store.folder.durable) syncFolder(store.folder.dead)
  return answers
}

async function buryOne(
  store: Store,
  burial: Burial,
  epoch: string,
): Promise<HeldAnswer | 'absent'> {
  const { id, token: text } = burial
  if (text !== undefined) {
    const token = tokenOf({ id, token: text }, epoch)
    const stamp = token === undefined ? undefined : claim(store, token)
    if (token === undefined || stamp === undefined) return 'lost'
    const { key } = token
    const content = contentOf(store, token, stamp, { id, token: text })
    keep(store, { key, stamp }, burial, content.body)
    store.bodies.delete(text)
    return 'done'
  }
  const found = await locate(store, id)
  if (found?.state === 'dead') return reburyOne(store, found.key, burial)
  if (found === undefined || found.state === 'done') return 'absent'
  const { key, stamp } = found
  const to = unused(readMovement(store.folder, key), stampAfter(store, 60), 1)
  if (!restamp(store.folder, key, stamp, to)) return 'absent'
  const content = contentOf(store, { key, stamp, epoch }, to, { id, token: '' })
  keep(store, { key, stamp: to }, { ...burial, id: content.id }, content.body)
  return 'done'
}

/** A second burial gives another reason, and never fewer attempts. */
function reburyOne(
  store: Store,
  key: string,
  { attempts, reason, record }: Burial,
): HeldAnswer | 'absent' {
  const known = readDead(store, key)
  if (known === undefined) return 'absent'
  const { record: _, ...rest } = known
  writeDead(store, key, {
    ...rest,
    reason,
    attempts: Math.max(known.attempts, attempts ?? 0),
    ...(record !== undefined && { record }),
  })
  return 'done'
}

/** Writes a claimed task among the dead and removes it from the living. */
function keep(store: Store, { key, stamp }: TaskName, burial: Burial, body: string): void {
  const { folder } = store
  const { id, reason, record, attempts = 0 } = burial
  writeDead(store, key, {
    id,
    attempts: Math.max(attempts, readAttempts(folder, key)),
    reason,
    ...(record !== undefined && { record }),
    body,
    stamps: futureStamps(store, key),
  })
  drop(store, key, stamp)
}

/** Puts a file that cannot be read out of the way, as it lies, and says among the dead why. */
export function quarantine(
  store: Store,
  { key, stamp }: TaskName,
  fault: string,
  text: string,
): void {
  const { folder } = store
  const name = nameOf(key, stamp)
  const reason = `unreadable: its file in the queue is ${fault}; the file lies in ${folder.quarantine}`
  writeDead(store, key, {
    id: key,
    attempts: readAttempts(folder, key),
    reason,
    body: text,
    stamps: [],
  })
  moved(join(folder.queue, name), join(folder.quarantine, name))
  drop(store, key, stamp)
}

/** Makes a dead task ready again, with no attempts charged. */
export function reviveDead(store: Store, key: string): IdAnswer {
  const { folder } = store
  const path = pathOf(store, key)
  const dead = readDead(store, key)
  if (dead === undefined) return 'absent'
  const stamp = unused(dead.stamps, secondsNow(store), -1)
  const temp = join(folder.temp, uniqueName())
  writeNew(temp, seal(dead.body, dead.id, key), folder.durable)
  // Away under another name first: one only may revive it, and who leases the new file must not find it dead.
  const reviving = `${path}.reviving`
  if (!moved(path, reviving)) {
    removed(temp)
    return 'absent'
  }
  const stamps = [...dead.stamps, stamp]
  writeWhole(folder, notesPath(folder, key), stamps.map(one => `${nameOf(key, one)}\n`).join(''))
  renameSync(temp, taskPath(folder, key, stamp))
  if (folder.durable) syncFolder(folder.queue)
  removed(reviving)
  store.window.add({ key, stamp })
  return 'done'
}

/** Takes a leased task from its holder. */
export function reviveLeased(store: Store, { key, stamp }: TaskName): IdAnswer {
  const to = unused(readMovement(store.folder, key), secondsNow(store), -1)
  if (!restamp(store.folder, key, stamp, to)) return 'absent'
  noteName(store.folder, key, to)
  store.window.add({ key, stamp: to })
  return 'done'
}

/** The dead task of a key. */
export function readDead(store: Store, key: string): DeadTask | undefined {
  return parseDead(textOf(pathOf(store, key)))
}

/** The stamps of a task that could still be in somebody's hands. */
export function futureStamps(store: Store, key: string): readonly number[] {
  const now = secondsNow(store)
  return readMovement(store.folder, key).filter(stamp => stamp > now)
}

function writeDead(store: Store, key: string, dead: DeadTask): void {
  writeWhole(store.folder, pathOf(store, key), JSON.stringify(dead))
}

function pathOf({ folder }: Store, key: string): string {
  return join(folder.dead, `${key}.json`)
}

function parseDead(text: string | undefined): DeadTask | undefined {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as DeadTask
  } catch {
    // Written as a whole or not at all by us; what somebody else put there is left alone.
    return undefined
  }
}
