import { type Dir, opendirSync } from 'node:fs'
import type { Clock } from '../../queue/driver.ts'
import { Breather } from './breather.ts'
import { parseName, secondsOf, type TaskName } from './names.ts'

/** Goes through the tasks of a folder, as they lie. What is no task is passed to `onStray`. */
export async function* eachTask(
  path: string,
  onStray: (file: string) => void = () => {},
): AsyncGenerator<TaskName> {
  const breather = new Breather()
  const listing = opendirSync(path, { bufferSize: entriesAtOnce })
  try {
    for (let entry = listing.readSync(); entry !== null; entry = listing.readSync()) {
      const name = parseName(entry.name)
      if (name === undefined) onStray(entry.name)
      else yield name
      await breather.breathe()
    }
  } finally {
    listing.closeSync()
  }
}

const entriesAtOnce = 1024

/** How many ready tasks are gathered before the listing rests: what is listed early goes stale. */
const windowSize = 16_384

/**
 * Workers that list the same folder see the same window. Each goes through it lane by lane, in an order
 * of its own, and leaves a lane where it finds another one's traces: else three renames in four failed.
 */
const lanes = 64

/** So many misses, one after the other, mean that somebody else has been through this lane. */
const missesToLeave = 2

/** An empty folder is looked through again at once; of a large one this share of the time at most. */
const idleShare = 0.1

/**
 * The tasks that are ready, a window at a time: the folder is listed once for many leases, however
 * many leased tasks lie in it.
 */
export class ReadyWindow {
  readonly #path: string
  readonly #clock: Clock
  readonly #random: () => number
  /** What this process made ready itself: nobody else has listed it yet. */
  #added: TaskName[] = []
  #lane: TaskName[] = []
  #misses = 0
  /** The other lanes of this window. */
  #ahead: TaskName[][] = []
  #listing: Dir | undefined
  /** Made when somebody waits. */
  #wakeUp: AbortController | undefined
  /** Of the last pass that found nothing: when it ended and how long it took, in milliseconds. */
  #emptyPass = { endedAt: Number.NEGATIVE_INFINITY, took: 0 }

  constructor(path: string, clock: Clock, random: () => number) {
    this.#path = path
    this.#clock = clock
    this.#random = random
  }

  /** Aborts when this process makes a task ready: who waits need not sleep on. */
  get added(): AbortSignal {
    this.#wakeUp ??= new AbortController()
    return this.#wakeUp.signal
  }

  /** How long an idle worker does well to sleep: a large folder takes its time to list. */
  get restMilliseconds(): number {
    return this.#emptyPass.took / idleShare
  }

  /** The next task that seemed to be ready; `undefined` when a whole pass finds none. */
  async next(nowSeconds: number): Promise<TaskName | undefined> {
    const known = this.#pick()
    if (known !== undefined) return known
    if (this.#listing !== undefined) await this.#fill(nowSeconds)
    if (this.#ahead.length === 0) await this.#passAnew(nowSeconds)
    return this.#pick()
  }

  /** Takes note whether the task that `next` gave was still there. */
  heed(outcome: 'taken' | 'missed'): void {
    this.#misses = outcome === 'taken' ? 0 : this.#misses + 1
    if (this.#misses < missesToLeave) return
    this.#misses = 0
    this.#lane = []
  }

  /** Takes in what this process itself made ready, which needs no listing to be found. */
  add(name: TaskName): void {
    if (this.#added.length < windowSize) this.#added.push(name)
    this.#wakeUp?.abort()
    this.#wakeUp = undefined
    this.#emptyPass = { endedAt: Number.NEGATIVE_INFINITY, took: 0 }
  }

  close(): void {
    this.#listing?.closeSync()
    this.#listing = undefined
  }

  #pick(): TaskName | undefined {
    const added = this.#added.pop()
    if (added !== undefined) return added
    if (this.#lane.length === 0) {
      this.#lane = this.#ahead.pop() ?? []
      this.#misses = 0
    }
    return this.#lane.pop()
  }

  async #passAnew(nowSeconds: number): Promise<void> {
    const began = this.#clock.monotonic()
    const { endedAt, took } = this.#emptyPass
    if (took > 20 && began - endedAt < took / idleShare) return
    this.close()
    this.#listing = opendirSync(this.#path, { bufferSize: entriesAtOnce })
    await this.#fill(nowSeconds)
    const ended = this.#clock.monotonic()
    if (this.#ahead.length === 0) this.#emptyPass = { endedAt: ended, took: ended - began }
  }

  async #fill(nowSeconds: number): Promise<void> {
    const breather = new Breather()
    const sorted = Array.from({ length: lanes }, (): TaskName[] => [])
    for (let count = 0; count < windowSize; ) {
      const entry = this.#listing?.readSync() ?? null
      if (entry === null) {
        this.close()
        break
      }
      const name = parseName(entry.name)
      if (name !== undefined && secondsOf(name.stamp) <= nowSeconds) {
        sorted[laneOf(name)]?.push(name)
        count += 1
      }
      await breather.breathe()
    }
    this.#ahead = sorted.filter(lane => lane.length > 0)
    for (const lane of this.#ahead) shuffle(lane, this.#random)
    shuffle(this.#ahead, this.#random)
  }
}

/** Which lane a task is in: the same to all who list it. */
function laneOf({ key }: TaskName): number {
  return (Number.parseInt(key.slice(-2), 16) || 0) % lanes
}

function shuffle<T>(items: T[], random: () => number): void {
  for (let at = items.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1))
    const item = items[at] as T
    items[at] = items[other] as T
    items[other] = item
  }
}
