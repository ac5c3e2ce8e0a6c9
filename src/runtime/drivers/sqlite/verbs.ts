import type {
  Held,
  HeldAnswer,
  InsertAnswer,
  Lease,
  LeaseRequest,
  Message,
} from '../../queue/driver.ts'
import { limits } from './limits.ts'
import { type HotStatements, tasksAtOnce } from './statements.ts'
import { readToken, writeToken } from './token.ts'

/** How many ended delays and leases one call puts back in line, so that no call takes for ever. */
const wakeAtOnce = 10_000

/** Adds messages; `now` here and below is queue time in milliseconds. */
export function insert(
  hot: HotStatements,
  messages: readonly Message[],
  now: number,
): readonly InsertAnswer[] {
  const before = Number(hot.lastTask.get()?.['seq'] ?? 0)
  const added = addTasks(hot, messages)
  const answers = added === messages.length ? undefined : whichAreNew(hot, messages, before)
  let delayed = 0
  if (messages.every(({ headers }) => (headers?.delaySeconds ?? 0) === 0)) hot.lineUpNew.run(before)
  else {
    const fresh = messages.filter((_, at) => answers?.[at] !== 'present')
    delayed = lineUpOneByOne(hot, fresh, before, now)
  }
  tally(hot, { ready: added - delayed, delayed })
  hot.noteBody.run(messages.reduce((most, { body }) => Math.max(most, body.length), 0))
  return answers ?? messages.map(() => 'new')
}

/** Lends what is first in line. */
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
 * The next rows in line, of as many characters as one call may bring. Rows are looked at one by one
 * only where some body is so large that it matters: that takes half as long again.
 */
function firstReady(hot: HotStatements, max: number): readonly ReadyRow[] {
  const largest = Number(hot.largestBody.get()?.['largest_body'])
  if (largest * max <= limits.batchBytes)
    return hot.firstReady.all(max) as unknown as readonly ReadyRow[]
  const rows: ReadyRow[] = []
  let characters = 0
  for (const row of hot.firstReady.iterate(max) as unknown as Iterable<ReadyRow>) {
    characters += row.body.length
    if (rows.length > 0 && characters > limits.batchBytes) break
    rows.push(row)
  }
  return rows
}

export function extend(
  hot: HotStatements,
  leases: readonly Held[],
  seconds: number,
  now: number,
): readonly HeldAnswer[] {
  return leases.map(({ token, attempts }) => {
    const known = readToken(token)
    if (known === undefined) return 'lost'
    const { changes } = hot.extend.run(
      until(now, seconds),
      attempts ?? null,
      known.seq,
      known.lease,
      now,
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
    const { seq, attempts, deliveries } = taken
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
  leases: readonly (Held & { readonly record?: string })[],
  now: number,
): readonly HeldAnswer[] {
  const tokens = leases.map(({ token }) => readToken(token))
  const rows = new Map<number, string>()
  leases.forEach(({ attempts, record }, at) => {
    const token = tokens[at]
    // A task named twice is finished by the first; the second finds its lease gone.
    if (token !== undefined && !rows.has(token.seq))
      rows.set(token.seq, JSON.stringify([token.seq, token.lease, attempts, record]))
  })
  const { changes, lastInsertRowid } = hot.finish.run(`[${[...rows.values()].join()}]`, now)
  const finished = Number(changes)
  if (finished === 0) return leases.map(() => 'lost')
  const before = Number(lastInsertRowid) - finished
  hot.dropFinished.run(before)
  tally(hot, { held: -finished, done: finished })
  if (finished === leases.length) return leases.map(() => 'done')
  const done = new Set(hot.finishedAfter.all(before).map(({ seq }) => seq as number))
  return tokens.map(token => (token !== undefined && done.delete(token.seq) ? 'done' : 'lost'))
}

/** Takes a lease from its holder if the token is still good. */
export function takeBack(hot: HotStatements, { token, attempts }: Held, now: number) {
  const known = readToken(token)
  const row = known === undefined ? undefined : hot.takeBack.get(known.seq, known.lease, now)
  if (known === undefined || row === undefined) return undefined
  return {
    seq: known.seq,
    attempts: attempts ?? Number(row['attempts']),
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

/** Puts back in line what has slept its delay or outlived its lease. */
export function wake(hot: HotStatements, now: number): void {
  const slept = hot.dueDelays.all(now, wakeAtOnce)
  const lost = hot.dueLeases.all(now, wakeAtOnce)
  for (const { seq } of slept) hot.endDelay.run(Number(seq))
  for (const { seq } of lost) hot.endLease.run(Number(seq))
  for (const { seq, attempts, deliveries, priority } of [...slept, ...lost])
    hot.lineUp.run(-Number(priority), Number(seq), Number(attempts), Number(deliveries))
  if (slept.length + lost.length > 0)
    tally(hot, { ready: slept.length + lost.length, delayed: -slept.length, held: -lost.length })
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

function addTasks(hot: HotStatements, messages: readonly Message[]): number {
  let added = 0
  let at = 0
  const values = new Array<string | number>(tasksAtOnce * 3)
  for (; at + tasksAtOnce <= messages.length; at += tasksAtOnce) {
    for (let i = 0; i < tasksAtOnce; i += 1) {
      const { id, body, headers } = messages[at + i] as Message
      values[i * 3] = id
      values[i * 3 + 1] = body
      values[i * 3 + 2] = headers?.priority ?? 0
    }
    added += Number(hot.addTasks.run(...values).changes)
  }
  for (const message of messages.slice(at))
    added += Number(hot.addTask.run(...valuesOf(message)).changes)
  return added
}

const valuesOf = ({ id, body, headers }: Message) => [id, body, headers?.priority ?? 0]

/** An id named twice is new once. */
function whichAreNew(
  hot: HotStatements,
  messages: readonly Message[],
  before: number,
): readonly InsertAnswer[] {
  const ids = new Set(hot.newIds.all(before).map(({ id }) => id))
  return messages.map(({ id }) => (ids.delete(id) ? 'new' : 'present'))
}

/** New tasks have the numbers after `before`, in their order; says how many were delayed. */
function lineUpOneByOne(
  hot: HotStatements,
  added: readonly Message[],
  before: number,
  now: number,
): number {
  let delayed = 0
  added.forEach(({ headers = {} }, at) => {
    const { priority = 0, delaySeconds = 0 } = headers
    const seq = before + 1 + at
    if (delaySeconds > 0) {
      delayed += 1
      hot.delay.run(seq, until(now, delaySeconds), 0, 0)
    } else hot.lineUp.run(-priority, seq, 0, 0)
  })
  return delayed
}

function until(now: number, seconds: number): number {
  return now + Math.ceil(seconds * 1000)
}
