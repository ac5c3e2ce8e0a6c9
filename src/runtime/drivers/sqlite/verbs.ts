import type { Held, HeldAnswer, Lease, LeaseRequest } from '../../queue/driver.ts'
import { fitting } from '../fitting.ts'
import { limits } from '../local-limits.ts'
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
  hot.dropFirst.run(last.rank, last.seq)
  tally(hot, { ready: -rows.length, held: rows.length })
  return rows.map(({ seq, id, body, priority, attempts, deliveries }) => ({
    id,
    token: writeToken({ lease: number, seq }),
    body,
    headers: priority === 0 ? {} : { priority },
    attempts,
    deliveries: deliveries + 1,
  }))
}

interface ReadyRow {
  readonly rank: number
  readonly seq: number
  readonly id: string
  readonly body: string
  readonly priority: number
  readonly attempts: number
  readonly deliveries: number
}

/**
 * The next rows in line, of as many bytes as one call may bring. Rows are looked at one by one
 * only where some body is so large that it matters: that takes half as long again.
 */
function firstReady(hot: HotStatements, max: number): readonly ReadyRow[] {
  const largest = Number(hot.largestBody.get()?.['largest_body'])
  if (largest * max <= limits.batchBytes)
    return hot.firstReady.all(max) as unknown as readonly ReadyRow[]
  const rows = hot.firstReady.iterate(max) as unknown as Iterable<ReadyRow>
  return fitting(rows, ({ body }) => Buffer.byteLength(body), limits.batchBytes)
}

export function extend(
  hot: HotStatements,
  leases: readonly Held[],
  seconds: number,
  now: number,
): readonly HeldAnswer[] {
  return leases.map(({ id, token, attempts }) => {
    const known = readToken(token)
    if (known === undefined) return 'lost'
    const { changes } = hot.extend.run(
      until(now, seconds),
      attempts ?? 0,
      known.seq,
      known.lease,
      now,
      id,
    )
    return changes === 1 ? 'done' : 'lost'
  })
}

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
  const rows = new Map<number, string>()
  const again: { readonly at: number; readonly lease: Finishing }[] = []
  const seqs = leases.map((lease, at) => {
    const { id, attempts = 0, record } = lease
    const token = readToken(lease.token)
    if (token === undefined) return undefined
    if (rows.has(token.seq)) {
      again.push({ at, lease })
      return undefined
    }
    rows.set(token.seq, JSON.stringify([token.seq, token.lease, attempts, record, id]))
    return token.seq
  })
  const done = finishRows(hot, [...rows.values()], now)
  const answers = seqs.map((seq): HeldAnswer => (seq !== undefined && done(seq) ? 'done' : 'lost'))
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

/** Finishes what the rows name, each task once; tells which it did. */
function finishRows(
  hot: HotStatements,
  rows: readonly string[],
  now: number,
): (seq: number) => boolean {
  const { changes, lastInsertRowid } = hot.finish.run(`[${rows.join()}]`, now)
  const finished = Number(changes)
  if (finished === 0) return () => false
  const before = Number(lastInsertRowid) - finished
  hot.dropFinished.run(before)
  tally(hot, { held: -finished, done: finished })
  beat(hot, finished, now)
  if (finished === rows.length) return () => true
  const seqs = new Set(hot.finishedAfter.all(before).map(({ seq }) => seq))
  return seq => seqs.has(seq)
}

/** Takes a lease from its holder if the token is still good. */
export function takeBack(hot: HotStatements, { id, token, attempts }: Held, now: number) {
  const known = readToken(token)
  const row = known === undefined ? undefined : hot.takeBack.get(known.seq, known.lease, now, id)
  if (known === undefined || row === undefined) return undefined
  return {
    seq: known.seq,
    attempts: Math.max(Number(row['attempts']), attempts ?? 0),
    isCharged: (attempts ?? 0) > Number(row['attempts']),
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
