import type { KubeEvent, Pod } from '../kube/objects.ts'

/** Why workers do not run, in one word. */
export type CauseName =
  | 'image-missing'
  | 'image-denied'
  | 'image-platform'
  | 'cannot-fit'
  | 'scaling-up'
  | 'stockout'
  | 'quota'
  | 'rejected'
  | 'config'
  | 'bad-config'
  | 'oom'
  | 'disk'
  | 'crash'
  | 'preempted'
  | 'node-lost'
  | 'stuck'

/** One cause with all that suffer from it. */
export interface Finding {
  readonly cause: CauseName
  readonly count: number
  /** The first pod (or Job) that shows it. */
  readonly first: string
  /** What Kubernetes says of that one. */
  readonly says: string
}

/** What is known of a cause: how long it may last before it is final, and what to do about it. */
export interface CauseFacts {
  /** Seconds after which a fleet without a running worker is given up; absent: it goes by itself. */
  readonly patienceSeconds?: number
  readonly meaning: string
  readonly fix: string
}

/** Every cause. Transient ones get time: images are tried again, machines come back. */
export const causes: Readonly<Record<CauseName, CauseFacts>> = {
  'image-missing': {
    patienceSeconds: 180,
    meaning: 'the image is not there',
    fix: 'Check TASK_DOCKER_IMAGE in config/cluster.env, or build it: taskq-deploy build-image',
  },
  'image-denied': {
    patienceSeconds: 180,
    meaning: 'the image may not be read',
    fix: 'Give the machines of the cluster the role Artifact Registry Reader on it, or make it public.',
  },
  'image-platform': {
    patienceSeconds: 0,
    meaning: 'the image is not for linux/amd64',
    fix: 'Build it for that platform: taskq-deploy build-image',
  },
  'cannot-fit': {
    patienceSeconds: 120,
    meaning: 'no machine of the pool can hold such a worker',
    fix: 'Lower CPU_REQUEST or MEMORY_REQUEST, or take a larger GOOGLE_COMPUTE_TYPE: taskq-deploy plan',
  },
  'scaling-up': {
    meaning: 'waiting for machines, which take one to three minutes to start',
    fix: 'Nothing to do; if it lasts, NUMBER_NODES may be too low.',
  },
  stockout: {
    patienceSeconds: 300,
    meaning: 'Google has no such machines there now',
    fix: 'Wait, or try another GOOGLE_ZONE or GOOGLE_COMPUTE_TYPE, or NODE_PROVISIONING=spot-then-on-demand.',
  },
  quota: {
    patienceSeconds: 300,
    meaning: 'your quota is used up',
    fix: 'Ask for more in the Cloud console (IAM, Quotas), or lower TASK_REPLICAS.',
  },
  rejected: {
    patienceSeconds: 30,
    meaning: 'the cluster refuses to create the pods',
    fix: 'Correct templates/kube-task.yaml, or ask who runs the cluster.',
  },
  config: {
    patienceSeconds: 60,
    meaning: 'the container cannot be started as it is described',
    fix: 'Correct templates/kube-task.yaml (command, volumes), then run apply-task again.',
  },
  'bad-config': {
    patienceSeconds: 0,
    meaning: 'the worker found its configuration or its tasks wrong',
    fix: 'Mend config/task.env or task.ts, build the image anew, then run apply-task again.',
  },
  oom: {
    meaning: 'workers needed more memory than they have',
    fix: 'Raise MEMORY_REQUEST and MEMORY_LIMIT, or lower TQ_CONCURRENCY.',
  },
  disk: {
    meaning: 'workers wrote more to their disk than they have',
    fix: 'Raise EPHEMERAL_STORAGE_REQUEST and EPHEMERAL_STORAGE_LIMIT.',
  },
  crash: {
    meaning: 'workers ended with an error and are started again',
    fix: 'See what they say.',
  },
  preempted: {
    meaning: 'machines were taken away; others take over',
    fix: 'Nothing to do: that is what Spot machines cost less for.',
  },
  'node-lost': { meaning: 'machines stopped answering; others take over', fix: 'Nothing to do.' },
  stuck: {
    meaning: 'no worker has run for a quarter of an hour',
    fix: 'Look at the pods in the Cloud console. To go on waiting: taskq-deploy watch',
  },
}

/** What keeps the workers of a fleet from running, most frequent first. */
export function findCauses(pods: readonly Pod[], events: readonly KubeEvent[]): readonly Finding[] {
  const found = new Map<CauseName, { count: number; first: string; says: string }>()
  const note = (cause: CauseName, first: string, says: string) => {
    const before = found.get(cause)
    if (before) before.count += 1
    else found.set(cause, { count: 1, first, says })
  }
  for (const pod of pods) {
    const cause = causeOfPod(pod, eventsOf(pod.metadata.name, events))
    if (cause) note(cause.cause, pod.metadata.name, cause.says)
  }
  const refused = refusals(events)
  for (const { cause, first, says } of refused) note(cause, first, says)
  return [...found]
    .map(([cause, rest]) => ({ cause, ...rest }))
    .toSorted((one, other) => other.count - one.count)
}

