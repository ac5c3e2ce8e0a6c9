import type { Held, HeldAnswer } from '../../queue/driver.ts'
import { forgetAttempts, readAttempts } from './attempts.ts'
import { unseal } from './body.ts'
import { tally } from './counters.ts'
import type { DoneTask } from './done-book.ts'
import { notesPath, removed, taskPath, textOf } from './folder.ts'
import { claim, eachHeld, unclaim } from './hold.ts'
import type { Token } from './names.ts'
import type { HeldBody, Store } from './store.ts'
import { secondsNow } from './store.ts'

/** A lease that is finished, with what is to be recorded of it. */
type Finished = Held & { readonly record?: string }

/**
 * Finishes tasks: takes each file so that nobody else can, writes what is done and only then removes
 * the file. A crash between two steps brings the task back, and whoever leases it sees that it is done.
 */
export async function finish(
  store: Store,
  items: readonly Finished[],
): Promise<readonly HeldAnswer[]> {
  const answers: HeldAnswer[] = []
  for (let from = 0; from < items.length; from += finishedAtOnce)
    answers.push(...(await finishSome(store, items.slice(from, from + finishedAtOnce))))
  return answers
}

/** Few enough that the claims of all outlast the work on all, also on a slow file system. */
const finishedAtOnce = 250

async function finishSome(
  store: Store,
  items: readonly Finished[],
): Promise<readonly HeldAnswer[]> {
  const claimed: Claimed[] = []
  const answers = await eachHeld(store, items, (token, item) => {
    const stamp = claim(store, token)
    if (stamp === undefined) return false
    claimed.push({ token, stamp, item })
    return true
  })
  // A process that was stopped since then may find others at work on what it claimed.
  const now = secondsNow(store)
  const ours = claimed.filter(({ stamp }) => stamp > now)
  if (ours.length === 0) return answers.map(() => 'lost')
  try {
    write(store, ours)
  } catch (error) {
    // A disk that is full or fails: the outcomes are not lost as long as their tasks stay with us.
    for (const { token, stamp } of ours) unclaim(store, token, stamp)
    throw error
  }
  if (ours.length === claimed.length) return answers
  const late = new Set<Held>(claimed.flatMap(one => (ours.includes(one) ? [] : [one.item])))
  return answers.map((answer, at) => (late.has(items[at] as Held) ? 'lost' : answer))
}

/** Records what is claimed and removes it. */
function write(store: Store, claimed: readonly Claimed[]): void {
  const contents = claimed.map(one => contentOf(store, one.token, one.stamp, one.item))
  const now = store.clock.now()
  store.done.write(claimed.map((one, at) => doneTask(store, one, contents[at] as HeldBody, now)))
  // At once: a crash during the removals must not take it from the count.
  tally(store, claimed.length)
  for (const [at, { token, stamp, item }] of claimed.entries()) {
    drop(store, token.key, stamp, contents[at]?.isCharged)
    store.bodies.delete(item.token)
  }
}

/** Removes a claimed file and all that was noted of its task. */
export function drop({ folder }: Store, key: string, stamp: number, isCharged = true): void {
  removed(taskPath(folder, key, stamp))
  removed(notesPath(folder, key))
  if (isCharged) forgetAttempts(folder, key)
}

/** What a claimed file says: known where this process leased it, else read. */
export function contentOf(
  { bodies, folder }: Store,
  { key }: Token,
  stamp: number,
  { id, token }: Held,
): HeldBody {
  const known = bodies.get(token)
  if (known !== undefined) return known
  const text = textOf(taskPath(folder, key, stamp)) ?? ''
  return { ...(unseal(text, key) ?? { id, body: text }), isCharged: true }
}

interface Claimed {
  readonly token: Token
  readonly stamp: number
  readonly item: Finished
}

function doneTask(
  { folder }: Store,
  { token: { key }, item }: Claimed,
  { id, body, worker, isCharged }: HeldBody,
  at: number,
): DoneTask {
  const attempts = Math.max(item.attempts ?? 0, isCharged ? readAttempts(folder, key) : 0)
  const { record } = item
  const optional = {
    ...(worker !== undefined && { worker }),
    ...(record !== undefined && { record }),
  }
  // The key comes first: readers look for it there.
  return { key, id, attempts, at, body, ...optional }
}
