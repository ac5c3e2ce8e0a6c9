import { closeSync, fsync, openSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InsertAnswer, Message } from '../../queue/driver.ts'
import { TaskqError } from '../../queue/errors.ts'
import { seal } from './body.ts'
import { countInserted } from './counters.ts'
import { codeOf, removed, syncFolder, uniqueName, whereThere, writeFully } from './folder.ts'
import { pastOf, readMovement, unused } from './movement.ts'
import { keyOf, nameOf } from './names.ts'
import { Pace } from './pace.ts'
import { eachTask } from './scan.ts'
import { deadKeys, folderTime, type Store, stampAfter } from './store.ts'

/**
 * Inserts each task once: its movement file, made by whoever comes first, is the claim to its key.
 * The task's file is written beside the queue and renamed into it when it is whole, for Python ends
 * on what it cannot read there.
 */
export async function insert(
  store: Store,
  messages: readonly Message[],
): Promise<readonly InsertAnswer[]> {
  for (const message of messages) refusePriority(store, message)
  const answers: InsertAnswer[] = messages.map(() => 'present')
  const claimed: Pending[] = []
  const contested: Pending[] = []
  const keys = new Set<string>()
  const pace = new Pace()
  for (const [at, message] of messages.entries()) {
    const one = pendingOf(store, message, at)
    if (keys.has(one.key)) continue
    keys.add(one.key)
    ;(isClaimed(store, one) ? claimed : contested).push(one)
    await pace.breathe()
  }
  const bring = async (pending: readonly Pending[]) => {
    // After the claims: a worker notes a task as finished before it gives up the movement file.
    const fresh = withoutKnown(store, pending)
    await write(store, fresh)
    for (const { at } of fresh) answers[at] = 'new'
    await countInserted(store, fresh.length)
  }
  // First what is ours: two inserters that wait for each other's tasks would wait in vain.
  await bring(claimed)
  await bring(await abandoned(store, contested))
  return answers
}

interface Pending {
  readonly at: number
  readonly message: Message
  readonly key: string
  readonly name: string
  readonly temp: string
  readonly isDelayed: boolean
}

function pendingOf(store: Store, message: Message, at: number): Pending {
  const { id, headers: { delaySeconds = 0 } = {} } = message
  const key = keyOf(id)
  const stamp =
    delaySeconds > 0 ? unused(pastOf(store.folder, key), stampAfter(store, delaySeconds), 1) : 0
  const name = nameOf(key, stamp)
  const temp = join(store.folder.temp, uniqueName())
  return { at, message, key, name, temp, isDelayed: delaySeconds > 0 }
}

function isClaimed({ folder }: Store, { key, name }: Pending): boolean {
  try {
    const file = openSync(join(folder.movement, key), 'wx', 0o666)
    try {
      writeFully(file, `${name}\n`)
    } finally {
      closeSync(file)
    }
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** A claim this old whose task never came belongs to an inserter that died: a batch takes far less. */
const abandonedSeconds = 30

/** Of the tasks that others have claimed, those that never came: they are inserted now. */
async function abandoned(store: Store, contested: readonly Pending[]): Promise<readonly Pending[]> {
  if (contested.length === 0) return []
  const { folder, clock } = store
  let absent = await withoutFile(store, contested)
  const taken: Pending[] = []
  while (absent.length > 0) {
    const now = folderTime(store)
    for (const one of absent) {
      const path = join(folder.movement, one.key)
      const claimedAt = whereThere(() => statSync(path).mtimeMs)
      const isOld = claimedAt !== undefined && now - claimedAt > abandonedSeconds * 1000
      if (isOld) writeFileSync(path, `${one.name}\n`)
      if (isOld || (claimedAt === undefined && isClaimed(store, one))) taken.push(one)
    }
    absent = await withoutFile(
      store,
      absent.filter(one => !taken.includes(one)),
    )
    if (absent.length > 0) await clock.sleep(100)
  }
  return taken
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
    stamp => whereThere(() => statSync(join(folder.queue, nameOf(key, stamp)))) !== undefined,
  )
}

function withoutKnown(store: Store, pending: readonly Pending[]): readonly Pending[] {
  if (pending.length === 0) return []
  store.done.refresh()
  const dead = new Set(deadKeys(store))
  return pending.filter(({ key }) => {
    if (!store.done.has(key) && !dead.has(key)) return true
    removed(join(store.folder.movement, key))
    return false
  })
}

async function write(store: Store, pending: readonly Pending[]): Promise<void> {
  const { folder } = store
  const pace = new Pace()
  for (const { temp, message, key } of pending) {
    writeFileSync(temp, seal(message.body, message.id, key), { flag: 'wx' })
    if (!folder.durable) await pace.breathe()
  }
  if (folder.durable) await syncFiles(pending.map(({ temp }) => temp))
  for (const { temp, name, key, isDelayed } of pending) {
    renameSync(temp, join(folder.queue, name))
    if (!isDelayed) store.window.add({ key, stamp: 0 })
    await pace.breathe()
  }
  if (folder.durable && pending.length > 0) {
    syncFolder(folder.movement)
    syncFolder(folder.queue)
  }
}

/** Several at a time: the disk makes one journal entry of what is asked for together. */
async function syncFiles(paths: readonly string[]): Promise<void> {
  let next = 0
  const worker = async () => {
    for (let at = next++; at < paths.length; at = next++) await syncFile(paths[at] as string)
  }
  await Promise.all(Array.from({ length: 4 }, worker))
}

async function syncFile(path: string): Promise<void> {
  const file = openSync(path, 'r')
  try {
    await new Promise<void>((resolve, reject) => {
      fsync(file, error => (error === null ? resolve() : reject(error)))
    })
  } finally {
    closeSync(file)
  }
}

function refusePriority({ url }: Store, { id, headers }: Message): void {
  const { priority = 0 } = headers ?? {}
  if (priority === 0) return
  throw new TaskqError(
    'unsupported',
    `${url} has no order: task ${JSON.stringify(id)} cannot have priority ${priority}. Leave the priority out, or use a queue such as sqlite:queue.db.`,
  )
}
