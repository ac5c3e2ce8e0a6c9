import { setImmediate } from 'node:timers/promises'
import type { Lease, TaskState } from '../../queue/driver.ts'
import { pagesOf } from '../../queue/pages.ts'
import { piecesOf } from '../pieces.ts'
import { ofLease, ofView } from './carry.ts'
import { wantedOf } from './copy.ts'
import { batchOf, deliver, type Moving } from './deliver.ts'
import { markOf } from './journal.ts'

/** What else than waiting tasks is to be moved. */
export interface Wanted {
  readonly dead: boolean
  /** Taken from whoever holds them. */
  readonly leased: boolean
}

/** So long nobody else gets what is being moved, should the move be killed. */
const leaseSeconds = 120

/** A store that cannot count is empty when it gave nothing for so long: it may hide what it has for a while. */
const quietSeconds = 10

/** A delayed task cannot be borrowed; one that is due this soon is waited for and borrowed then. */
const nearSeconds = 20

/**
 * Moves what waits: it is borrowed, so that no worker begins it, brought to the destination, and only
 * then removed. What a move that was killed had borrowed is taken up again by the next.
 */
export async function moveTasks(moving: Moving, { dead, leased }: Wanted): Promise<void> {
  const { from, shell } = moving
  const kept: Lease[] = []
  try {
    if (from.driver.tasks === undefined) return await borrowAll(moving, kept)
    await takeUp(moving, leased)
    await borrowAll(moving, kept)
    const nearest = await moveDelayed(moving)
    if (dead) await moveDead(moving)
    if (nearest === undefined) return
    await shell.clock.sleep(nearest * 1000, shell.signal)
    await borrowAll(moving, kept)
  } finally {
    await from.release(kept)
  }
}

/** Who borrows: known by this, a move that was killed is gone on with. */
function moverOf({ to }: Moving): string {
  return `taskq mv to ${to.url.slice(-250).toWellFormed()}`
}

/** Takes leased tasks from those who hold them: all, or only a move to the same queue that was cut off. */
async function takeUp(moving: Moving, all: boolean): Promise<void> {
  const { from, shell } = moving
  const mover = moverOf(moving)
  for await (const page of pagesOf(from, { states: ['leased'], signal: shell.signal })) {
    const ours = page.filter(({ worker }) => all || worker === mover)
    await from.tasks.revive(
      ours.map(({ id }) => id),
      'leased',
    )
  }
}

/** Moves what is ready until nothing is; what cannot be carried is `kept` borrowed meanwhile. */
async function borrowAll(moving: Moving, kept: Lease[]): Promise<void> {
  const { from, shell } = moving
  const { limits, tasks } = from.driver
  const { clock, signal } = shell
  const request = {
    ...{ max: batchOf(moving), seconds: Math.min(leaseSeconds, limits.leaseSeconds), signal },
    worker: { id: moverOf(moving) },
    // Stores with few messages may hide them from who does not wait.
    waitSeconds: tasks === undefined ? Math.min(limits.waitSeconds, limits.settleSeconds + 1) : 0,
  }
  const known = new Set(kept.map(({ id }) => id))
  let giveUpAt: number | undefined
  for (;;) {
    signal.throwIfAborted()
    const leases = await from.lease(request)
    if (leases.length === 0) {
      if (tasks !== undefined) return
      const { ready } = await from.counts()
      const patienceSeconds = ready === undefined ? quietSeconds : limits.settleSeconds
      giveUpAt ??= clock.monotonic() + patienceSeconds * 1000
      if (ready === 0 || clock.monotonic() >= giveUpAt) return
      continue
    }
    giveUpAt = undefined
    const fresh = leases.filter(({ id }) => !known.has(id))
    const arrived = await deliver(moving, fresh.map(ofLease)).catch(async (error: unknown) => {
      kept.push(...(await notArrived(moving, fresh)))
      throw error
    })
    await removeBorrowed(
      moving,
      leases.filter(({ id }) => arrived.has(id)),
    )
    for (const lease of leases)
      if (!arrived.has(lease.id)) {
        known.add(lease.id)
        kept.push(lease)
      }
    // SQLite answers without leaving the thread: let a signal be heard.
    await setImmediate()
  }
}

/** Of what was under way when the destination failed, that which it surely has not got: workers may have it. */
async function notArrived({ to }: Moving, leases: readonly Lease[]): Promise<readonly Lease[]> {
  if (to.driver.tasks === undefined) return []
  // One that does not answer may have them all: they stay borrowed for the next move, or come back later.
  const there = await to.tasks.has(leases.map(({ id }) => id)).catch(() => undefined)
  return there === undefined ? [] : leases.filter((_, at) => there[at] === false)
}

/** Removes what arrived, unless somebody else got hold of it, which only a very slow move lets happen. */
async function removeBorrowed(moving: Moving, leases: readonly Lease[]): Promise<void> {
  const { from, journal, tally } = moving
  if (leases.length === 0) return
  // A desk's remove asks for no lease, and complete would keep the id from ever coming back.
  const answers =
    from.driver.tasks === undefined
      ? await from.complete(leases)
      : await from.extend(leases, Math.min(leaseSeconds, from.driver.limits.leaseSeconds))
  const ours = leases.filter((_, at) => answers[at] === 'done')
  if (from.driver.tasks !== undefined) await from.tasks.remove(ours.map(({ id }) => id))
  tally.removed += ours.length
  tally.both += leases.length - ours.length
  if (ours.length > 0) await journal?.forget(ours.map(markOf))
}

/** Moves what is due later; answers the seconds until those that are due soon can be borrowed. */
async function moveDelayed(moving: Moving): Promise<number | undefined> {
  const { from, shell } = moving
  let nearest: number | undefined
  for await (const page of pagesOf(from, { states: ['delayed'], signal: shell.signal }))
    for (const piece of piecesOf(page, batchOf(moving))) {
      const far = piece.filter(({ secondsLeft = 0 }) => secondsLeft > nearSeconds)
      for (const { secondsLeft = 0 } of piece)
        if (secondsLeft <= nearSeconds) nearest = Math.max(nearest ?? 0, secondsLeft)
      const arrived = await deliver(moving, far.map(ofView))
      await removeListed(moving, [...arrived], 'delayed')
    }
  return nearest
}

async function moveDead(moving: Moving): Promise<void> {
  const { from, shell, tally } = moving
  for await (const page of pagesOf(from, { states: ['dead'], signal: shell.signal }))
    for (const piece of piecesOf(page, batchOf(moving))) {
      const arrived = await deliver(moving, wantedOf(tally, piece).map(ofView))
      await removeListed(moving, [...arrived], 'dead')
    }
}

/** Removes what arrived and is still as it was listed: what a worker has meanwhile is left to it. */
async function removeListed(
  { from, journal, tally }: Moving,
  ids: readonly string[],
  state: TaskState,
): Promise<void> {
  const there = (await from.tasks.get(ids)).filter(view => view.state === state)
  await from.tasks.remove(there.map(({ id }) => id))
  tally.removed += there.length
  tally.both += ids.length - there.length
  if (there.length > 0) await journal?.forget(there.map(markOf))
}
