import type { Clock } from 'taskq-runtime/driver'
import { endOf, type FleetPlace } from '../kube/fleet.ts'
import { follow } from '../kube/follow.ts'
import {
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
import { finalFinding, remember, type SeenSince } from './patience.ts'

/** What one look at a fleet shows. */
export interface Observation {
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
  try {
    await unlessAborted(Promise.race([sources.filled, broken]), both)
    for (;;) {
      signal.throwIfAborted()
      const { jobs, pods, events, trouble } = sources.now()
      const job = chosen(jobs, name)
      const state = fleetState(job, wanted, pods, freshEvents(events, pods, jobs))
      const now = clock.monotonic()
      since = remember(since, state.findings, now)
      const final = finalFinding(since, state.findings, state.running, now)
      const observation = { state, pods, ...(final && { final }), ...(trouble && { trouble }) }
      if ((await seen(observation)) === 'enough') return
      await Promise.race([clock.sleep(LOOK_MILLISECONDS, signal), broken])
    }
  } finally {
    over.abort()
    await Promise.allSettled(sources.following)
  }
}

/** The pods, Jobs and events of a fleet, kept up to date. */
function openSources({ kube, namespace, task }: FleetPlace, signal: AbortSignal) {
  const kept: Partial<Record<'Job' | 'Pod' | 'Event', readonly unknown[]>> = {}
  let trouble: string | undefined
  const first = Promise.withResolvers<void>()
  const source = (kind: 'Job' | 'Pod' | 'Event', query: Readonly<Record<string, string>>) =>
    follow(
      kube,
      {
        path: pathOf(kind satisfies Kind, namespace),
        query,
        changed: objects => {
          kept[kind] = [...objects.values()]
          trouble = undefined
          if (kept.Job && kept.Pod && kept.Event) first.resolve()
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
      source('Pod', { labelSelector }),
      source('Event', {}),
    ],
    now: () => ({
      jobs: (kept.Job ?? []).map((each): Job => jobShape.parse(each)),
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
