import { join } from 'node:path'
import { Breather } from './breather.ts'
import { rezero } from './counters.ts'
import { codeOf, filesIn, removed, writeWhole } from './folder.ts'
import { newEpoch, type Store } from './store.ts'

/** Removes every task and all that is known of any, and begins another life of the queue. */
export async function purge(
  store: Store,
  told?: (removed: number) => Promise<void>,
): Promise<void> {
  const { folder } = store
  // First: whoever still holds a task finds his token worth nothing.
  writeWhole(folder, folder.epoch, newEpoch())
  const breather = new Breather()
  let files = 0
  const { queue, movement, attempts, dead, done, holds, past, quarantine } = folder
  for (const path of [queue, movement, attempts, dead, done, holds, past, quarantine])
    for (const file of filesIn(path)) {
      removedFile(join(path, file))
      files += 1
      if (await breather.breathe()) await told?.(files)
    }
  rezero(store)
  store.bodies.clear()
  store.kinds.clear()
}

/** What is no file was never ours, and Python would stumble over it as before. */
function removedFile(path: string): void {
  try {
    removed(path)
  } catch (error) {
    if (!['EISDIR', 'EPERM'].includes(codeOf(error) ?? '')) throw error
  }
}
