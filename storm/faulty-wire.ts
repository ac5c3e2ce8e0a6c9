import { type Fate, pass, type Seen } from '../test/support/fault-proxy.ts'
import { onField } from './field.ts'
import type { Kind } from './grounds.ts'
import { lookBack } from './look.ts'
import type { Figures, Storm } from './storm.ts'

/** What becomes of each request in turn. */
export type FatePlan = (request: Seen) => Fate | Promise<Fate>

/** Two workers drain a queue while a plan decides over each of their requests. */
export async function workUnder(
  storm: Storm,
  plan: FatePlan,
  { url = storm.ground.url }: { readonly url?: string } = {},
): Promise<Figures> {
  const { wire } = storm.ground
  if (wire === undefined) throw new Error(`${storm.kind.name} has no wire`)
  const tasks = new Array(storm.isLong ? 5000 : 300).fill({ does: 'waits', seconds: 0.02 })
  const settings = { TQ_CONCURRENCY: '4', TQ_LEASE_SECONDS: '3' }
  return await onField(storm, { tasks, settings }, async field => {
    const { workers, watch } = field
    let faults = 0
    wire.fate = async request => {
      const fate = await plan(request)
      if (fate.kind !== 'pass') faults += 1
      return fate
    }
    workers.launch({ url })
    workers.launch({ url })
    const ends = await workers.gone(watch, tasks.length)
    wire.fate = () => pass
    const { figures } = await lookBack(storm, field)
    return {
      ...figures,
      faults: [
        ...figures.faults,
        ...ends,
        ...(faults > 0 ? [] : ['nothing was done to any request']),
      ],
      note: `${faults} of ${wire.seen.length} requests ill-treated`,
    }
  })
}

/** Why a test of the wire says nothing about a kind of queue. */
export function refuseWithoutWire({ medium }: Kind): string | undefined {
  return medium === 'service' ? undefined : 'no wire lies between it and its workers'
}
