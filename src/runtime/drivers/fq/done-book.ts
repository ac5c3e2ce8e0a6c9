import { closeSync, fdatasyncSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Folder, filesIn, syncFolder, uniqueName, whereThere, writeFully } from './folder.ts'

/** One finished task. */
export interface DoneTask {
  readonly key: string
  readonly id: string
  readonly attempts: number
  readonly body: string
  readonly worker?: string
  readonly record?: string
  /** When it was finished, in milliseconds since 1970. */
  readonly at: number
}

/** Where a line lies: in which file, and at which byte. */
export interface Place {
  readonly file: string
  readonly at: number
}

/**
 * What is finished, in files that only grow: each process writes to one of its own, because two that
 * write to one overwrite each other on NFS. Everybody reads all of them, each byte once.
 */
export class DoneBook {
  readonly #folder: Folder
  readonly #epoch: () => string
  #known = ''
  /** The accepted line of each key. */
  readonly #places = new Map<string, Place>()
  /** Lines that were taken back. */
  readonly #withdrawn = new Set<string>()
  /** How far each file was read. */
  readonly #readTo = new Map<string, number>()
  #own: { readonly name: string; readonly file: number } | undefined

  /** `epoch` names the life of the queue: what was finished in another one counts no more. */
  constructor(folder: Folder, epoch: () => string) {
    this.#folder = folder
    this.#epoch = epoch
  }

