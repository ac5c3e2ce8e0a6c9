import { fetchFile } from './https.ts'
import { openStore } from './open.ts'
import { schemeOf } from './scheme.ts'
import type { Aborting, OpenedFile, StoreOptions } from './store.ts'

/** Opens the one file that an address names: `gs://bucket/tasks.feather`; `undefined` when there is none. */
export async function openAddress(
  address: string,
  options: StoreOptions & Aborting = {},
): Promise<OpenedFile | undefined> {
  const { signal, tries = 5, random = Math.random } = options
  const aborting = signal === undefined ? {} : { signal }
  // An https: address may carry a signature, which belongs to no folder.
  if (schemeOf(address) === 'https') return await fetchFile(address, { tries, random, ...aborting })
  const end = address.lastIndexOf('/') + 1
  const store = await openStore(address.slice(0, end), options)
  return await store.read(address.slice(end), aborting)
}
