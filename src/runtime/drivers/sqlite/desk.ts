import type {
  Burial,
  FinishedRequest,
  FinishedTask,
  HeldAnswer,
  IdAnswer,
  Page,
  PageRequest,
  TaskState,
  TaskView,
} from '../../queue/driver.ts'
import { listedStates } from '../../queue/states.ts'
import { readCursor, readPlace, writeCursor } from '../cursor.ts'
import { fitting } from '../fitting.ts'
import { limits } from '../local-limits.ts'
import { beat } from './pulse.ts'
import type { HotStatements } from './statements.ts'
import { lineUp, takeBack, tally, wake } from './verbs.ts'

/** The tasks of these ids; `now` here and below is queue time in milliseconds. */
export function get(hot: HotStatements, ids: readonly string[], now: number): readonly TaskView[] {
  const views = new Array<TaskView | undefined>(ids.length)
  for (const row of hot.views.all(JSON.stringify(ids)) as unknown as readonly ViewRow[])
    views[row.place] = viewOf(row, now)
  return views.filter(view => view !== undefined)
}

/** One statement for all: 1.9 million ids a second, one by one 0.4 million. */
export function has(hot: HotStatements, ids: readonly string[]): readonly boolean[] {
  const row = hot.whichAreThere.get(JSON.stringify(ids))
  if (row?.['known'] === ids.length) return ids.map(() => true)
  const known = new Array<boolean>(ids.length).fill(false)
  // The places of none, joined, are null.
  for (const place of String(row?.['places'] ?? '').split(','))
    if (place !== '') known[+place] = true
  return known
}

/** A page of tasks, state by state as `listedStates` has them. */
export function list(
  hot: HotStatements,
  { states = listedStates, after, max }: { states?: readonly TaskState[] } & PageRequest,
  now: number,
): Page<TaskView> {
  const from = after === undefined ? undefined : readCursor(after)
  const items: TaskView[] = []
  let bytes = 0
  let next: string | undefined
  for (const state of listedStates.slice(
    from === undefined ? 0 : listedStates.indexOf(from.state),
  )) {
    if (!states.includes(state)) continue
    const start = state === from?.state ? from : { rank: lowestRank, order: 0 }
    const rows = hot[listings[state]].all(start.rank, start.order, max - items.length)
    for (const { rank, place, id } of rows) {
      const row = find(hot, String(id))
      if (row === undefined) continue
      const view = viewOf(row, now)
      bytes += bytesOf(view.body) + bytesOf(view.record)
      if (items.length > 0 && bytes > limits.batchBytes) break
      items.push(view)
      next = writeCursor({ state, rank: Number(rank), order: Number(place) })
    }
    if (items.length >= max || bytes > limits.batchBytes) break
  }
  return next === undefined ? { items } : { items, next }
}

/** A page of what is done, the oldest first. */
export function read(
  hot: HotStatements,
  { after, max, bodies = false }: FinishedRequest,
): Page<FinishedTask> {
  const place = after === undefined ? 0 : readPlace(after)
  const next = (bodies ? hot.readDoneAndBodies : hot.readDone).iterate(place, max)
  const bytes = (row: Row) => bytesOf(row['record']) + bytesOf(row['body'])
  const rows = fitting(next, bytes, limits.batchBytes)
  const last = rows.at(-1)
  const items = rows.map(({ id, attempts, record, body }) => ({
    id: String(id),
    attempts: Number(attempts),
    ...(record !== null && { record: String(record) }),
    ...(bodies && { body: String(body) }),
  }))
  return last === undefined
    ? { items }
    : { items, next: writeCursor({ state: 'done', rank: 0, order: Number(last['place']) }) }
}

type Row = Readonly<Record<string, unknown>>

/**
 * Sets tasks aside as dead; `absent` are those that are not there or done, `lost` those whose lease
 * is over.
 */
