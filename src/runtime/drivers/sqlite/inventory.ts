import { existsSync, rmSync } from 'node:fs'
import type { Inventory, OpenOptions } from '../../queue/driver.ts'
import { prepareFile } from './open.ts'

/** The queue's file, when it is there and is ours; SQLite's own files beside it go with it. */
export async function inventoryOf(path: string, options: OpenOptions): Promise<Inventory> {
  if (!existsSync(path)) return { parts: [], left: [], remove: () => Promise.resolve() }
  const { db } = await prepareFile(path, true, { ...options, create: false })
  db.close()
  return {
    parts: [`file ${path}`],
    left: [],
    remove() {
      // The queue first: a log without its file is nothing, a file without its log may lack the last tasks.
      for (const ending of ['', '-wal', '-shm']) rmSync(`${path}${ending}`, { force: true })
      return Promise.resolve()
    },
  }
}
