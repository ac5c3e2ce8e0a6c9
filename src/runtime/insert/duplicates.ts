import { TaskqError } from '../queue/errors.ts'
import type { Table } from '../tables/table.ts'

/**
 * Remembers the ids of a table as hashes of 53 bits, 8 bytes a row: 10 million rows take 80 MB while
 * they are checked and a second and a half to sort. Equal hashes are only a suspicion.
 */
export class IdWatch {
  #hashes = new Float64Array(1024)
  #count = 0

  add(id: string): void {
    if (this.#count === this.#hashes.length) {
      const grown = new Float64Array(this.#hashes.length * 2)
      grown.set(this.#hashes)
      this.#hashes = grown
    }
    this.#hashes[this.#count] = hashOf(id)
    this.#count += 1
  }

  /** Hashes that were added more than once. */
  suspects(): ReadonlySet<number> {
    const sorted = this.#hashes.subarray(0, this.#count).sort()
    const found = new Set<number>()
    for (let at = 1; at < sorted.length; at++)
      if (sorted[at] === sorted[at - 1]) found.add(sorted[at] as number)
    return found
  }
}

/** Throws when two rows of suspected hash have the same id, naming it and both rows (from 0). */
export class IdJudge {
  readonly #table: Table
  readonly #suspects: ReadonlySet<number>
  readonly #rows = new Map<string, number>()

  constructor(table: Table, suspects: ReadonlySet<number>) {
    this.#table = table
    this.#suspects = suspects
  }

  see(id: string, row: number): void {
    if (!this.#suspects.has(hashOf(id))) return
    const before = this.#rows.get(id)
    if (before !== undefined) throw sameId(this.#table.name, id, before, row)
    this.#rows.set(id, row)
  }
}

/** The fault of two rows with one id; rows from 0. */
function sameId(table: string, id: string, before: number, row: number): TaskqError {
  return new TaskqError(
    'invalid',
    `${table}: rows ${before + 1} and ${row + 1} make the same task id ${JSON.stringify(id)}, so only one of them could be kept. Drop one of them, or name more columns with --key.`,
  )
}

/** 53 bits of a text, mixed by two multipliers (after the finalizer of MurmurHash3). */
function hashOf(text: string): number {
  let low = 0x9747b28c
  let high = 0x85ebca6b
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    low = Math.imul(low ^ code, 0x9e3779b1)
    high = Math.imul(high ^ code, 0x5f356495)
  }
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35)
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35)
  return (high >>> 11) * 2 ** 32 + (low >>> 0)
}
