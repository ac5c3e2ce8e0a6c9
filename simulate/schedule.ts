import type { Chance } from '../storm/plan.ts'

interface Entry {
  readonly at: number
  /** Decides between those of one instant. */
  readonly lot: number
  act: (() => void | Promise<void>) | undefined
}

/** Simulated time: what is to happen, in an order that the seed decides where the times do not. */
export class Schedule {
  readonly #chance: Chance
  readonly #heap: Entry[] = []
  #now = 0

  constructor(chance: Chance) {
    this.#chance = chance
  }

  /** Milliseconds since the beginning of the history. */
  get now(): number {
    return this.#now
  }

  /** Has `act` happen after so many milliseconds; the answer takes that back. */
  after(milliseconds: number, act: () => void | Promise<void>): () => void {
    const entry: Entry = {
      at: this.#now + Math.max(0, milliseconds),
      lot: this.#chance.next(),
      act,
    }
    push(this.#heap, entry)
    return () => {
      entry.act = undefined
    }
  }

  /** Lets the next thing happen, and all that follows from it at once; says whether there was one. */
  async step(): Promise<boolean> {
    for (let entry = pop(this.#heap); entry !== undefined; entry = pop(this.#heap)) {
      const { act } = entry
      if (act === undefined) continue
      this.#now = entry.at
      await act()
      await settled()
      return true
    }
    return false
  }
}

/**
 * The store's writer lets the event loop turn once before it writes what one turn has asked of it, and
 * a look may need two such turns one after the other.
 */
const turns = 3

/** Resolves when all that follows at once from what has happened is done. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1)
    await new Promise<void>(resolve => setImmediate(resolve))
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.at < other.at || (one.at === other.at && one.lot < other.lot)
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length
  heap.push(entry)
  while (at > 0) {
    const parentAt = (at - 1) >> 1
    const parent = heap[parentAt] as Entry
    if (!isBefore(entry, parent)) break
    heap[at] = parent
    at = parentAt
  }
  heap[at] = entry
}

function pop(heap: Entry[]): Entry | undefined {
  const first = heap[0]
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return first
  let at = 0
  for (;;) {
    let childAt = 2 * at + 1
    if (childAt >= heap.length) break
    const [left, right] = [heap[childAt] as Entry, heap[childAt + 1]]
    const child = right !== undefined && isBefore(right, left) ? right : left
    if (child === right) childAt += 1
    if (!isBefore(child, last)) break
    heap[at] = child
    at = childAt
  }
  heap[at] = last
  return first
}
