import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeTemporaryFolder } from '../config/temporary-folder.ts'
import type { Source } from './table.ts'

/** A file of our own in a directory of our own, for what cannot be read twice where it is. */
export interface Spool {
  readonly path: string
  /** Removes the file and its directory. */
  remove(): Promise<void>
}

/** Writes `chunks` to a temporary file which only this user can read; leaves nothing behind when that fails. */
export async function spool(
  chunks: AsyncIterable<Uint8Array | string>,
  name: string,
): Promise<Spool> {
  const directory = await makeTemporaryFolder('table')
  const remove = () => rm(directory, { recursive: true, force: true })
  const path = join(directory, name)
  try {
    const handle = await open(path, 'wx', 0o600)
    try {
      for await (const chunk of chunks) await handle.writeFile(chunk)
    } finally {
      await handle.close()
    }
  } catch (error) {
    await remove()
    throw error
  }
  return { path, remove }
}

/** The source with its spool removed when it is closed, or at once when it cannot be opened. */
export async function fromSpool(
  spooled: Spool,
  open_: (path: string) => Promise<Source>,
): Promise<Source> {
  try {
    const source = await open_(spooled.path)
    return {
      ...source,
      async close() {
        await source.close()
        await spooled.remove()
      },
    }
  } catch (error) {
    await spooled.remove()
    throw error
  }
}
