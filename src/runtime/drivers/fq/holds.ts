import { closeSync, lstatSync, openSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Folder,
  filesIn,
  removed,
  textOf,
  uniqueName,
  whereThere,
  writeFully,
} from './folder.ts'

/** Nobody has held anything for so long without a line in a younger file. */
const longestMilliseconds = 2 * 86_400_000

/** Beyond this many bytes a process begins a new file: what is held changes, and old lines mean nothing. */
const mostBytes = 4 * 2 ** 20

/**
 * Who holds what, for people who look at the queue: each process appends its leases to a file of its
 * own. Nothing hangs on it, so nothing is synced, and a line that is missing is a holder unknown.
 */
export class Holds {
  readonly #folder: Folder
  #own: { readonly path: string; readonly file: number; bytes: number } | undefined
  #older: string | undefined

  constructor(folder: Folder) {
    this.#folder = folder
  }

  /** Notes that a worker leased tasks, by the names that their files have now. */
  note(worker: string, names: readonly string[]): void {
    if (names.length === 0) return
    const line = `${JSON.stringify([worker, ...names])}\n`
    try {
      const own = this.#file()
      writeFully(own.file, line)
      own.bytes += line.length
    } catch {
      // A full disk is told of where something hangs on it: the tasks are leased, and are to reach their worker.
      this.close()
    }
  }

  /** The worker behind each of the names that is known. */
  workers(names: ReadonlySet<string>): ReadonlyMap<string, string> {
    const found = new Map<string, string>()
    if (names.size === 0) return found
    for (const file of filesIn(this.#folder.holds))
      for (const line of (textOf(join(this.#folder.holds, file)) ?? '').split('\n')) {
        const [worker, ...held] = parsed(line)
        for (const name of held)
          if (worker !== undefined && names.has(name)) found.set(name, worker)
      }
    return found
  }

  close(): void {
    if (this.#own === undefined) return
    closeSync(this.#own.file)
    this.#own = undefined
  }

  #file() {
    if (this.#own !== undefined && this.#own.bytes < mostBytes) return this.#own
    if (this.#older !== undefined) removed(this.#older)
    this.#older = this.#own?.path
    this.close()
    this.#sweep()
    const path = join(this.#folder.holds, `${uniqueName()}.ndjson`)
    this.#own = { path, file: openSync(path, 'a', 0o666), bytes: 0 }
    return this.#own
  }

  /** Every worker that ever ran would else leave a file. */
  #sweep(): void {
    const before = Date.now() - longestMilliseconds
    for (const file of filesIn(this.#folder.holds)) {
      const path = join(this.#folder.holds, file)
      const info = whereThere(() => lstatSync(path))
      if (info !== undefined && info.mtimeMs < before) removed(path)
    }
  }
}

function parsed(line: string): readonly string[] {
  try {
    const value: unknown = line === '' ? [] : JSON.parse(line)
    return Array.isArray(value) && value.every(one => typeof one === 'string') ? value : []
  } catch {
    // Half a line of a process that was killed.
    return []
  }
}
