import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { segmentName, segmentPath, segmentsAmong } from './folder.ts'

/** Where the files of a worker lie, and how large they get. */
export interface SegmentOptions {
  readonly folder: string
  readonly worker: string
  /** About how much the folder keeps, of all workers together. */
  readonly limitBytes: number
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Takes a log file that is complete to where it outlives this machine; the place for a fleet's store. */
  readonly keepElsewhere?: (name: string, path: string) => Promise<void>
}

/** A file is at most this part of what the folder keeps: the oldest goes as a whole. */
const filesInFolder = 16
/** A file that is to be taken elsewhere is complete after so long, for its machine may vanish. */
const elsewhereMilliseconds = 60_000

interface Segment {
  readonly name: string
  readonly file: FileHandle
  readonly since: number
  bytes: number
}

/** Adds lines to log files in a folder, begins new ones and removes the oldest. */
export class Segments {
  readonly #options: SegmentOptions
  #segment: Segment | undefined
  /** One thing after the other: what is to be written next waits for what is being closed. */
  #last: Promise<void> = Promise.resolve()

  constructor(options: SegmentOptions) {
    this.#options = options
  }

  write(lines: readonly string[]): Promise<void> {
    return this.#inTurn(() => this.#write(lines))
  }

  /** Closes a file that is to be taken elsewhere once it is old enough; to be called now and then. */
  closeOld(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#segment !== undefined && this.#isFull(this.#segment)) await this.#close()
    })
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#close())
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(act)
    this.#last = turn.catch(() => {})
    return turn
  }

  async #write(lines: readonly string[]): Promise<void> {
    const segment = await this.#current()
    const bytes = Buffer.from(lines.join(''))
    try {
      await segment.file.write(bytes)
    } catch (error) {
      // What was written in part is torn: the next lines go to a file of their own.
      await this.#close()
      throw error
    }
    segment.bytes += bytes.length
  }

  async #close(): Promise<void> {
    const segment = this.#segment
    if (segment === undefined) return
    this.#segment = undefined
    await segment.file.close()
    const { folder, keepElsewhere } = this.#options
    await keepElsewhere?.(segment.name, segmentPath(folder, segment.name))
  }

  async #current(): Promise<Segment> {
    const segment = this.#segment
    if (segment !== undefined) {
      // Another worker may have removed it to make room, or a person.
      const isThere = (await segment.file.stat()).nlink > 0
      if (isThere && !this.#isFull(segment)) return segment
      await this.#close()
    }
    const { folder, worker, now } = this.#options
    await mkdir(folder, { recursive: true })
    await this.#makeRoom()
    const since = now()
    const name = segmentName(worker, since)
    const file = await open(segmentPath(folder, name), 'a')
    this.#segment = { name, file, since, bytes: (await file.stat()).size }
    return this.#segment
  }

  #isFull({ bytes, since }: Segment): boolean {
    const { limitBytes, now, keepElsewhere } = this.#options
    if (bytes >= limitBytes / filesInFolder) return true
    return keepElsewhere !== undefined && now() - since >= elsewhereMilliseconds
  }

  /** Removes the oldest files until there is room for another. */
  async #makeRoom(): Promise<void> {
    const { folder, limitBytes } = this.#options
    const sizes = await Promise.all(
      segmentsAmong(await readdir(folder)).map(async name => {
        const path = segmentPath(folder, name)
        // One that is gone takes no room: another worker makes room as well.
        return {
          path,
          bytes: await stat(path).then(
            ({ size }) => size,
            () => 0,
          ),
        }
      }),
    )
    let bytes = sizes.reduce((sum, each) => sum + each.bytes, 0)
    const mostBytes = limitBytes - limitBytes / filesInFolder
    for (const oldest of sizes) {
      if (bytes <= mostBytes) return
      await rm(oldest.path, { force: true })
      bytes -= oldest.bytes
    }
  }
}
