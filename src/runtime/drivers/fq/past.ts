import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { type Folder, filesIn, removed, textOf, uniqueName, writeFully } from './folder.ts'
import type { Movement } from './movement.ts'

/** A file takes in stamps for so long before the next one begins, and clocks may differ by so much. */
const span = { fileSeconds: 600, skewSeconds: 60 }

/**
 * Stamps of tasks that were removed although somebody may still hold them: a task that comes back under
 * the same id must never get one again. Each process appends to a file of its own, named by the second
 * from which all of it is over; whoever removes tasks after that removes the file.
 */
export class PastBook {
  readonly #folder: Folder
  #own: { readonly until: number; readonly file: number } | undefined

  constructor(folder: Folder) {
    this.#folder = folder
  }

  /** Notes the stamps of a task that is about to be removed; those that are over matter to nobody. */
  note(key: string, stamps: Movement, nowSeconds: number): void {
    const live = [...new Set(stamps)].filter(stamp => stamp > nowSeconds)
    if (live.length === 0) return
    const file = this.#fileFor(Math.max(...live) + span.skewSeconds, nowSeconds)
    writeFully(file, `${key} ${live.join(' ')}\n`)
  }

  /** The stamps of all that was removed lately, by key. */
  read(nowSeconds: number): ReadonlyMap<string, Movement> {
    const found = new Map<string, Movement>()
    for (const name of filesIn(this.#folder.past)) {
      if (untilOf(name) <= nowSeconds) continue
      for (const line of (textOf(join(this.#folder.past, name)) ?? '').split('\n')) {
        const [, key, stamps = ''] = /^([A-Za-z0-9_-]+) ([\d ]+)$/.exec(line) ?? []
        if (key === undefined) continue
        found.set(key, [...(found.get(key) ?? []), ...stamps.split(' ').map(Number)])
      }
    }
    return found
  }

  /** Removes what is over; answers how many files that were. */
  sweep(nowSeconds: number): number {
    const over = filesIn(this.#folder.past).filter(name => untilOf(name) <= nowSeconds)
    return over.filter(name => removed(join(this.#folder.past, name))).length
  }

  close(): void {
    if (this.#own !== undefined) closeSync(this.#own.file)
    this.#own = undefined
  }

  #fileFor(until: number, nowSeconds: number): number {
    if (this.#own !== undefined && this.#own.until >= until) return this.#own.file
    this.close()
    this.sweep(nowSeconds)
    const end = until + span.fileSeconds
    const file = openSync(join(this.#folder.past, `${end}-${uniqueName()}`), 'ax', 0o666)
    this.#own = { until: end, file }
    return file
  }
}

/** What nobody of ours named so is over. */
function untilOf(name: string): number {
  return Number(/^(\d{1,12})-/.exec(name)?.[1] ?? 0)
}
