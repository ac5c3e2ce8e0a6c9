import type { Held, HeldAnswer, Lease, LeaseRequest } from '../../queue/driver.ts'
import { fitting } from '../fitting.ts'
import { limits } from '../local-limits.ts'
import { Groups } from './groups.ts'
import { beat } from './pulse.ts'
import type { HotStatements } from './statements.ts'
import { readToken, writeToken } from './token.ts'

/** Lends what is first in line; `now` here and below is queue time in milliseconds. */
export function lease(hot: HotStatements, request: LeaseRequest, now: number): readonly Lease[] {
  wake(hot, now)
  const rows = firstReady(hot, request.max)
  const last = rows.at(-1)
  if (last === undefined) return []
  const number = Number(hot.nextToken.get()?.['last_token'])
  hot.hold.run(number, until(now, request.seconds), request.worker.id, rows.length)
  const [lastRank, lastSeq] = last
  hot.dropFirst.run(lastRank, lastSeq)
  tally(hot, { ready: -rows.length, held: rows.length })
  return rows.map(([rank, seq, id, body, attempts, deliveries]) => ({
    id,
    token: writeToken({ lease: number, seq }, id),
    body,
    headers: rank === 0 ? {} : { priority: -rank },
    attempts,
    deliveries: deliveries + 1,
  }))
}

type ReadyRow = readonly [
  rank: number,
  seq: number,
  id: string,
  body: string,
  attempts: number,
  deliveries: number,
]

/**
 * The next rows in line, of as many bytes as one call may bring. Rows are looked at one by one
 * only where some body is so large that it matters: that takes half as long again.
 */
function firstReady(hot: HotStatements, max: number): readonly ReadyRow[] {
  const largest = Number(hot.largestBody.get()?.['largest_body'])
  if (largest * max <= limits.batchBytes)
    return hot.firstReady.all(max) as unknown as readonly ReadyRow[]
  const rows = hot.firstReady.iterate(max) as unknown as Iterable<ReadyRow>
  return fitting(rows, ([, , , body]) => Buffer.byteLength(body), limits.batchBytes)
}

/** Moves the ends of leases; those that are over or another's are lost. */
export function extend(
  hot: HotStatements,
  leases: readonly Held[],
  seconds: number,
  now: number,
): readonly HeldAnswer[] {
  return leases.map(held => {
    const known = readToken(held)
    if (known === undefined) return 'lost'
    const { seq, lease } = known
    const { changes } = hot.extend.run(until(now, seconds), held.attempts ?? 0, seq, lease, now)
    return changes === 1 ? 'done' : 'lost'
  })
}

/** Gives leases back, to be had again after the delay. */
export function release(
  hot: HotStatements,
  leases: readonly Held[],
  delaySeconds: number,
  now: number,
): readonly HeldAnswer[] {
  let released = 0
  const answers = leases.map((held): HeldAnswer => {
    const taken = takeBack(hot, held, now)
    if (taken === undefined) return 'lost'
    const { seq, attempts } = taken
    const deliveries = taken.deliveries - (taken.isCharged ? 0 : 1)
    if (delaySeconds > 0) hot.delay.run(seq, until(now, delaySeconds), attempts, deliveries)
    else lineUp(hot, seq, attempts, deliveries)
    released += 1
    return 'done'
  })
  tally(hot, { held: -released, [delaySeconds > 0 ? 'delayed' : 'ready']: released })
  return answers
}

/** Finishes tasks, with a record where one is given. */
export function finish(
  hot: HotStatements,
  leases: readonly Finishing[],
  now: number,
): readonly HeldAnswer[] {
  const seqs = new Set<number>()
  const groups = new Groups()
  const again: { readonly at: number; readonly lease: Finishing }[] = []
  const named = leases.map((lease, at) => {
    const token = readToken(lease)
    if (token === undefined) return undefined
    if (seqs.has(token.seq)) {
      again.push({ at, lease })
      return undefined
    }
    seqs.add(token.seq)
    groups.add(token, lease)
    return token.seq
  })
  const done = finishGroups(hot, groups, seqs.size, now)
  const answers = named.map((seq): HeldAnswer => (seq !== undefined && done(seq) ? 'done' : 'lost'))
  if (again.length === 0) return answers
  // A task named twice, perhaps under an old and a new token: each is judged, the second after the first.
  const later = finish(
    hot,
    again.map(({ lease }) => lease),
    now,
  )
  for (const [index, { at }] of again.entries()) answers[at] = later[index] ?? 'lost'
  return answers
}

type Finishing = Held & { readonly record?: string }

/** Finishes what the groups name, each task once and `count` in all; tells which it did. */
function finishGroups(
  hot: HotStatements,
  groups: Groups,
  count: number,
  now: number,
): (seq: number) => boolean {
  let finished = 0
  let last = 0
  for (const { lease, attempts, records } of groups) {
    const { changes, lastInsertRowid } = hot.finish.run(`{${records}}`, attempts, lease, now)
    finished += Number(changes)
    if (changes > 0) last = Number(lastInsertRowid)
  }
  if (finished === 0) return () => false
  const before = last - finished
  hot.dropFinished.run(before)
  tally(hot, { held: -finished, done: finished })
  beat(hot, finished, now)
  if (finished === count) return () => true
  const seqs = new Set(hot.finishedAfter.all(before).map(({ seq }) => seq))
  return seq => seqs.has(seq)
}

/** Takes a lease from its holder if the token is still good. */
export function takeBack(hot: HotStatements, held: Held, now: number) {
  const known = readToken(held)
  const row = known === undefined ? undefined : hot.takeBack.get(known.seq, known.lease, now)
  if (known === undefined || row === undefined) return undefined
  const { attempts = 0 } = held
  return {
    seq: known.seq,
    attempts: Math.max(Number(row['attempts']), attempts),
    isCharged: attempts > Number(row['attempts']),
    deliveries: Number(row['deliveries']),
    worker: String(row['worker']),
  }
}

/** Puts a task in line at the place its priority and age give it. */
export function lineUp(
  hot: HotStatements,
  seq: number,
  attempts: number,
  deliveries: number,
): void {
  const priority = Number(hot.priorityOf.get(seq)?.['priority'])
  hot.lineUp.run(-priority, seq, attempts, deliveries)
}

/** Puts back in line all that has slept its delay or outlived its lease. */
export function wake(hot: HotStatements, now: number): void {
  if (hot.anyDue.get(now) === undefined) return
  hot.lineUpSlept.run(now)
  hot.lineUpEnded.run(now)
  const slept = Number(hot.dropSlept.run(now).changes)
  const ended = Number(hot.dropEnded.run(now).changes)
  tally(hot, { ready: slept + ended, delayed: -slept, held: -ended })
}

/** Changes of the sizes of the tables; what is not named did not change. */
interface Change {
  readonly ready?: number
  readonly delayed?: number
  readonly held?: number
  readonly dead?: number
  readonly done?: number
}

/** Keeps `tally` true; whatever moves a task says so here in the same transaction. */
export function tally(hot: HotStatements, change: Change): void {
  const { ready = 0, delayed = 0, held = 0, dead = 0, done = 0 } = change
  hot.addToTally.run(ready, delayed, held, dead, done)
}

/** Queue time so many seconds from now. */
export function until(now: number, seconds: number): number {
  return now + Math.ceil(seconds * 1000)
}
