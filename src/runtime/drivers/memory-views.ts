import type {
  Burial,
  FinishedTask,
  HeldAnswer,
  IdAnswer,
  ResultBook,
  Settlement,
  TaskDesk,
  TaskView,
} from '../queue/driver.ts'
import { type Cursor, listedStates, readCursor, writeCursor } from './cursor.ts'
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
    revive: ids =>
      turn(now => eachKnown(store, ids, isRevivable, entry => revive(store, entry, now))),
  }
}

/** Outcomes of a memory queue. */
export function memoryResults(
  store: MemoryStore,
  turn: Turn,
  settle: (settlements: readonly Settlement[], now: number) => readonly HeldAnswer[],
): ResultBook {
  return {
    settle: settlements => turn(now => settle(settlements, now)),
    read: ({ after, max }) =>
      turn(() => {
        const items: FinishedTask[] = []
        let place = after === undefined ? 0 : readCursor(after).order
        for (; place < store.finished.length && items.length < max; place += 1) {
          const entry = store.finished[place]
          if (entry !== undefined) items.push(finishedTask(entry))
        }
        return items.length === 0
          ? { items }
          : { items, next: writeCursor({ state: 'done', rank: 0, order: place }) }
      }),
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

const isRevivable = ({ state }: Entry) => state === 'dead' || state === 'leased'

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

function finishedTask({ id, attempts, record }: Entry): FinishedTask {
  return record === undefined ? { id, attempts } : { id, attempts, record }
}
