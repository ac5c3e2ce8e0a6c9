import { parseAddress, withoutPassword } from './address.ts'
import { systemClock } from './clock.ts'
import type { Driver, DriverModule, Inventory, OpenOptions } from './driver.ts'
import { TaskqError } from './errors.ts'
import { refuseMissing } from './needs.ts'
import { createQueue, type Queue } from './queue.ts'

/** How a queue is opened; every part has a default. */
export interface QueueOptions extends Partial<OpenOptions> {
  /** Drivers of your own, looked at before ours. */
  readonly drivers?: readonly DriverModule[]
  /**
   * The Python function that our messages call where Python shares the queue: `module:function`.
   * Default: TQ_PYTHON_FUNCTION, else `<project>.task:_run_task`.
   */
  readonly callee?: string | undefined
}

/**
 * Opens the queue that a URL or a bare path names. A file is made unless `create` is false, what
 * costs money in a cloud only if it is true.
 */
export async function openQueue(name: string, options: QueueOptions = {}): Promise<Queue> {
  return createQueue(await openDriver(name, options), options.clock, options.callee)
}

/** Opens the bare driver behind a queue's URL, without the core's checks. */
export async function openDriver(name: string, options: QueueOptions = {}): Promise<Driver> {
  const { scheme, rest } = parseAddress(name)
  const { clock = systemClock, random = Math.random } = options
  const module = await findModule(scheme, name, options.drivers ?? [])
  const { create = module.making !== 'when asked' } = options
  refuseMissing(module)
  return await module.open(rest, { create, clock, random })
}

/** Looks at what there is of a queue in its store; `undefined` where its driver cannot tell. */
export async function takeInventory(
  name: string,
  options: QueueOptions = {},
): Promise<Inventory | undefined> {
  const { scheme, rest } = parseAddress(name)
  const { clock = systemClock, random = Math.random } = options
  const module = await findModule(scheme, name, options.drivers ?? [])
  refuseMissing(module)
  return await module.inventory?.(rest, { create: false, clock, random })
}

/** Every driver of this package, by scheme; loaded when a URL asks for it. */
export const driverModules = {
  sqlite: async () => (await import('../drivers/sqlite/index.ts')).sqlite,
  fq: async () => (await import('../drivers/fq/index.ts')).fq,
  sqs: async () => (await import('../drivers/sqs/index.ts')).sqs,
  pubsub: async () => (await import('../drivers/pubsub/index.ts')).pubsub,
  memory: async () => (await import('../drivers/memory.ts')).memory,
} as const satisfies Record<string, () => Promise<DriverModule>>

async function findModule(
  scheme: string,
  name: string,
  own: readonly DriverModule[],
): Promise<DriverModule> {
  const given = own.find(module => module.scheme === scheme)
  if (given !== undefined) return given
  if (Object.hasOwn(driverModules, scheme))
    return await driverModules[scheme as keyof typeof driverModules]()
  const known = [...own.map(module => module.scheme), ...Object.keys(driverModules)]
  throw new TaskqError(
    'invalid',
    `"${withoutPassword(name)}" names a queue of a kind this version does not know (${scheme}:). Known: ${known.map(one => `${one}:`).join(' ')}. For a file of this machine write sqlite:queue.db.`,
  )
}
