import type { Held, HeldAnswer } from '../../queue/driver.ts'
import { chargeAttempts } from './attempts.ts'
import { Breather } from './breather.ts'
import { restamp } from './folder.ts'
import {
  follow,
  type Movement,
  noteDelay,
  noteExtension,
  noteName,
  readMovement,
  unused,
} from './movement.ts'
import { isKeyOf, nameOf, readToken, type Token } from './names.ts'
import { epochOf, type Store, secondsNow, stampAfter } from './store.ts'

/** Moves the end of each lease; its file gets another name, and the movement tells that it is the same lease. */
export async function extend(
  store: Store,
  leases: readonly Held[],
  seconds: number,
): Promise<readonly HeldAnswer[]> {
  const { folder, bodies, kinds } = store
  return await eachHeld(store, leases, (token, { token: text, attempts }) => {
    const movement = readMovement(folder, token.key)
    const wanted = unused(movement, stampAfter(store, seconds), 1)
    const renamed = rename(store, token, wanted, movement)
    if (renamed === undefined) return false
    const { from, to } = renamed
    noteExtension(folder, token.key, from, to)
    kinds.set(nameOf(token.key, to), 'leased')
    chargeAttempts(folder, token.key, attempts)
    const held = bodies.get(text)
    if (held !== undefined && attempts !== undefined) held.isCharged = true
    return true
  })
}

/** Gives tasks back, at once or after a delay. */
export async function release(
  store: Store,
  leases: readonly Held[],
  delaySeconds: number,
): Promise<readonly HeldAnswer[]> {
  const { folder, bodies, kinds } = store
  return await eachHeld(store, leases, (token, { token: text, attempts }) => {
    const { key } = token
    const movement = readMovement(folder, key)
    const to =
      delaySeconds > 0
        ? unused(movement, stampAfter(store, delaySeconds), 1)
        : unused(movement, secondsNow(store), -1)
    if (attempts === undefined) {
      if (rename(store, token, to, movement) === undefined) return false
    } else {
      // Charged before the task is free, so that whoever leases it next knows, and only if it is ours.
      const from = claim(store, token)
      if (from === undefined) return false
      chargeAttempts(folder, key, attempts)
      if (!restamp(folder, key, from, to)) return false
    }
    if (delaySeconds > 0) {
      noteDelay(folder, key, to)
      kinds.set(nameOf(key, to), 'delayed')
    } else {
      noteName(folder, key, to)
      store.window.add({ key, stamp: to })
    }
    bodies.delete(text)
    return true
  })
}

/** Takes a held task's file for finishing it: nobody else can after that, and should this process die it comes back. */
export function claim(store: Store, token: Token): number | undefined {
  const to = stampAfter(store, finishingSeconds) + 1
  return rename(store, token, Math.max(to, token.stamp + 1))?.to
}

/** Takes a claim back, so that its holder still has the lease and can finish the task later. */
export function unclaim({ folder }: Store, { key, stamp }: Token, claimed: number): void {
  restamp(folder, key, claimed, follow(readMovement(folder, key), stamp))
}

/** How long a task stays away at least whose worker died while finishing it: a few hundred take far less. */
const finishingSeconds = 5

/** Acts on each lease that is of this life of the queue; answers in order. */
export async function eachHeld<Item extends Held>(
  store: Store,
  items: readonly Item[],
  act: (token: Token, item: Item) => boolean,
): Promise<readonly HeldAnswer[]> {
  const epoch = epochOf(store)
  const breather = new Breather()
  const answers: HeldAnswer[] = []
  for (const item of items) {
    const token = tokenOf(item, epoch)
    answers.push(token !== undefined && act(token, item) ? 'done' : 'lost')
    await breather.breathe()
  }
  return answers
}

/** The token of a lease, if it can be one of this life of the queue. */
export function tokenOf({ id, token: text }: Held, epoch: string): Token | undefined {
  const token = readToken(text)
  return token?.epoch === epoch && isKeyOf(token.key, id) ? token : undefined
}

/** Renames the file of a lease that still runs to another name; `undefined` when the lease is lost. */
function rename(
  store: Store,
  { key, stamp }: Token,
  to: number,
  movement?: Movement,
): { readonly from: number; readonly to: number } | undefined {
  const now = secondsNow(store)
  const move = (from: number) => {
    const other = from === to ? to + 1 : to
    return from > now && restamp(store.folder, key, from, other) ? { from, to: other } : undefined
  }
  if (movement !== undefined) return move(follow(movement, stamp))
  const renamed = move(stamp)
  if (renamed !== undefined) return renamed
  const current = follow(readMovement(store.folder, key), stamp)
  return current === stamp ? undefined : move(current)
}
