import type { Stats } from 'node:fs'
import { open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { withoutPassword } from '../queue/address.ts'
import { TaskqError } from '../queue/errors.ts'
import { storeModules } from '../storage/open.ts'
import { schemeOf } from '../storage/scheme.ts'
import { writePipe } from './pipe.ts'
import type { ResultsIo } from './printing.ts'

/** Pieces of a file as they come. */
export type Pieces = AsyncIterable<string | Uint8Array>

const pieceCharacters = 65_536
/** Faults that another try cannot mend: the path is wrong, or not for this user. */
const misnamed: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS'])

/** Pieces of some size: a stream takes longer over a short line than reading it took. */
export async function* gathered(pieces: Pieces): AsyncGenerator<string | Uint8Array> {
  let text = ''
  for await (const piece of pieces) {
    if (typeof piece !== 'string') {
      yield piece
      continue
    }
    text += piece
    if (text.length < pieceCharacters) continue
    yield text
    text = ''
  }
  if (text !== '') yield text
}

/**
 * Writes a file that appears under its name once it is complete and on the disk; until then, and after
 * a fault, what was there before stays. A pipe or device is written as it is.
 */
export async function writeFileWhole(
  path: string,
  pieces: Pieces,
  io: Pick<ResultsIo, 'signal' | 'clock' | 'err'>,
): Promise<void> {
  const { signal } = io
  try {
    const found = await lookAt(path)
    if (found?.isFIFO()) await writePipe(path, gathered(pieces), io)
    else if (await isWrittenWhole(path)) await writeBeside(await placeOf(path), pieces, signal)
    else await writeTo(path, pieces, signal)
  } catch (cause) {
    // A fault of the pieces is none of the file, and a reader that has seen enough is no fault.
    if (!(cause instanceof Error && 'syscall' in cause) || isReaderGone(cause)) throw cause
    throw new TaskqError(
      misnamed.has(String((cause as NodeJS.ErrnoException).code)) ? 'invalid' : 'unavailable',
      `Nothing could be written to ${path}: ${cause.message}. Name a file in a folder that is there and has room; what is in the queue stays there.`,
      { cause },
    )
  }
}

async function writeBeside(path: string, pieces: Pieces, signal: AbortSignal): Promise<void> {
  const part = join(dirname(path), `.${basename(path)}.${process.pid}.part`)
  try {
    await writeTo(part, pieces, signal)
    await rename(part, path)
  } catch (error) {
    // What could not be written may not be there to be removed either: the first fault tells more.
    await rm(part, { force: true }).catch(() => {})
    throw error
  }
}

async function writeTo(path: string, pieces: Pieces, signal: AbortSignal): Promise<void> {
  const file = await open(path, 'w')
  try {
    for await (const piece of gathered(pieces)) {
      signal.throwIfAborted()
      await file.writeFile(piece)
    }
    signal.throwIfAborted()
    // A pipe cannot be synced, and need not be.
    await file.sync().catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EINVAL' && error.code !== 'ENOTSUP') throw error
    })
  } finally {
    await file.close()
  }
}

/** Whether whoever read what is written has seen enough. */
export function isReaderGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE'
}

/** Refuses the address of a store as a file to write; `flag` names where it was given. */
export function refuseAddress(flag: string, path: string | undefined): void {
  const scheme = path === undefined ? undefined : schemeOf(path)
  if (path === undefined || scheme === undefined) return
  // A file's name may hold a colon: `at-12:30.csv`.
  if (!Object.hasOwn(storeModules, scheme) && !path.includes('://')) return
  throw new TaskqError(
    'invalid',
    `${flag} takes a path of this machine, not "${withoutPassword(path)}". Write a file, then copy it there.`,
  )
}

/** Whether a file takes the place of what is there once it is complete: not of a pipe, a device or an open file. */
export async function isWrittenWhole(path: string): Promise<boolean> {
  const found = await lookAt(path)
  return found === undefined || (found.isFile() && !openElsewhere.test(path))
}

/** Names of files that a program has open, such as `/dev/stdout`. */
const openElsewhere = /^\/(?:dev\/(?:std|fd\/)|proc\/)/

/** Where a link leads, so that it stays one; the path itself where nothing is yet. */
async function placeOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    return path
  }
}

async function lookAt(path: string): Promise<Stats | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory())
    throw new TaskqError(
      'invalid',
      `${path} is a folder. Name a file in it: ${join(path, 'results.ndjson')}`,
    )
  return found
}
