import { readFile, rm } from 'node:fs/promises'
import type { Store } from '../storage/store.ts'
import type { Told } from '../watching/told.ts'

/**
 * Takes complete log files to a store and removes them here, because the disk of a pod goes with it.
 * What the store does not take stays, and is told of.
 */
export function shipTo(
  open: () => Promise<Store>,
  address: string,
  tell: (told: Told) => void,
): (name: string, path: string) => Promise<void> {
  let store: Promise<Store> | undefined
  return async (name, path) => {
    try {
      store ??= open()
      await (await store).write(name, await readFile(path), { contentType: 'application/x-ndjson' })
      await rm(path, { force: true })
    } catch (error) {
      // The next file tries anew.
      store = undefined
      const what = `the log ${path} could not be taken to ${address} and stays there`
      const reason = error instanceof Error ? error.message : String(error)
      tell({ event: 'watch-trouble', what, reason })
    }
  }
}
