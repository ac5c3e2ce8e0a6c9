import type { Pod } from '../kube/objects.ts'

/** What a fleet costs: dollars an hour for one machine, and for the cluster without any. */
export interface Prices {
  readonly machinePerHour: number
  readonly idlePerHour: number
}

/** What it costs now and what it has cost. */
export interface Cost {
  readonly machines: number
  readonly perHour: number
  /** Since the cluster was made, as far as the pods that are still known tell of machines. */
  readonly soFar: number
}

/** Reckons the cost of a fleet from its pods: a machine is paid for from its first pod on. */
export function costOf(
  pods: readonly Pod[],
  { machinePerHour, idlePerHour }: Prices,
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
  const each = [...machines.values()]
  const machineHours = each.reduce((sum, { since }) => sum + hours(now - since), 0)
  const busy = each.filter(machine => machine.busy).length
  const clusterHours = clusterCreatedAt === undefined ? 0 : hours(now - clusterCreatedAt)
  return {
    machines: busy,
    perHour: idlePerHour + busy * machinePerHour,
    soFar: clusterHours * idlePerHour + machineHours * machinePerHour,
  }
}

function hours(milliseconds: number): number {
  return Math.max(0, milliseconds) / 3_600_000
}
