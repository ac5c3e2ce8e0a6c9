import { join } from 'node:path'
import type { Held, HeldAnswer } from '../../queue/driver.ts'
import { forgetAttempts, readAttempts } from './attempts.ts'
import { unseal } from './body.ts'
import { tally } from './counters.ts'
import type { DoneTask } from './done-book.ts'
import { removed, textOf } from './folder.ts'
import { claim, eachHeld } from './hold.ts'
import { nameOf, type Token } from './names.ts'
import type { HeldBody, Store } from './store.ts'

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
  if (claimed.length === 0) return answers
  const now = store.clock.now()
  store.done.write(claimed.map(one => doneTask(store, one, now)))
  // At once: a crash during the removals must not take it from the count.
  tally(store, claimed.length)
  for (const { token, stamp, item } of claimed) {
    drop(store, token.key, stamp)
    store.bodies.delete(item.token)
  }
  return answers
}

/** Removes a claimed file and all that was noted of its task. */
export function drop({ folder }: Store, key: string, stamp: number): void {
  removed(join(folder.queue, nameOf(key, stamp)))
  removed(join(folder.movement, key))
  forgetAttempts(folder, key)
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
  const text = textOf(join(folder.queue, nameOf(key, stamp))) ?? ''
  return unseal(text, key) ?? { id, body: text }
}

interface Claimed {
  readonly token: Token
  readonly stamp: number
  readonly item: Finished
}

function doneTask(store: Store, { token, stamp, item }: Claimed, at: number): DoneTask {
  const { id, body, worker } = contentOf(store, token, stamp, item)
  const attempts = Math.max(item.attempts ?? 0, readAttempts(store.folder, token.key))
  const { record } = item
  // The key comes first: readers look for it there.
  const optional = {
    ...(worker !== undefined && { worker }),
    ...(record !== undefined && { record }),
  }
  return { key: token.key, id, attempts, at, body, ...optional }
}
