import { lstatSync, lutimesSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Burial, HeldAnswer, IdAnswer } from '../../queue/driver.ts'
import { readAttempts } from './attempts.ts'
import { seal } from './body.ts'
import { Breather } from './breather.ts'
import { locate, locateAll } from './find.ts'
import { contentOf, drop } from './finish.ts'
import {
  filesIn,
  moved,
  notesPath,
  removed,
  restamp,
  syncFolder,
  taskPath,
  textOf,
  uniqueName,
  whereThere,
  writeNew,
  writeWhole,
} from './folder.ts'
import { claim, tokenOf } from './hold.ts'
import { noteName, readMovement, unused } from './movement.ts'
import { nameOf, type TaskName } from './names.ts'
import { epochOf, folderTime, restSeconds, type Store, secondsNow, stampAfter } from './store.ts'

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
  const breather = new Breather()
  const answers: (HeldAnswer | 'absent')[] = []
  for (const burial of burials) {
    answers.push(await buryOne(store, burial, epoch))
    await breather.breathe()
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
  const reviving = `${path}${revivingEnd}`
  // Who mends what was cut off must see that this is not: a renamed file keeps its time.
  const { mtime } = statSync(temp)
  whereThere(() => lutimesSync(path, mtime, mtime))
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

const revivingEnd = '.reviving'

/** Ends the revivals that a crash cut off: tasks that have not come back are dead again. */
export async function mendRevivals(store: Store): Promise<void> {
  if (!filesIn(store.folder.dead).some(file => file.endsWith(revivingEnd))) return
  const halves = halfRevived(store, folderTime(store) - restSeconds * 1000)
  const found = await locateAll(
    store,
    halves.map(({ key }) => key),
  )
  for (const [at, { file }] of halves.entries()) endRevival(store, file, found[at] !== undefined)
}

/** Dead tasks whose revival began before `oldest`, by the clock of the file system, and never ended. */
export function halfRevived(
  { folder }: Store,
  oldest: number,
): readonly { readonly key: string; readonly file: string }[] {
  return filesIn(folder.dead).flatMap(file => {
    if (!file.endsWith(`.json${revivingEnd}`)) return []
    const info = whereThere(() => lstatSync(join(folder.dead, file)))
    if (info === undefined || info.mtimeMs >= oldest) return []
    return [{ key: file.slice(0, -`.json${revivingEnd}`.length), file }]
  })
}

/** Forgets that a task was dead where it is alive again; otherwise it is dead as before. */
export function endRevival({ folder }: Store, file: string, isAlive: boolean): boolean {
  const path = join(folder.dead, file)
  return isAlive ? removed(path) : moved(path, path.slice(0, -revivingEnd.length))
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
    const dead: unknown = JSON.parse(text)
    return isDeadTask(dead) ? dead : undefined
  } catch {
    // Written as a whole or not at all by us; what somebody else put there is left alone.
    return undefined
  }
}

function isDeadTask(dead: unknown): dead is DeadTask {
  if (typeof dead !== 'object' || dead === null) return false
  const { id, attempts, reason, record, body, stamps } = dead as Readonly<Record<string, unknown>>
  return (
    [id, reason, body, record ?? ''].every(one => typeof one === 'string') &&
    Number.isInteger(attempts) &&
    Array.isArray(stamps) &&
    stamps.every(stamp => Number.isInteger(stamp))
  )
}
