import { quotedAddress } from '../queue/address.ts'
import { TaskqError } from '../queue/errors.ts'
import { refuseMissing } from '../queue/needs.ts'
import { schemeOf } from './scheme.ts'
import type { Store, StoreModule, StoreOptions } from './store.ts'

/** Every kind of store, by scheme; loaded when an address asks for it. */
export const storeModules = {
  file: async () => (await import('./file.ts')).file,
  s3: async () => (await import('./s3.ts')).s3,
  gs: async () => (await import('./gs.ts')).gs,
  https: async () => (await import('./https.ts')).https,
} as const satisfies Record<string, () => Promise<StoreModule>>

/** Opens the store that an address such as `CF_CLOUDPATH` names; a plain path is a folder of this machine. */
export async function openStore(address: string, options: StoreOptions = {}): Promise<Store> {
  if (address.trim() === '')
    throw new TaskqError(
      'invalid',
      'There is no address of a store. Set CF_CLOUDPATH in config/task.env, for example CF_CLOUDPATH=file:///data/results',
    )
  const scheme = schemeOf(address) ?? 'file'
  if (!Object.hasOwn(storeModules, scheme))
    throw new TaskqError(
      'unsupported',
      `${quotedAddress(address)} names a store of a kind this version does not know (${scheme}:). Known: ${Object.keys(storeModules).join(': ')}:. Write it like gs://bucket/folder or file:///data/results.`,
    )
  const module = await storeModules[scheme as keyof typeof storeModules]()
  refuseMissing(module)
  const { env = process.env, tries = 5, silenceSeconds = 60, random = Math.random } = options
  return await module.open(address, { env, tries, silenceSeconds, random })
}