interface Cause {
  readonly cause: CauseName
  readonly says: string
}

function causeOfPod(pod: Pod, events: readonly KubeEvent[]): Cause | undefined {
  const { status } = pod
  const lost = disruption(pod)
  if (lost) return lost
  if (status.reason === 'Evicted') {
    const isDisk = /ephemeral|emptyDir|storage/i.test(status.message)
    return { cause: isDisk ? 'disk' : 'node-lost', says: status.message }
  }
  for (const { state, lastState } of status.containerStatuses) {
    const ended = state.terminated ?? (state.running ? undefined : lastState.terminated)
    if (ended && ended.exitCode !== 0) return causeOfEnd(ended)
    if (state.waiting) {
      const waiting = causeOfWaiting(state.waiting, events)
      if (waiting) return waiting
    }
  }
  return status.phase === 'Pending' ? causeOfPending(pod, events) : undefined
}

function disruption({ status }: Pod): Cause | undefined {
  const target = status.conditions.find(
    ({ type, status: holds }) => type === 'DisruptionTarget' && holds === 'True',
  )
  if (target === undefined) return undefined
  const isLost = target.reason === 'DeletionByTaintManager' || target.reason === 'DeletionByPodGC'
  return { cause: isLost ? 'node-lost' : 'preempted', says: target.message || target.reason }
}

type Ended = NonNullable<Pod['status']['containerStatuses'][number]['state']['terminated']>

function causeOfEnd({ exitCode, reason, message }: Ended): Cause {
  if (reason === 'OOMKilled') return { cause: 'oom', says: 'OOMKilled' }
  if (/exec format error/i.test(message))
    return { cause: 'image-platform', says: lastLine(message) }
  if (/^(StartError|ContainerCannotRun)$/.test(reason)) {
    return { cause: 'config', says: lastLine(message) || reason }
  }
  const says = lastLine(message) || `it ended with ${exitCode}`
  const isFinal = exitCode >= 64 && exitCode <= 78 && exitCode !== 69
  return { cause: isFinal ? 'bad-config' : 'crash', says }
}

function causeOfWaiting(
  { reason, message }: { readonly reason: string; readonly message: string },
  events: readonly KubeEvent[],
): Cause | undefined {
  if (/^(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull)$/.test(reason)) {
    // The back-off says nothing; the event of the first failure does.
    const failed = events.find(event => event.reason === 'Failed' && /pull/i.test(event.message))
    const says = failed?.message ?? message
    if (/no match for platform|no matching manifest|exec format/i.test(says)) {
      return { cause: 'image-platform', says }
    }
    const isDenied = /denied|unauthori[sz]ed|forbidden|\b40[13]\b/i.test(says)
    return { cause: isDenied ? 'image-denied' : 'image-missing', says }
  }
  if (/^(CreateContainerConfigError|CreateContainerError|RunContainerError)$/.test(reason)) {
    return { cause: 'config', says: message || reason }
  }
  return undefined
}

function causeOfPending(pod: Pod, events: readonly KubeEvent[]): Cause | undefined {
  const unscheduled = pod.status.conditions.find(({ reason }) => reason === 'Unschedulable')
  if (unscheduled === undefined) return undefined
  // The autoscaler tries again elsewhere and later: what it said last holds.
  const last = events
    .filter(({ reason }) => /^(FailedScaleUp|TriggeredScaleUp|NotTriggerScaleUp)$/.test(reason))
    .toSorted((one, other) => timeOf(one) - timeOf(other))
    .at(-1)
  if (last?.reason === 'FailedScaleUp') {
    return { cause: /quota/i.test(last.message) ? 'quota' : 'stockout', says: last.message }
  }
  // It says so when not even a new machine would help.
  if (last?.reason === 'NotTriggerScaleUp' && /Insufficient/i.test(last.message))
    return { cause: 'cannot-fit', says: last.message }
  return { cause: 'scaling-up', says: last?.message || unscheduled.message }
}

/** When an event was last seen; those that do not say so keep their order. */
function timeOf({ lastTimestamp, eventTime }: KubeEvent): number {
  const time = Date.parse(lastTimestamp ?? eventTime ?? '')
  return Number.isNaN(time) ? 0 : time
}

/** Pods that were never created: the Job says nothing of it, only its events do. */
function refusals(events: readonly KubeEvent[]): readonly (Cause & { readonly first: string })[] {
  return events
    .filter(
      ({ reason, involvedObject }) => reason === 'FailedCreate' && involvedObject.kind !== 'Pod',
    )
    .map(({ message, involvedObject }) => ({
      cause: /exceeded quota/i.test(message) ? ('quota' as const) : ('rejected' as const),
      first: involvedObject.name,
      says: message,
    }))
}

function eventsOf(pod: string, events: readonly KubeEvent[]): readonly KubeEvent[] {
  return events.filter(({ involvedObject }) => involvedObject.name === pod)
}

/** The end of what a worker wrote is what it complained of. */
function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? ''
}
