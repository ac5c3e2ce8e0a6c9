import { TaskqError } from 'taskq-runtime'
import { durationText } from 'taskq-runtime/cli'
import type { Clock } from 'taskq-runtime/driver'
import { endOf, type FleetPlace } from '../kube/fleet.ts'
import { follow } from '../kube/follow.ts'
import {
  type Deployment,
  deploymentShape,
  eventShape,
  type Job,
  jobShape,
  type KubeEvent,
  type Pod,
  podShape,
} from '../kube/objects.ts'
import { type Kind, pathOf } from '../kube/paths.ts'
import { selectorOf } from '../manifest/names.ts'
import { unlessAborted } from '../unless-aborted.ts'
import type { Finding } from './causes.ts'
import { type FleetState, fleetState } from './fleet-state.ts'
import { finalFinding, isIdle, remember, type SeenSince, stuckFinding } from './patience.ts'

/** What one look at a fleet shows. */
export interface Observation {
  /** Whether the server has the Job or Deployment at all. */
  readonly isThere: boolean
  readonly state: FleetState
  readonly pods: readonly Pod[]
  /** The cause that will not go by itself, once its time is up. */
  readonly final?: Finding
  readonly trouble?: string
}

/** Which fleet is observed. */
export interface Observed {
  readonly place: FleetPlace
  /** The Job that counts; without one the last that has not ended. */
  readonly name: string | undefined
  /** Workers wanted where no Job says so. */
  readonly wanted: number
}

const LOOK_MILLISECONDS = 1_000
/** An upgrade of a zonal cluster keeps its server away for some minutes; after so long it is gone. */
const LONGEST_TROUBLE_SECONDS = 1_200

/** Looks at a fleet again and again until `seen` answers that it is enough, or the signal. */
export async function observe(
  { place, name, wanted }: Observed,
  clock: Clock,
  signal: AbortSignal,
  seen: (observation: Observation) => Promise<'enough' | 'go on'>,
): Promise<void> {
  const over = new AbortController()
  const both = AbortSignal.any([signal, over.signal])
  const sources = openSources(place, both)
  // A source ends early only by a fault that trying again would not mend.
  const broken = Promise.all(sources.following).then(() => new Promise<never>(() => {}))
  let since: SeenSince = new Map()
  let idleSince: number | undefined
  let troubledSince: number | undefined
  try {
    await unlessAborted(Promise.race([sources.filled, broken]), both)
    for (;;) {
      signal.throwIfAborted()
      const { jobs, services, pods, trouble, ...all } = sources.now()
      const job = chosen(jobs, name)
      const service = name === undefined ? services[0] : undefined
      const events = freshEvents(all.events, pods, jobs)
      const state = fleetState(job, service?.spec.replicas ?? wanted, pods, events)
      const now = clock.monotonic()
      troubledSince = trouble === undefined ? undefined : (troubledSince ?? now)
      if (trouble !== undefined) giveUpLongTrouble(trouble, now - (troubledSince ?? now))
      since = remember(since, state.findings, now)
      idleSince = isIdle(state) ? (idleSince ?? now) : undefined
      const final =
        finalFinding(since, state.findings, state.running, now) ??
        stuckFinding(state, pods, events, now - (idleSince ?? now))
      const isThere = job !== undefined || service !== undefined
      const observation = {
        ...{ isThere, state, pods },
        ...(final && { final }),
        ...(trouble && { trouble }),
      }
      if ((await seen(observation)) === 'enough') return
      await Promise.race([clock.sleep(LOOK_MILLISECONDS, signal), broken])
    }
  } finally {
    over.abort()
    await Promise.allSettled(sources.following)
  }
}

/** A cluster that was deleted meanwhile never answers again. */
function giveUpLongTrouble(trouble: string, milliseconds: number): void {
  const seconds = milliseconds / 1000
  if (seconds < LONGEST_TROUBLE_SECONDS) return
  throw new TaskqError(
    'unavailable',
    `${trouble} It has been so for ${durationText(seconds)}: the cluster may be gone.`,
  )
}

/** The kinds of object that are looked at. */
type Source = 'Job' | 'Deployment' | 'Pod' | 'Event'

/** The pods, Jobs, Deployments and events of a fleet, kept up to date. */
function openSources({ kube, namespace, task }: FleetPlace, signal: AbortSignal) {
  const kept: Partial<Record<Source, readonly unknown[]>> = {}
  let trouble: string | undefined
  const first = Promise.withResolvers<void>()
  const source = (kind: Source, query: Readonly<Record<string, string>>) =>
    follow(
      kube,
      {
        path: pathOf(kind satisfies Kind, namespace),
        query,
        changed: objects => {
          kept[kind] = [...objects.values()]
          trouble = undefined
          if (kept.Job && kept.Deployment && kept.Pod && kept.Event) first.resolve()
        },
        troubled: error => {
          trouble = error instanceof Error ? error.message : String(error)
          // With nothing to show there would be silence for as long as the server does not answer.
          first.reject(error)
        },
      },
      signal,
    )
  const labelSelector = selectorOf(task)
  return {
    filled: first.promise,
    following: [
      source('Job', { labelSelector }),
      source('Deployment', { labelSelector }),
      source('Pod', { labelSelector }),
      source('Event', {}),
    ],
    now: () => ({
      jobs: (kept.Job ?? []).map((each): Job => jobShape.parse(each)),
      services: (kept.Deployment ?? []).map((each): Deployment => deploymentShape.parse(each)),
      pods: (kept.Pod ?? []).map((each): Pod => podShape.parse(each)),
      events: (kept.Event ?? []).map((each): KubeEvent => eventShape.parse(each)),
      trouble,
    }),
  }
}

function chosen(jobs: readonly Job[], name: string | undefined): Job | undefined {
  if (name !== undefined) return jobs.find(({ metadata }) => metadata.name === name)
  return jobs.find(job => endOf(job) === undefined) ?? jobs.at(-1)
}

/** Events outlive what they tell of: those of pods and Jobs that are gone are no news. */
function freshEvents(
  events: readonly KubeEvent[],
  pods: readonly Pod[],
  jobs: readonly Job[],
): readonly KubeEvent[] {
  const names = new Set([...pods, ...jobs].map(({ metadata }) => metadata.name))
  return events.filter(
    ({ involvedObject: { kind, name } }) => kind === 'ReplicaSet' || names.has(name),
  )
}