export function bury(
  hot: HotStatements,
  burials: readonly Burial[],
  now: number,
): readonly (HeldAnswer | 'absent')[] {
  return burials.map(({ id, token, attempts, reason, record }) => {
    if (token !== undefined) {
      const taken = takeBack(hot, { id, token, ...(attempts !== undefined && { attempts }) }, now)
      if (taken === undefined) return 'lost'
      tally(hot, { held: -1, dead: 1 })
      beat(hot, 1, now)
      hot.die.run(taken.seq, taken.attempts, taken.deliveries, taken.worker, reason, record ?? null)
      return 'done'
    }
    const row = find(hot, id)
    if (row === undefined || row.in_done !== null) return 'absent'
    leaveState(hot, row)
    tally(hot, { dead: 1 })
    if (row.in_dead === null) beat(hot, 1, now)
    const charged = Math.max(row.attempts, attempts ?? 0)
    hot.die.run(row.seq, charged, row.deliveries, row.worker, reason, record ?? null)
    return 'done'
  })
}

/** Forgets tasks in whatever state, their ids too. */
export function remove(hot: HotStatements, ids: readonly string[]): readonly IdAnswer[] {
  return ids.map(id => {
    const row = find(hot, id)
    if (row === undefined) return 'absent'
    leaveState(hot, row)
    hot.removeTask.run(row.seq)
    return 'done'
  })
}

/** Makes dead or leased tasks wait again. */
export function revive(
  hot: HotStatements,
  ids: readonly string[],
  from: 'dead' | 'leased',
  now: number,
): readonly IdAnswer[] {
  wake(hot, now)
  return ids.map(id => {
    const row = find(hot, id)
    if (row === undefined || stateOf(row) !== from) return 'absent'
    leaveState(hot, row)
    tally(hot, { ready: 1 })
    lineUp(hot, row.seq, row.in_dead === null ? row.attempts : 0, row.deliveries)
    return 'done'
  })
}

/** One row of `view` or `views`: the task, and a number in the column of the table it is in. */
interface ViewRow {
  /** Where its id stands among those that were asked for. */
  readonly place: number
  readonly seq: number
  readonly id: string
  readonly body: string
  readonly priority: number
  readonly in_ready: number | null
  readonly in_delayed: number | null
  readonly in_held: number | null
  readonly in_dead: number | null
  readonly in_done: number | null
  readonly attempts: number
  readonly deliveries: number
  readonly until: number | null
  readonly worker: string | null
  readonly reason: string | null
  readonly record: string | null
}

const lowestRank = -1_000_000

const listings = {
  leased: 'listLeased',
  ready: 'listReady',
  delayed: 'listDelayed',
  dead: 'listDead',
  done: 'listDone',
} as const satisfies Record<TaskState, keyof HotStatements>

function find(hot: HotStatements, id: string): ViewRow | undefined {
  return hot.view.get(id) as unknown as ViewRow | undefined
}

/** Takes the task out of whichever table it is in. */
function leaveState(hot: HotStatements, row: ViewRow): void {
  if (row.in_ready !== null) hot.endLine.run(-row.priority, row.seq)
  if (row.in_delayed !== null) hot.endDelay.run(row.seq)
  if (row.in_held !== null) hot.endLease.run(row.seq)
  if (row.in_dead !== null) hot.removeDead.run(row.seq)
  if (row.in_done !== null) hot.removeDone.run(row.seq)
  tally(hot, {
    ready: row.in_ready === null ? 0 : -1,
    delayed: row.in_delayed === null ? 0 : -1,
    held: row.in_held === null ? 0 : -1,
    dead: row.in_dead === null ? 0 : -1,
    done: row.in_done === null ? 0 : -1,
  })
}

function viewOf(row: ViewRow, now: number): TaskView {
  return {
    id: row.id,
    state: stateOf(row),
    body: row.body,
    headers: row.priority === 0 ? {} : { priority: row.priority },
    attempts: row.attempts,
    deliveries: row.deliveries,
    ...(row.until !== null && { secondsLeft: (row.until - now) / 1000 }),
    ...(row.worker !== null && { worker: row.worker }),
    ...(row.reason !== null && { reason: row.reason }),
    ...(row.record !== null && { record: row.record }),
  }
}

function stateOf(row: ViewRow): TaskState {
  if (row.in_held !== null) return 'leased'
  if (row.in_delayed !== null) return 'delayed'
  if (row.in_dead !== null) return 'dead'
  return row.in_done === null ? 'ready' : 'done'
}

function bytesOf(text: unknown): number {
  return typeof text === 'string' ? Buffer.byteLength(text) : 0
}
