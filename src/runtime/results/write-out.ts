import { open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isTaskqError, TaskqError } from '../queue/errors.ts'

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
  signal: AbortSignal,
): Promise<void> {
  try {
    if (await isSpecial(path)) await writeTo(path, pieces, signal)
    else await writeBeside(path, pieces, signal)
  } catch (cause) {
    // A fault of the pieces is none of the file.
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause
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

/** Whether there is something at the path that is no file: `/dev/stdout`, a named pipe, `>(gzip)`. */
async function isSpecial(path: string): Promise<boolean> {
  try {
    const found = await stat(path)
    if (found.isDirectory())
      throw new TaskqError(
        'invalid',
        `${path} is a folder. Name a file in it: ${join(path, 'results.ndjson')}`,
      )
    return !found.isFile()
  } catch (error) {
    if (isTaskqError(error)) throw error
    return false
  }
}
