import { existsSync, lstatSync, realpathSync, rmSync } from 'node:fs'
import type { Inventory, OpenOptions } from '../../queue/driver.ts'
import { prepareFile } from './open.ts'

/** The queue's file, when it is there and is ours; SQLite's own files beside it go with it. */
export async function inventoryOf(path: string, options: OpenOptions): Promise<Inventory> {
  if (!existsSync(path)) return { parts: [], left: [], remove: () => Promise.resolve() }
  const { db } = await prepareFile(path, true, { ...options, create: false })
  db.close()
  // Through a link the queue itself is meant, which would stay if only the link were removed.
  const links = lstatSync(path).isSymbolicLink() ? [path] : []
  const file = links.length > 0 ? realpathSync(path) : path
  return {
    parts: [`file ${file}`, ...links.map(link => `link ${link}`)],
    left: [],
    remove() {
      // The queue first: a log without its file is nothing, a file without its log may lack the last tasks.
      for (const ending of ['', '-wal', '-shm']) rmSync(`${file}${ending}`, { force: true })
      for (const link of links) rmSync(link, { force: true })
      return Promise.resolve()
    },
  }
}