  /** Reads what came since the last time. */
  refresh(): void {
    const epoch = this.#epoch()
    if (epoch !== this.#known) this.#forget(epoch)
    const files = filesIn(this.#folder.done).filter(file => file.startsWith(`${epoch}-`))
    for (const file of files.sort()) this.#readOn(file)
  }

  /** How many tasks are finished. */
  get count(): number {
    return this.#places.size
  }

  has(key: string): boolean {
    return this.#places.has(key)
  }

  /** The finished task of a key. */
  get(key: string): DoneTask | undefined {
    const place = this.#places.get(key)
    return place === undefined ? undefined : this.#taskAt(place)
  }

  /** The keys of all that is finished. */
  keys(): IterableIterator<string> {
    return this.#places.keys()
  }

  /** Writes what is finished; with `durable` it is on the disk when this returns. */
  write(tasks: readonly DoneTask[]): void {
    this.#append(tasks.map(task => `${JSON.stringify(task)}\n`).join(''))
  }

  /** Forgets finished tasks; answers which of them there were. */
  withdraw(keys: readonly string[]): readonly boolean[] {
    this.refresh()
    const places = keys.map(key => this.#places.get(key))
    const lines = places.flatMap((place, at) =>
      place === undefined ? [] : [`${JSON.stringify({ withdrawn: keys[at], place })}\n`],
    )
    if (lines.length > 0) this.#append(lines.join(''))
    this.refresh()
    return places.map(place => place !== undefined)
  }

  /** The accepted lines behind the given places, oldest file first, each file in its order. */
  *after(
    places: ReadonlyMap<string, number>,
  ): Generator<DoneTask & { readonly place: Place; readonly end: number }> {
    for (const file of [...this.#readTo.keys()].sort()) {
      for (const { at, end, bytes } of this.#lines(file, places.get(file) ?? 0)) {
        const place = this.#places.get(keyIn(bytes) ?? '')
        if (place?.file !== file || place.at !== at) continue
        const task = parseLine(bytes)
        if (task !== undefined && 'key' in task) yield { ...task, place, end }
      }
    }
  }

  #forget(epoch: string): void {
    this.#known = epoch
    this.#places.clear()
    this.#withdrawn.clear()
    this.#readTo.clear()
    this.close()
  }

  close(): void {
    if (this.#own !== undefined) closeSync(this.#own.file)
    this.#own = undefined
  }

  #append(text: string): void {
    const epoch = this.#epoch()
    if (epoch !== this.#known) this.#forget(epoch)
    try {
      this.#own ??= this.#begin()
      writeFully(this.#own.file, text)
      if (this.#folder.durable) fdatasyncSync(this.#own.file)
    } catch (error) {
      // Half a line may be there: the next one begins in a file of its own.
      this.close()
      throw error
    }
  }

  #begin() {
    const name = `${this.#known}-${Date.now().toString(36).padStart(9, '0')}-${uniqueName()}.ndjson`
    const file = openSync(join(this.#folder.done, name), 'ax', 0o666)
    if (this.#folder.durable) syncFolder(this.#folder.done)
    return { name, file }
  }

  #readOn(file: string): void {
    for (const { at, end, bytes } of this.#lines(file, this.#readTo.get(file) ?? 0)) {
      this.#readTo.set(file, end)
      this.#take(bytes, { file, at })
    }
    if (!this.#readTo.has(file)) this.#readTo.set(file, 0)
  }

  #take(bytes: Buffer, place: Place): void {
    const key = keyIn(bytes)
    if (key !== undefined) {
      if (this.#withdrawn.size > 0 && this.#withdrawn.has(placeText(place))) return
      if (!this.#places.has(key)) this.#places.set(key, place)
      return
    }
    const line = parseLine(bytes)
    if (line === undefined || 'key' in line) return
    this.#withdrawn.add(placeText(line.place))
    const known = this.#places.get(line.withdrawn)
    if (known?.file === line.place.file && known.at === line.place.at)
      this.#places.delete(line.withdrawn)
  }

  *#lines(file: string, from: number) {
    const path = join(this.#folder.done, file)
    const size = whereThere(() => statSync(path).size) ?? 0
    if (size <= from) return
    const opened = whereThere(() => openSync(path, 'r'))
    if (opened === undefined) return
    try {
      yield* linesOf(opened, from, size)
    } finally {
      closeSync(opened)
    }
  }

  #taskAt({ file, at }: Place): DoneTask | undefined {
    for (const { bytes } of this.#lines(file, at)) {
      const task = parseLine(bytes)
      return task !== undefined && 'key' in task ? task : undefined
    }
    return undefined
  }
}

type Line = DoneTask | { readonly withdrawn: string; readonly place: Place }

const keyStart = Buffer.from('{"key":"')

/** The key of a finished task's line, without parsing all of it: a million lines are read in a second. */
function keyIn(bytes: Buffer): string | undefined {
  if (bytes.length < keyStart.length) return undefined
  if (bytes.compare(keyStart, 0, keyStart.length, 0, keyStart.length) !== 0) return undefined
  return bytes.toString('latin1', keyStart.length, bytes.indexOf(34, keyStart.length))
}

function parseLine(bytes: Buffer): Line | undefined {
  try {
    const line: unknown = JSON.parse(bytes.toString())
    return isLine(line) ? line : undefined
  } catch {
    // What a crash or a full disk cut off was never answered as done.
    return undefined
  }
}

/** What somebody else wrote there may be any JSON: one line of it must not keep all others back. */
function isLine(line: unknown): line is Line {
  if (typeof line !== 'object' || line === null) return false
  const { key, id, body, attempts, record, worker, withdrawn, place } = line as Loose
  if (typeof key === 'string')
    return (
      [id, body, record ?? '', worker ?? ''].every(one => typeof one === 'string') &&
      Number.isInteger(attempts)
    )
  const { file, at } = (place ?? {}) as Loose
  return typeof withdrawn === 'string' && typeof file === 'string' && typeof at === 'number'
}

type Loose = Readonly<Record<string, unknown>>

const placeText = ({ file, at }: Place) => `${file} ${at}`

/** Few at first, for a single line is often all that is wanted. */
const bytesAtOnce = { first: 1 << 13, most: 1 << 18 }

/** Whole lines from a place on, each with where it begins and ends; a last one without its end is not read. */
function* linesOf(file: number, from: number, size: number) {
  let rest: Buffer = Buffer.alloc(0)
  let restAt = from
  let wanted = bytesAtOnce.first
  for (let at = from; at < size; wanted = Math.min(bytesAtOnce.most, wanted * 2)) {
    const piece = Buffer.allocUnsafe(Math.min(wanted, size - at))
    const read = readSync(file, piece, 0, piece.length, at)
    if (read === 0) return
    at += read
    rest =
      rest.length === 0 ? piece.subarray(0, read) : Buffer.concat([rest, piece.subarray(0, read)])
    let start = 0
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, start)) {
      yield { at: restAt + start, end: restAt + end + 1, bytes: rest.subarray(start, end) }
      start = end + 1
    }
    rest = rest.subarray(start)
    restAt += start
  }
}
