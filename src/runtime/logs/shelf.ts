import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { TaskqError } from '../queue/errors.ts'
import { openStore } from '../storage/open.ts'
import type { Store } from '../storage/store.ts'
import { type LogPlace, segmentPath, segmentsAmong } from './folder.ts'

/** Log files to read, wherever they lie. */
export interface Shelf {
  /** The oldest first. */
  readonly files: () => Promise<readonly LogFile[]>
  /** Its bytes from a place on, to the end that `files` told. */
  readonly read: (file: LogFile, from: number) => AsyncIterable<Uint8Array>
}

/** One file of a shelf. */
export interface LogFile {
  readonly name: string
  /** `undefined` where a listing does not tell; then the file is complete. */
  readonly bytes: number | undefined
}

/** Opens the place for reading. */
export async function openShelf(place: LogPlace): Promise<Shelf> {
  return place.kind === 'folder'
    ? folderShelf(place.folder)
    : storeShelf(await openStore(place.address))
}

/** Where it is, for people. */
export function placeText(place: LogPlace): string {
  return place.kind === 'folder' ? place.folder : place.address
}

/** The files of a folder; none where there is no folder. */
export function folderShelf(folder: string): Shelf {
  return {
    async files() {
      const names = segmentsAmong(await namesOf(folder))
      return await Promise.all(
        names.map(async name => ({
          name,
          // One that was removed meanwhile has nothing to read.
          bytes: await stat(segmentPath(folder, name)).then(
            ({ size }) => size,
            () => 0,
          ),
        })),
      )
    },
    async *read({ name, bytes = 0 }, from) {
      const piece = { start: from, end: bytes - 1, highWaterMark: 2 ** 20 }
      try {
        yield* createReadStream(segmentPath(folder, name), piece) as AsyncIterable<Buffer>
      } catch (error) {
        // A worker removed it to make room, after it was listed: it has nothing to read either.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      }
    },
  }
}

function storeShelf(store: Store): Shelf {
  return {
    async files() {
      const sizes = new Map<string, number | undefined>()
      for await (const { key, bytes } of store.list()) sizes.set(key, bytes)
      return segmentsAmong([...sizes.keys()]).map(name => ({ name, bytes: sizes.get(name) }))
    },
    async *read({ name }, from) {
      const opened = await store.read(name, { fromByte: from })
      if (opened !== undefined) yield* opened.body
    },
  }
}

async function namesOf(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    const message = `The logs in ${folder} cannot be read: ${String(cause)}`
    throw new TaskqError('unavailable', message, { cause })
  }
}
