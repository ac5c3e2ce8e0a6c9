import type { Pod } from '../kube/objects.ts'
import { findMachine, type Machine } from '../machines.ts'
import type { Provisioning } from '../plan.ts'
import type { NodeKind, NodeKinds } from './node-look.ts'

/** What a fleet costs: dollars an hour for a machine of a kind, and for the cluster without any. */
export interface Prices {
  /** What a machine of which nothing is known costs is asked for by `undefined`. */
  readonly ofMachine: (kind: NodeKind | undefined) => MachinePrice
  readonly idlePerHour: number
}

/** What one machine costs, in dollars, and how well that is known. */
export interface MachinePrice {
  readonly perHour: number
  readonly surety: Surety
}

/** `at least`: of some machines it is not known what they cost. */
export type Surety = 'known' | 'at least'

/** What it costs now and what it has cost. */
export interface Cost {
  readonly machines: number
  readonly perHour: number
  /** Since the cluster was made, as far as the pods that are still known tell of machines. */
  readonly soFar: number
  readonly surety: Surety
}

/**
 * The price of machines by what they are, given the type that was planned and how its machines are
 * provided. Of a type without a price it is only known that it costs something.
 */
export function pricesOf(
  planned: Machine,
  provided: Provisioning | 'spot-then-on-demand',
): Prices['ofMachine'] {
  return kind => {
    if (kind === undefined) {
      const perHour = provided === 'on-demand' ? planned.onDemand : planned.spot
      return { perHour, surety: provided === 'spot-then-on-demand' ? 'at least' : 'known' }
    }
    const machine = kind.machine === planned.name ? planned : findMachine(kind.machine)
    if (machine === undefined) return { perHour: 0, surety: 'at least' }
    return { perHour: kind.spot ? machine.spot : machine.onDemand, surety: 'known' }
  }
}

/** Reckons the cost of a fleet from its pods: a machine is paid for from its first pod on. */
export function costOf(
  pods: readonly Pod[],
  kinds: NodeKinds,
  { ofMachine, idlePerHour }: Prices,
  clusterCreatedAt: number | undefined,
  now: number,
): Cost {
  const machines = new Map<string, { since: number; busy: boolean }>()
  for (const { spec, status } of pods) {
    if (spec.nodeName === undefined) continue
    const started = Date.parse(status.startTime ?? '')
    const before = machines.get(spec.nodeName)
    machines.set(spec.nodeName, {
      since: Math.min(before?.since ?? now, Number.isNaN(started) ? now : started),
      busy: before?.busy === true || status.phase === 'Running' || status.phase === 'Pending',
    })
  }
  const each = [...machines].map(([name, machine]) => ({
    ...machine,
    ...ofMachine(kinds.get(name)),
  }))
  const busy = each.filter(machine => machine.busy)
  const clusterHours = clusterCreatedAt === undefined ? 0 : hours(now - clusterCreatedAt)
  return {
    machines: busy.length,
    perHour: busy.reduce((sum, { perHour }) => sum + perHour, idlePerHour),
    soFar: each.reduce(
      (sum, { since, perHour }) => sum + hours(now - since) * perHour,
      clusterHours * idlePerHour,
    ),
    surety: each.every(({ surety }) => surety === 'known') ? 'known' : 'at least',
  }
}

function hours(milliseconds: number): number {
  return Math.max(0, milliseconds) / 3_600_000
}
