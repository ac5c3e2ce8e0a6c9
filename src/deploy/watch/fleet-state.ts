import { endOf } from '../kube/fleet.ts'
import type { Job, KubeEvent, Pod } from '../kube/objects.ts'
import { type Finding, findCauses } from './causes.ts'

/** How a fleet is at one moment. */
export interface FleetState {
  readonly wanted: number
  readonly running: number
  readonly pending: number
  /** Workers that found nothing left to do and left. */
  readonly finished: number
  /** Pods lost with their machines so far, as far as they are still known. */
  readonly preempted: number
  readonly paused: boolean
  readonly end?: { readonly failed: boolean; readonly why: string }
  readonly findings: readonly Finding[]
}

/** Makes one picture of what a server has; `job` is absent for a fleet that never ends. */
export function fleetState(
  job: Job | undefined,
  wanted: number,
  pods: readonly Pod[],
  events: readonly KubeEvent[],
): FleetState {
  const end = job && endOf(job)
  const live = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  const findings = findCauses(pods, events)
  return {
    wanted: job?.spec.completions ?? wanted,
    running: live.filter(isRunning).length,
    pending: live.filter(({ status }) => status.phase === 'Pending').length,
    finished: job?.status.succeeded ?? 0,
    preempted: findings.find(({ cause }) => cause === 'preempted')?.count ?? 0,
    paused: job?.spec.suspend ?? false,
    ...(end && { end }),
    // What came and went is of no interest once all is done.
    findings: end !== undefined && !end.failed ? [] : findings,
  }
}

function isRunning({ status }: Pod): boolean {
  return status.phase === 'Running' && status.containerStatuses.some(({ state }) => state.running)
}
