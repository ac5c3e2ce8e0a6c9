import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { TaskqError } from '../queue/errors.ts'
import type { Outcome } from '../queue/outcome.ts'

/** An outcome that is kept, and where the next one begins. */
export interface Shelved {
  readonly outcome: Outcome
  /** Of a result: whether another came before it, so that this one does not count. */
  readonly isRepeat: boolean
  readonly next: number
}

/** What is known of an id without reading its line. */
interface Place {
  readonly state: 'done' | 'dead'
  readonly at: number
  /** Where the next line begins. */
  readonly next: number
  readonly hash: string
}

type Line = Outcome | { readonly revived: string }

/**
 * A file of outcomes that were taken out of a queue: lines that are only added to, each on the disk
 * before it is deleted there. The first result of an id counts; what a crash hands over twice is
 * known by its text.
 */
export class Shelf {
  readonly path: string
  readonly #places = new Map<string, Place>()
  #size = 0

  private constructor(path: string) {
    this.path = path
  }

  /** Opens the shelf of a queue in a folder, or begins one. */
  static async open(folder: string, url: string): Promise<Shelf> {
    const name = createHash('sha256').update(url).digest('hex').slice(0, 16)
    const path = join(folder, `outcomes-${name}.ndjson`)
    await mkdir(folder, { recursive: true })
    lockOut(path)
    await (await open(path, 'a')).close()
    const shelf = new Shelf(path)
    for await (const { line, at, next } of shelf.#lines(0)) {
      shelf.#note(line, at, next)
      shelf.#size = next
    }
    // What a crash cut off was never deleted where it came from.
    await truncate(path, shelf.#size)
    return shelf
  }

  get counts(): { readonly done: number; readonly dead: number } {
    let dead = 0
    for (const { state } of this.#places.values()) if (state === 'dead') dead += 1
    return { done: this.#places.size - dead, dead }
  }

  stateOf(id: string): 'done' | 'dead' | undefined {
    return this.#places.get(id)?.state
  }

  /** Comes back once all of them are on the disk. */
  async keep(outcomes: readonly Outcome[]): Promise<void> {
    await this.#add(outcomes.filter(outcome => !this.#isKnown(outcome)))
  }

  /** The tasks of these ids are dead no more. */
  async revive(ids: readonly string[]): Promise<void> {
    await this.#add(ids.map(id => ({ revived: id })))
  }

  /** What became of the tasks from a place of the file on: results as they came, dead ones that still are. */
  async *read(state: 'done' | 'dead', from: number): AsyncGenerator<Shelved> {
    for await (const { line, at, next } of this.#lines(from)) {
      if ('revived' in line || stateIn(line) !== state) continue
      const isRepeat = this.#places.get(line.id)?.at !== at
      if (state === 'done' || !isRepeat) yield { outcome: line, isRepeat, next }
    }
  }

  /** What became of these tasks, as far as it is known: read where it stands, neighbours together. */
  async get(ids: readonly string[]): Promise<ReadonlyMap<string, Outcome>> {
    const places = ids.flatMap(id => this.#places.get(id) ?? [])
    const outcomes = new Map<string, Outcome>()
    await using file = await open(this.path)
    for (const span of spansOf(places.sort((one, other) => one.at - other.at))) {
      const start = span[0]?.at ?? 0
      const bytes = Buffer.alloc((span.at(-1)?.next ?? start) - start)
      await file.read(bytes, 0, bytes.length, start)
      for (const { at, next } of span) {
        const line = lineOf(bytes.toString('utf8', at - start, next - start))
        if (line === undefined || 'revived' in line) throw damaged(this.path, at)
        outcomes.set(line.id, line)
      }
    }
    return outcomes
  }

  async #add(lines: readonly Line[]): Promise<void> {
    if (lines.length === 0) return
    let text = ''
    let at = this.#size
    for (const line of lines) {
      const written = `${JSON.stringify(line)}\n`
      const next = at + Buffer.byteLength(written)
      this.#note(line, at, next)
      text += written
      at = next
    }
    await using file = await open(this.path, 'a')
    await file.writeFile(text)
    await file.datasync()
    this.#size = at
  }

  #note(line: Line, at: number, next: number): void {
    if ('revived' in line) {
      if (this.stateOf(line.revived) === 'dead') this.#places.delete(line.revived)
      return
    }
    const state = stateIn(line)
    const before = this.#places.get(line.id)
    // A result goes before a death, whichever came first; of two of a kind the first counts.
    if (before === undefined || (before.state === 'dead' && state === 'done'))
      this.#places.set(line.id, { state, at, next, hash: hashOf(line) })
  }

  #isKnown(outcome: Outcome): boolean {
    const place = this.#places.get(outcome.id)
    return place !== undefined && place.hash === hashOf(outcome)
  }

  async *#lines(from: number) {
    let at = from
    for await (const bytes of linesOf(createReadStream(this.path, { start: from }))) {
      const line = lineOf(bytes.toString())
      if (line === undefined) throw damaged(this.path, at)
      const next = at + bytes.length + 1
      yield { line, at, next }
      at = next
    }
  }
}

/** The shelves of this process, each with its lock. */
const locks = new Map<string, DatabaseSync>()

/**
 * Keeps other processes off a shelf while this one lives: two that write would take each other's places for
 * their own. The lock of an SQLite file ends with its process, however that ends.
 */
function lockOut(path: string): void {
  if (locks.has(path)) return
  const lock = new DatabaseSync(`${path}.lock`, { timeout: 0 })
  try {
    lock.exec('begin exclusive')
    locks.set(path, lock)
  } catch (cause) {
    lock.close()
    throw new TaskqError(
      'unavailable',
      `Another taskq has ${path} open, which holds results taken out of the queue. Wait until it has ended, then run this again.`,
      { cause },
    )
  }
}

/** So far apart lines are read together, and so many bytes of them. */
const gapBytes = 64 * 2 ** 10
const spanBytes = 2 ** 20

/** Places, in their order, in groups that lie close together. */
function* spansOf(places: readonly Place[]): Generator<readonly Place[]> {
  let span: Place[] = []
  for (const place of places) {
    const start = span[0]?.at ?? place.at
    const end = span.at(-1)?.next ?? place.at
    if (place.at - end > gapBytes || place.next - start > spanBytes) {
      if (span.length > 0) yield span
      span = []
    }
    span.push(place)
  }
  if (span.length > 0) yield span
}

/** Whole lines; what a crash has left of one at the end is none. */
async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of stream) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let start = 0
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      yield bytes.subarray(start, end)
      start = end + 1
    }
    rest = bytes.subarray(start)
  }
}

const newline = 0x0a

function stateIn({ reason }: Outcome): 'done' | 'dead' {
  return reason === undefined ? 'done' : 'dead'
}

function hashOf({ record = '', reason = '' }: Outcome): string {
  return createHash('sha256').update(`${reason}\n${record}`).digest('base64url').slice(0, 16)
}

function lineOf(text: string): Line | undefined {
  try {
    const line = JSON.parse(text) as Line
    return 'revived' in line || typeof line.id === 'string' ? line : undefined
  } catch {
    // The caller says which line of which file it is.
    return undefined
  }
}

function damaged(path: string, at: number): TaskqError {
  return new TaskqError(
    'invalid',
    `${path}, which holds results taken out of the queue, is damaged at byte ${at}. Mend or remove that line; the others are whole.`,
  )
}
