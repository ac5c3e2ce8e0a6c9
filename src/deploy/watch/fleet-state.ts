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
  const most = job?.spec.completions ?? wanted
  const finished = job?.status.succeeded ?? 0
  // The events of pods that were refused outlive the refusals: with all pods there they are over.
  const isWhole = live.filter(isOnItsWay).length + finished >= most
  const findings = findCauses(pods, isWhole ? events.filter(isNoRefusal) : events)
  return {
    wanted: most,
    running: live.filter(isRunning).length,
    pending: live.filter(({ status }) => status.phase === 'Pending').length,
    finished,
    preempted: findings.find(({ cause }) => cause === 'preempted')?.count ?? 0,
    paused: job?.spec.suspend ?? false,
    ...(end && { end }),
    // What came and went is of no interest once all is done.
    findings: end !== undefined && !end.failed ? [] : findings,
  }
}

function isNoRefusal({ reason }: KubeEvent): boolean {
  return reason !== 'FailedCreate'
}

function isOnItsWay({ status }: Pod): boolean {
  return status.phase === 'Pending' || status.phase === 'Running'
}

function isRunning({ status }: Pod): boolean {
  return status.phase === 'Running' && status.containerStatuses.some(({ state }) => state.running)
}
