import type { Driver, Limits } from '../../src/runtime/index.ts'
import { openDriver } from '../../src/runtime/queue/open.ts'

/** A driver with the eight verbs and nothing else, small limits, and queues beside it. */
export interface Plain {
  readonly driver: Driver
  readonly beside: ReadonlyMap<'dead' | 'results', Driver>
  /** How many items each call brought. */
  readonly calls: { readonly verb: string; readonly items: number }[]
}

/** What a service such as a message queue offers, on top of a real memory queue. */
export async function openPlain({
  limits = {},
  companions = true,
}: {
  limits?: Partial<Limits>
  companions?: boolean
} = {}): Promise<Plain> {
  const { tasks: _, results: __, ...verbs } = await openDriver('memory:')
  const beside = new Map<'dead' | 'results', Driver>()
  const calls: { verb: string; items: number }[] = []
  const noted = <Items extends { readonly length: number }, Rest extends unknown[], Answer>(
    verb: string,
    act: (items: Items, ...rest: Rest) => Answer,
  ) => {
    return (items: Items, ...rest: Rest): Answer => {
      calls.push({ verb, items: items.length })
      return act(items, ...rest)
    }
  }
  const driver: Driver = {
    ...verbs,
    limits: { ...verbs.limits, ...limits },
    insert: noted('insert', verbs.insert),
    extend: noted('extend', verbs.extend),
    release: noted('release', verbs.release),
    complete: noted('complete', verbs.complete),
    ...(companions && {
      async companion(purpose) {
        const queue = await openDriver('memory:')
        beside.set(purpose, queue)
        return queue
      },
    }),
  }
  return { driver, beside, calls }
}
