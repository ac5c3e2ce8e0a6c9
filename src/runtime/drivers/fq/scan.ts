import { type Dir, opendirSync } from 'node:fs'
import { parseName, secondsOf, type TaskName } from './names.ts'
import { Pace } from './pace.ts'

/** Goes through the tasks of a folder, as they lie. What is no task is passed to `onStray`. */
export async function* eachTask(
  path: string,
  onStray: (file: string) => void = () => {},
): AsyncGenerator<TaskName> {
  const pace = new Pace()
  const listing = opendirSync(path, { bufferSize: entriesAtOnce })
  try {
    for (let entry = listing.readSync(); entry !== null; entry = listing.readSync()) {
      const name = parseName(entry.name)
      if (name === undefined) onStray(entry.name)
      else yield name
      await pace.breathe()
    }
  } finally {
    listing.closeSync()
  }
}

const entriesAtOnce = 1024

/** How many ready tasks are gathered before the listing rests: what is listed early goes stale. */
const windowSize = 4096

/**
 * Tasks of one lane are taken first, and each pass has a lane of its own: workers that list the same
 * folder at the same time would else fight for the same window (three renames in four failed).
 */
const lanes = 16

/** An empty folder is looked through again at once; of a large one this share of the time at most. */
const idleShare = 0.1

/**
 * The tasks that are ready, a window at a time: the folder is listed once for many leases, however
 * many leased tasks lie in it.
 */
export class ReadyWindow {
  readonly #path: string
  readonly #random: () => number
  #ready: TaskName[] = []
  /** Of the other lanes, for when there is nothing in this one. */
  #spare: TaskName[] = []
  #lane = 0
  /** Entries of this pass so far. */
  #listed = 0
  #listing: Dir | undefined
  /** Made when somebody waits. */
  #wakeUp: AbortController | undefined
  /** Of the last pass that found nothing: when it ended and how long it took, in milliseconds. */
  #emptyPass = { endedAt: Number.NEGATIVE_INFINITY, took: 0 }

  constructor(path: string, random: () => number) {
    this.#path = path
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
    const known = this.#ready.pop()
    if (known !== undefined) return known
    if (this.#listing !== undefined) await this.#fill(nowSeconds)
    if (this.#ready.length === 0) await this.#passAnew(nowSeconds)
    return this.#ready.pop()
  }

  /** Takes in what this process itself made ready, which needs no listing to be found. */
  add(name: TaskName): void {
    if (this.#ready.length < windowSize) this.#ready.push(name)
    this.#wakeUp?.abort()
    this.#wakeUp = undefined
    this.#emptyPass = { endedAt: Number.NEGATIVE_INFINITY, took: 0 }
  }

  close(): void {
    this.#listing?.closeSync()
    this.#listing = undefined
  }

  async #passAnew(nowSeconds: number): Promise<void> {
    const began = performance.now()
    const { endedAt, took } = this.#emptyPass
    if (took > 20 && began - endedAt < took / idleShare) return
    this.close()
    this.#spare = []
    this.#listed = 0
    this.#lane = Math.floor(this.#random() * lanes)
    this.#listing = opendirSync(this.#path, { bufferSize: entriesAtOnce })
    await this.#fill(nowSeconds)
    const ended = performance.now()
    if (this.#ready.length === 0) this.#emptyPass = { endedAt: ended, took: ended - began }
  }

  async #fill(nowSeconds: number): Promise<void> {
    const pace = new Pace()
    const ready = this.#ready
    while (ready.length < windowSize) {
      const entry = this.#listing?.readSync() ?? null
      if (entry === null) {
        this.close()
        break
      }
      this.#listed += 1
      const name = parseName(entry.name)
      if (name !== undefined && secondsOf(name.stamp) <= nowSeconds) this.#sort(name)
      await pace.breathe()
    }
    // Where ready tasks are few among many others, another pass for another lane costs more than a fight.
    const isRare = this.#listing === undefined && ready.length * 4 * lanes < this.#listed
    if (ready.length === 0 || isRare) ready.push(...this.#spare.splice(0))
    shuffle(ready, this.#random)
  }

  #sort(name: TaskName): void {
    if (Number.parseInt(name.key.slice(-1), lanes) === this.#lane) this.#ready.push(name)
    else if (this.#spare.length < windowSize) this.#spare.push(name)
  }
}

function shuffle(items: TaskName[], random: () => number): void {
  for (let at = items.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1))
    const item = items[at] as TaskName
    items[at] = items[other] as TaskName
    items[other] = item
  }
}
