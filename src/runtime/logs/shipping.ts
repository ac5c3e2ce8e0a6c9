import { rmdir } from 'node:fs/promises'
import { makeTemporaryFolder } from '../config/temporary-folder.ts'
import { openStore } from '../storage/open.ts'
import type { Watcher } from '../watching/watcher.ts'
import { type KeeperOptions, logKeeper } from './keeper.ts'
import { shipTo } from './ship.ts'

/**
 * Keeps what tasks write for the store at an address: gathers it in a folder that nobody else has,
 * for on a shared machine another user may have made one of a name that can be guessed.
 */
export async function shippingKeeper(
  address: string,
  options: Omit<KeeperOptions, 'folder' | 'keepElsewhere'>,
): Promise<Watcher> {
  const { tell } = options
  let folder: string
  try {
    folder = await makeTemporaryFolder('logs')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    tell({ event: 'watch-trouble', what: 'what tasks write is not kept', reason })
    return {}
  }
  const keepElsewhere = shipTo(() => openStore(address), address, tell)
  const keeper = logKeeper({ ...options, folder, keepElsewhere })
  return {
    ...keeper,
    async close() {
      await keeper.close?.()
      // What the store did not take stays, and with it the folder.
      await rmdir(folder).catch(() => {})
    },
  }
}
