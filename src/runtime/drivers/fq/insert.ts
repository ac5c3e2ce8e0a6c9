import { closeSync, fsync, openSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InsertAnswer, Message } from '../../queue/driver.ts'
import { TaskqError } from '../../queue/errors.ts'
import { seal } from './body.ts'
import { Breather } from './breather.ts'
import { abandoned, isClaimed, type Pending, stillClaimed, unclaim } from './claims.ts'
import { countInserted } from './counters.ts'
import { removed, syncFolder, taskPath, uniqueName } from './folder.ts'
import { type Movement, unused } from './movement.ts'
import { keyOf, nameOf } from './names.ts'
import { deadKeys, type Store, secondsNow, stampAfter } from './store.ts'

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
  const round: Round = { store, open: new Set(), claimedAt: store.clock.monotonic() }
  try {
    const { claimed, contested } = await claim(round, messages)
    // First what is ours: two inserters that wait for each other's tasks would wait in vain.
    for (const { at } of await bring(round, claimed)) answers[at] = 'new'
    for await (const taken of abandoned(store, contested)) {
      for (const one of taken) round.open.add(one)
      const later = { ...round, claimedAt: store.clock.monotonic() }
      for (const { at } of await bring(later, taken)) answers[at] = 'new'
    }
  } catch (error) {
    unclaim(store, round.open)
    throw error
  }
  return answers
}

interface Round {
  readonly store: Store
  /** What is claimed and has not come yet. */
  readonly open: Set<Pending>
  /** Before the first claim, on the monotonic clock. */
  readonly claimedAt: number
}

async function claim({ store, open }: Round, messages: readonly Message[]) {
  const past = store.past.read(secondsNow(store))
  const claimed: Pending[] = []
  const contested: Pending[] = []
  const keys = new Set<string>()
  const breather = new Breather()
  for (const [at, message] of messages.entries()) {
    const key = keyOf(message.id)
    if (keys.has(key)) continue
    keys.add(key)
    const one = pendingOf(store, message, at, past.get(key) ?? [])
    if (isClaimed(store, one)) {
      open.add(one)
      claimed.push(one)
    } else contested.push(one)
    await breather.breathe()
  }
  return { claimed, contested }
}

/** `had`: stamps that the task had before it was removed. With none it is one that was never leased. */
function pendingOf(store: Store, message: Message, at: number, had: Movement): Pending {
  const { id, headers: { delaySeconds = 0 } = {} } = message
  const key = keyOf(id)
  const isDelayed = delaySeconds > 0
  const again = had.length === 0 ? 0 : unused(had, secondsNow(store), -1)
  const stamp = isDelayed ? unused(had, stampAfter(store, delaySeconds), 1) : again
  // Twice where it is not the first: else it would read as a lease.
  const stamps = [...had, ...(isDelayed && had.length > 0 ? [stamp] : []), stamp]
  const notes = stamps.map(one => `${nameOf(key, one)}\n`).join('')
  return { at, message, key, stamp, isDelayed, notes, temp: join(store.folder.temp, uniqueName()) }
}

/** Writes claimed tasks; answers those that were not known. */
async function bring(round: Round, pending: readonly Pending[]): Promise<readonly Pending[]> {
  if (pending.length === 0) return []
  const { store } = round
  // After the claims: a worker notes a task as finished before it gives up the movement file.
  const fresh = withoutKnown(round, pending)
  const brought = await write(round, fresh)
  await countInserted(store, brought.length)
  return brought
}

function withoutKnown({ store, open }: Round, pending: readonly Pending[]): readonly Pending[] {
  store.done.refresh()
  const dead = new Set(deadKeys(store))
  const known = pending.filter(({ key }) => store.done.has(key) || dead.has(key))
  unclaim(store, known)
  for (const one of known) open.delete(one)
  return known.length === 0 ? pending : pending.filter(one => !known.includes(one))
}

async function write(
  { store, open, claimedAt }: Round,
  pending: readonly Pending[],
): Promise<readonly Pending[]> {
  const { folder } = store
  const breather = new Breather()
  for (const { temp, message, key } of pending) {
    writeFileSync(temp, seal(message.body, message.id, key), { flag: 'wx' })
    if (!folder.durable) await breather.breathe()
  }
  if (folder.durable) await syncFiles(pending.map(({ temp }) => temp))
  const ours = await stillClaimed(store, pending, claimedAt)
  for (const one of ours) {
    const { temp, key, stamp, isDelayed } = one
    // Before: when the answer of the rename is lost, the task may be there.
    open.delete(one)
    renameSync(temp, taskPath(folder, key, stamp))
    if (!isDelayed) store.window.add({ key, stamp })
    await breather.breathe()
  }
  if (ours.length < pending.length) for (const { temp } of pending) removed(temp)
  for (const one of pending) open.delete(one)
  if (folder.durable && ours.length > 0) {
    syncFolder(folder.movement)
    syncFolder(folder.queue)
  }
  return ours
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
