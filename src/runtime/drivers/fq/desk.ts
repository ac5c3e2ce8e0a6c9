import { join } from 'node:path'
import type {
  Counts,
  FinishedTask,
  IdAnswer,
  Page,
  PageRequest,
  TaskDesk,
  TaskState,
  TaskView,
} from '../../queue/driver.ts'
import { TaskqError } from '../../queue/errors.ts'
import { listedStates } from '../../queue/states.ts'
import { fitting } from '../fitting.ts'
import { forgetAttempts, readAttempts } from './attempts.ts'
import { unseal } from './body.ts'
import { Breather } from './breather.ts'
import { bury, futureStamps, readDead, reviveDead, reviveLeased } from './dead.ts'
import { type Found, locateAll, stateOf } from './find.ts'
import { notesPath, removed, taskPath, textOf } from './folder.ts'
import { limits } from './limits.ts'
import { readMovement } from './movement.ts'
import { nameOf, secondsOf } from './names.ts'
import { eachTask } from './scan.ts'
import { deadKeys, epochOf, type Store, secondsNow } from './store.ts'

/** How many tasks are in each state; what is dead or done is ours alone, Python keeps neither. */
export async function countsOf(store: Store): Promise<Counts> {
  epochOf(store)
  const counts = { ready: 0, delayed: 0, leased: 0, done: 0, dead: 0 }
  const breather = new Breather()
  const away = new Set<string>()
  for await (const { key, stamp } of eachTask(store.folder.queue)) {
    const state = stateOf(store, key, stamp)
    counts[state] += 1
    if (state !== 'ready') away.add(nameOf(key, stamp))
    await breather.breathe()
  }
  for (const name of store.kinds.keys()) if (!away.has(name)) store.kinds.delete(name)
  store.done.refresh()
  return { ...counts, done: store.done.count, dead: deadKeys(store).length }
}

/** Looking at single tasks, and deciding over them. */
export function deskOf(store: Store): TaskDesk {
  let shown: Listing | undefined
  return {
    async list({ states = listedStates, after, max }) {
      const place = after === undefined ? undefined : readPlace(after)
      // One listing serves all pages: a folder of a million files is not sorted for each of them.
      if (place === undefined || shown?.states !== states.join())
        shown = await listingOf(store, states)
      const { found } = shown
      const from = place === undefined ? 0 : found.findIndex(one => compare(one, place) > 0)
      const page = from < 0 ? [] : found.slice(from, from + max)
      const views = fitting(viewsOf(store, page), ({ bytes }) => bytes, limits.batchBytes)
      const last = views.at(-1)
      const items = views.flatMap(({ view }) => view ?? [])
      return last === undefined ? { items } : { items, next: writePlace(last.found) }
    },
    async get(ids) {
      const found = await locateAll(store, ids)
      const views = viewsOf(
        store,
        found.flatMap(one => one ?? []),
      )
      return [...views].flatMap(({ view }) => view ?? [])
    },
    has: async ids => (await locateAll(store, ids)).map(found => found !== undefined),
    async remove(ids) {
      const found = await locateAll(store, ids)
      return found.map(one => (one !== undefined && remove(store, one) ? 'done' : 'absent'))
    },
    bury: burials => bury(store, burials),
    async revive(ids, from) {
      const found = await locateAll(store, ids)
      return found.map((one): IdAnswer => {
        if (one?.state !== from) return 'absent'
        return from === 'dead' ? reviveDead(store, one.key) : reviveLeased(store, one)
      })
    },
  }
}

/** A page of what is finished, each process's tasks in the order in which it finished them. */
export function readFinished(store: Store, { after, max }: PageRequest): Page<FinishedTask> {
  const places = after === undefined ? new Map<string, number>() : readPlaces(after)
  store.done.refresh()
  const tasks = fitting(
    store.done.after(places).take(max),
    ({ record = '' }) => Buffer.byteLength(record),
    limits.batchBytes,
  )
  for (const { place, end } of tasks) places.set(place.file, end)
  const items = tasks.map(({ id, attempts, record }) => ({
    ...{ id, attempts },
    ...(record !== undefined && { record }),
  }))
  return items.length === 0 ? { items } : { items, next: writePlaces(places) }
}

interface Listing {
  readonly states: string
  readonly found: readonly Found[]
}

