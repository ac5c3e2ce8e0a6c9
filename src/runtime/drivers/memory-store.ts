import type { Clock, Counts, Headers, TaskState } from '../queue/driver.ts'
import { waitForMore } from './wait.ts'

/** One task and all that is known of it. */
export interface Entry {
  readonly order: number
  readonly id: string
  readonly body: string
  readonly headers: Headers
  /** Minus the priority: the least is leased first. */
  readonly rank: number
  state: TaskState
  /** End of the delay or the lease, on the monotonic clock. */
  until: number
  attempts: number
  deliveries: number
  token: string
  worker?: string
  reason?: string
  record?: string
  /** Its place among what is done, from 1. */
  finishedAs?: number
}

/** The tasks of one memory queue; every method is one atomic step. */
export class MemoryStore {
  readonly tasks = new Map<string, Entry>()
  readonly notes = new Map<string, string>()
  /** Sorted: the next to lease first. */
  readonly ready: Entry[] = []
  /** Sorted: the next to wake first. */
  readonly #delayed: Entry[] = []
  readonly #held = new Set<Entry>()
  /** Sparse where a finished task was removed, so that places stay what they were. */
  readonly finished: (Entry | undefined)[] = []
  readonly #clock: Clock
  #lastOrder = 0
  #lastToken = 0
  #onChange = new Set<() => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  nextToken(): string {
    this.#lastToken += 1
    return String(this.#lastToken)
  }

  add(id: string, body: string, headers: Headers): Entry {
    this.#lastOrder += 1
    const { priority = 0 } = headers
    const entry: Entry = {
      order: this.#lastOrder,
      id,
      body,
      headers: priority === 0 ? {} : { priority },
      rank: -priority,
      state: 'ready',
      until: 0,
      attempts: 0,
      deliveries: 0,
      token: '',
    }
    this.tasks.set(id, entry)
    return entry
  }

  /** Puts a task in line: at once when `until` has come, else when it comes. */
  wait(entry: Entry, until: number, now: number): void {
    this.#leave(entry)
    entry.until = until
    delete entry.worker
    entry.state = until > now ? 'delayed' : 'ready'
    if (entry.state === 'ready') insertSorted(this.ready, entry, byRank)
    else insertSorted(this.#delayed, entry, byUntil)
    for (const notify of this.#onChange) notify()
  }

  lend(entry: Entry, until: number): void {
    entry.state = 'leased'
    entry.until = until
    this.#held.add(entry)
  }

  finish(entry: Entry, record?: string): void {
    this.#leave(entry)
    entry.state = 'done'
    if (record !== undefined) entry.record = record
    entry.finishedAs = this.finished.push(entry)
  }

  bury(entry: Entry, reason: string, record?: string): void {
    this.#leave(entry)
    entry.state = 'dead'
    entry.reason = reason
    if (record === undefined) delete entry.record
    else entry.record = record
  }

  forget(entry: Entry): void {
    this.#leave(entry)
    if (entry.finishedAs !== undefined) this.finished[entry.finishedAs - 1] = undefined
    this.tasks.delete(entry.id)
  }

  /** Puts back in line what has slept its delay or outlived its lease. */
  wake(now: number): void {
    for (
      let next = this.#delayed[0];
      next !== undefined && next.until <= now;
      next = this.#delayed[0]
    )
      this.wait(next, 0, now)
    for (const entry of this.#held) if (entry.until <= now) this.wait(entry, 0, now)
  }

  /** When the next delay or lease ends. */
  nextDue(): number | undefined {
    let due = this.#delayed[0]?.until
    for (const { until } of this.#held) if (due === undefined || until < due) due = until
    return due
  }

  counts(now: number): Counts {
    this.wake(now)
    let done = 0
    for (const entry of this.finished) if (entry !== undefined) done += 1
    const ready = this.ready.length
    const delayed = this.#delayed.length
    const leased = this.#held.size
    return { ready, delayed, leased, done, dead: this.tasks.size - ready - delayed - leased - done }
  }

  clear(): void {
    this.tasks.clear()
    this.notes.clear()
    this.ready.length = 0
    this.#delayed.length = 0
    this.#held.clear()
    for (let at = 0; at < this.finished.length; at += 1) this.finished[at] = undefined
  }

  /**
   * Resolves when a task was put in line, after `milliseconds`, or when `closing` aborts; rejects
   * when `signal` does. Listens from the moment it is called.
   */
  async changed(
    milliseconds: number,
    signal: AbortSignal | undefined,
    closing: AbortSignal,
  ): Promise<void> {
    const wakeUp = new AbortController()
    const notify = () => wakeUp.abort()
    this.#onChange.add(notify)
    const enough = [closing, wakeUp.signal]
    try {
      await waitForMore({ clock: this.#clock, milliseconds, signal, enough })
    } finally {
      this.#onChange.delete(notify)
    }
  }

  #leave(entry: Entry): void {
    if (entry.state === 'leased') this.#held.delete(entry)
    else if (entry.state === 'ready') removeSorted(this.ready, entry, byRank)
    else if (entry.state === 'delayed') removeSorted(this.#delayed, entry, byUntil)
  }
}

type Order = (one: Entry, other: Entry) => number

const byRank: Order = (one, other) => one.rank - other.rank || one.order - other.order
const byUntil: Order = (one, other) => one.until - other.until || one.order - other.order

function insertSorted(list: Entry[], entry: Entry, order: Order): void {
  list.splice(place(list, entry, order), 0, entry)
}

function removeSorted(list: Entry[], entry: Entry, order: Order): void {
  const at = place(list, entry, order)
  if (list[at] === entry) list.splice(at, 1)
}

/** Where `entry` stands or would stand; the end is looked at first, because bulk inserts append. */
function place(list: readonly Entry[], entry: Entry, order: Order): number {
  const last = list.at(-1)
  if (last === undefined || order(last, entry) < 0) return list.length
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = list[middle]
    if (other !== undefined && order(other, entry) < 0) low = middle + 1
    else high = middle
  }
  return low
}
