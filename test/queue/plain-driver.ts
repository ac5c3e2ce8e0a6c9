import type { Driver, Limits } from '../../src/runtime/index.ts'
import { openDriver } from '../../src/runtime/queue/open.ts'
import { ManualClock } from '../../src/runtime/testing/index.ts'
import { turnOfTheLoop } from '../support/turns.ts'

/** A driver with the eight verbs and nothing else, small limits, and queues beside it. */
export interface Plain {
  readonly driver: Driver
  readonly clock: PassingClock
  readonly beside: ReadonlyMap<'dead' | 'results', Driver>
  /** How many items each call brought. */
  readonly calls: { readonly verb: string; readonly items: number }[]
}

/** A clock that lets what it wakes run before it goes on. */
class PassingClock extends ManualClock {
  async pass(seconds: number): Promise<void> {
    await turnOfTheLoop()
    this.advance(seconds)
    await turnOfTheLoop()
  }
}

/** What a service such as a message queue offers, on top of a real memory queue. */
export async function openPlain({
  limits = {},
  companions = true,
}: {
  limits?: Partial<Limits>
  companions?: boolean
} = {}): Promise<Plain> {
  const clock = new PassingClock()
  const { tasks: _, results: __, ...verbs } = await openDriver('memory:', { clock })
  const beside = new Map<'dead' | 'results', Driver>()
  const calls: { verb: string; items: number }[] = []
  const noted = <Answer>(verb: string, items: readonly unknown[], answer: Answer): Answer => {
    calls.push({ verb, items: items.length })
    return answer
  }
  const driver: Driver = {
    ...verbs,
    limits: { ...verbs.limits, ...limits },
    insert: messages => noted('insert', messages, verbs.insert(messages)),
    extend: (leases, seconds) => noted('extend', leases, verbs.extend(leases, seconds)),
    release: (leases, delay) => noted('release', leases, verbs.release(leases, delay)),
    complete: leases => noted('complete', leases, verbs.complete(leases)),
    ...(companions && {
      async companion(purpose) {
        const queue = await openDriver('memory:')
        beside.set(purpose, queue)
        return queue
      },
    }),
  }
  return { driver, clock, beside, calls }
}