async function listingOf(store: Store, states: readonly TaskState[]): Promise<Listing> {
  const found: Found[] = []
  const add = (one: Found) => {
    if (states.includes(one.state)) found.push(one)
  }
  epochOf(store)
  store.done.refresh()
  if (states.some(state => state !== 'done' && state !== 'dead'))
    for await (const { key, stamp } of eachTask(store.folder.queue))
      if (!store.done.has(key)) add({ key, stamp, state: stateOf(store, key, stamp) })
  for (const key of deadKeys(store)) add({ key, stamp: 0, state: 'dead' })
  if (states.includes('done'))
    for (const key of store.done.keys()) add({ key, stamp: 0, state: 'done' })
  return { states: states.join(), found: found.sort(compare) }
}

type InListing = Pick<Found, 'state' | 'key'>

function compare(one: InListing, other: InListing): number {
  const byState = listedStates.indexOf(one.state) - listedStates.indexOf(other.state)
  if (byState !== 0) return byState
  return one.key < other.key ? -1 : Number(one.key > other.key)
}

function writePlace({ state, key }: InListing): string {
  return `${state}@${key}`
}

function readPlace(text: string): InListing {
  const [, name, key = ''] = /^([a-z]+)@([A-Za-z0-9_-]+)$/.exec(text) ?? []
  const state = listedStates.find(one => one === name)
  if (state === undefined) throw noPlace(text, 'this listing')
  return { state, key }
}

function writePlaces(places: ReadonlyMap<string, number>): string {
  return `done@${Buffer.from(JSON.stringify([...places])).toString('base64url')}`
}

function readPlaces(text: string): Map<string, number> {
  try {
    const [, encoded = ''] = /^done@([A-Za-z0-9_-]+)$/.exec(text) ?? []
    const places = JSON.parse(Buffer.from(encoded, 'base64url').toString()) as [string, number][]
    return new Map(places)
  } catch (cause) {
    throw noPlace(text, 'results', cause)
  }
}

function noPlace(text: string, where: string, cause?: unknown): TaskqError {
  return new TaskqError(
    'invalid',
    `${JSON.stringify(text)} is no place in ${where}. Pass the "next" of the page before, or nothing.`,
    { cause },
  )
}

interface Viewed {
  readonly found: Found
  /** Absent where the task is gone meanwhile. */
  readonly view?: TaskView
  readonly bytes: number
}

function* viewsOf(store: Store, found: readonly Found[]): Generator<Viewed> {
  const workers = workersOf(store, found)
  for (const one of found) {
    const view = viewOf(store, one, workers)
    yield view === undefined
      ? { found: one, bytes: 0 }
      : { found: one, view, bytes: Buffer.byteLength(view.body) + (view.record?.length ?? 0) }
  }
}

function viewOf(store: Store, found: Found, workers: Workers): TaskView | undefined {
  const { key, stamp, state } = found
  const known = { state, headers: {}, deliveries: undefined }
  if (state === 'dead') {
    const dead = readDead(store, key)
    if (dead === undefined) return undefined
    const { stamps: _, ...view } = dead
    return { ...known, ...view }
  }
  if (state === 'done') {
    const done = store.done.get(key)
    if (done === undefined) return undefined
    const { key: _, at: __, ...view } = done
    return { ...known, ...view }
  }
  const text = textOf(taskPath(store.folder, key, stamp))
  if (text === undefined) return undefined
  const worker = workers.get(key)
  return {
    ...known,
    ...(unseal(text, key) ?? { id: key, body: text }),
    attempts: readAttempts(store.folder, key),
    ...(state !== 'ready' && { secondsLeft: secondsOf(stamp) - store.clock.now() / 1000 }),
    ...(worker !== undefined && { worker }),
  }
}

type Workers = ReadonlyMap<string, string>

/** Who holds the leased ones, by key: noted under the name that the lease began with. */
function workersOf(store: Store, found: readonly Found[]): Workers {
  const keys = new Map<string, string>()
  for (const { key, state } of found)
    if (state === 'leased')
      for (const stamp of readMovement(store.folder, key)) keys.set(nameOf(key, stamp), key)
  const workers = store.holds.workers(new Set(keys.keys()))
  return new Map([...workers].map(([name, worker]) => [keys.get(name) ?? name, worker]))
}

function remove(store: Store, { key, stamp, state }: Found): boolean {
  const { folder } = store
  if (state === 'done') return store.done.withdraw([key])[0] === true
  const dead = state === 'dead' ? readDead(store, key) : undefined
  const stamps = dead === undefined ? [...futureStamps(store, key), stamp] : dead.stamps
  store.past.note(key, stamps, secondsNow(store))
  if (state === 'dead') return removed(join(folder.dead, `${key}.json`))
  if (!removed(taskPath(folder, key, stamp))) return false
  removed(notesPath(folder, key))
  forgetAttempts(folder, key)
  return true
}
