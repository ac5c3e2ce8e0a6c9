import type { KubeEvent, Pod } from '../kube/objects.ts'
import { type CauseName, causes, type Finding } from './causes.ts'
import type { FleetState } from './fleet-state.ts'

/** Since when each cause has been seen without a break, in milliseconds of a steady clock. */
export type SeenSince = ReadonlyMap<CauseName, number>

/** The memory after another look: what is no longer there is forgotten. */
export function remember(
  seen: SeenSince,
  findings: readonly Finding[],
  milliseconds: number,
): SeenSince {
  return new Map(findings.map(({ cause }) => [cause, seen.get(cause) ?? milliseconds]))
}

/** The finding whose time is up; none while any worker runs, for then the fleet gets on. */
export function finalFinding(
  seen: SeenSince,
  findings: readonly Finding[],
  running: number,
  milliseconds: number,
): Finding | undefined {
  if (running > 0) return undefined
  return findings.find(({ cause }) => {
    const { patienceSeconds } = causes[cause]
    const since = seen.get(cause) ?? milliseconds
    return patienceSeconds !== undefined && milliseconds - since >= patienceSeconds * 1000
  })
}

/** How long a fleet may be without a running worker, whatever the cause, before it is given up. */
const LONGEST_IDLE_SECONDS = 900

/** Whether workers should run and none does. */
export function isIdle({ running, paused, wanted, end }: FleetState): boolean {
  return running === 0 && !paused && wanted > 0 && end === undefined
}

/** The finding for a fleet that none of the causes explains, or one without an end of its own. */
export function stuckFinding(
  { wanted, finished }: FleetState,
  pods: readonly Pod[],
  events: readonly KubeEvent[],
  idleMilliseconds: number,
): Finding | undefined {
  if (idleMilliseconds < LONGEST_IDLE_SECONDS * 1000) return undefined
  const pending = pods.find(({ status }) => status.phase === 'Pending')
  const warning = events.findLast(({ type }) => type === 'Warning')
  return {
    cause: 'stuck',
    count: Math.max(1, wanted - finished),
    first: pending?.metadata.name ?? 'no pod',
    says: warning?.message ?? waitingFor(pending) ?? 'The cluster gives no reason.',
  }
}

function waitingFor(pod: Pod | undefined): string | undefined {
  const waiting = pod?.status.containerStatuses.find(({ state }) => state.waiting)?.state.waiting
  return waiting && (waiting.message || waiting.reason)
}
