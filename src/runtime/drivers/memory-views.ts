import type {
  Burial,
  FinishedRequest,
  FinishedTask,
  HeldAnswer,
  IdAnswer,
  Limits,
  Note,
  Page,
  TaskDesk,
  TaskView,
} from '../queue/driver.ts'
import { listedStates } from '../queue/states.ts'
import { type Cursor, readCursor, readPlace, writeCursor } from './cursor.ts'
import { fitting } from './fitting.ts'
import type { Entry, MemoryStore } from './memory-store.ts'

type Turn = <T>(act: (now: number) => T) => Promise<T>

/** Looking at and deciding over the tasks of a memory queue. */
export function memoryDesk(
  store: MemoryStore,
  turn: Turn,
  bury: (burials: readonly Burial[], now: number) => readonly (HeldAnswer | 'absent')[],
): TaskDesk {
  return {
    list: ({ states = listedStates, after, max }) =>
      turn(now => {
        store.wake(now)
        const from = after === undefined ? undefined : readCursor(after)
        const entries = [...store.tasks.values()]
          .filter(entry => states.includes(entry.state))
          .filter(entry => from === undefined || compare(cursorOf(entry), from) > 0)
          .sort((one, other) => compare(cursorOf(one), cursorOf(other)))
          .slice(0, max)
        const last = entries.at(-1)
        const items = entries.map(entry => viewOf(entry, now))
        return last === undefined ? { items } : { items, next: writeCursor(cursorOf(last)) }
      }),
    get: ids =>
      turn(now => {
        store.wake(now)
        return ids.flatMap(id => {
          const entry = store.tasks.get(id)
          return entry === undefined ? [] : [viewOf(entry, now)]
        })
      }),
    has: ids => turn(() => ids.map(id => store.tasks.has(id))),
    remove: ids =>
      turn(() =>
        eachKnown(
          store,
          ids,
          () => true,
          entry => store.forget(entry),
        ),
      ),
    bury: burials => turn(now => bury(burials, now)),
    revive: (ids, from) =>
      turn(now => {
        store.wake(now)
        const isOf = ({ state }: Entry) => state === from
        return eachKnown(store, ids, isOf, entry => revive(store, entry, now))
      }),
  }
}

/** All notes, sorted by name. */
export function readNotes({ notes }: MemoryStore): readonly Note[] {
  return [...notes]
    .map(([name, text]) => ({ name, text }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

/** A page of what is finished, of no more bytes than a call may bring. */
export function readFinished(
  store: MemoryStore,
  { after, max, bodies = false }: FinishedRequest,
  { batchBytes }: Limits,
): Page<FinishedTask> {
  const place = after === undefined ? 0 : readPlace(after)
  const next = finishedFrom(store, place, max)
  const bytes = ({ record = '', body }: Entry) =>
    Buffer.byteLength(record) + (bodies ? Buffer.byteLength(body) : 0)
  const entries = fitting(next, bytes, batchBytes)
  const last = entries.at(-1)?.finishedAs
  const items = entries.map(entry => finishedTask(entry, bodies))
  return last === undefined
    ? { items }
    : { items, next: writeCursor({ state: 'done', rank: 0, order: last }) }
}

function* finishedFrom(store: MemoryStore, place: number, max: number): Generator<Entry> {
  let left = max
  for (let at = place; at < store.finished.length && left > 0; at += 1) {
    const entry = store.finished[at]
    if (entry === undefined) continue
    left -= 1
    yield entry
  }
}

function eachKnown(
  store: MemoryStore,
  ids: readonly string[],
  applies: (entry: Entry) => boolean,
  act: (entry: Entry) => void,
): IdAnswer[] {
  return ids.map(id => {
    const entry = store.tasks.get(id)
    if (entry === undefined || !applies(entry)) return 'absent'
    act(entry)
    return 'done'
  })
}

function revive(store: MemoryStore, entry: Entry, now: number): void {
  if (entry.state === 'dead') entry.attempts = 0
  delete entry.reason
  delete entry.record
  store.wait(entry, now, now)
}

function cursorOf(entry: Entry): Cursor {
  return {
    state: entry.state,
    rank: entry.state === 'ready' ? entry.rank : 0,
    order: entry.finishedAs ?? entry.order,
  }
}

function compare(one: Cursor, other: Cursor): number {
  return (
    listedStates.indexOf(one.state) - listedStates.indexOf(other.state) ||
    one.rank - other.rank ||
    one.order - other.order
  )
}

function viewOf(entry: Entry, now: number): TaskView {
  const timed = entry.state === 'leased' || entry.state === 'delayed'
  return {
    id: entry.id,
    state: entry.state,
    body: entry.body,
    headers: entry.headers,
    attempts: entry.attempts,
    deliveries: entry.deliveries,
    ...(timed && { secondsLeft: (entry.until - now) / 1000 }),
    ...(entry.worker !== undefined && { worker: entry.worker }),
    ...(entry.reason !== undefined && { reason: entry.reason }),
    ...(entry.record !== undefined && { record: entry.record }),
  }
}

function finishedTask({ id, attempts, record, body }: Entry, bodies: boolean): FinishedTask {
  return { id, attempts, ...(record !== undefined && { record }), ...(bodies && { body }) }
}
