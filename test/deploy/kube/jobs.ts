import { violation } from './refusals.ts'
import { at, isJson, type Json, metadataOf, type Store, textAt } from './store.ts'

/** What becomes of a new pod. */
export type Fate =
  | { readonly kind: 'runs' }
  | {
      readonly kind: 'waits'
      readonly reason: string
      readonly message: string
      readonly event?: string
    }
  | {
      readonly kind: 'unschedulable'
      readonly message: string
      readonly event?: readonly [string, string]
    }
  | {
      readonly kind: 'ends'
      readonly exitCode: number
      readonly reason?: string
      readonly message?: string
    }
  /** The API server refuses to create it. */
  | { readonly kind: 'refused'; readonly message: string }

/** The controllers behind the fake server: Jobs make pods, pods have fates, deletions clean up. */
export class Controllers {
  readonly #store: Store
  #serial = 0
  /** What becomes of pods from now on. */
  fate: (index: number) => Fate = () => ({ kind: 'runs' })
  /** `held`: pods that are told to leave stay until `letGo`, as within their grace. */
  leaving: 'at once' | 'held' = 'at once'

  constructor(store: Store) {
    this.#store = store
  }

  /** Brings pods in line with their Job. */
  reconcile(path: string, job: Json): void {
    const pods = this.podsOf(job).filter(([, pod]) => !isOver(pod))
    const wanted = this.#isStopped(job) ? 0 : Number(at(job, 'spec', 'parallelism') ?? 1)
    const byIndex = new Map(pods.map(entry => [indexOf(entry[1]), entry]))
    const finished = textAt(job, 'status', 'completedIndexes').split(',')
    for (const [index, [podPath]] of byIndex) if (index >= wanted) this.remove(podPath)
    for (let index = 0; index < wanted; index += 1) {
      if (!byIndex.has(index) && !finished.includes(String(index))) this.#create(path, job, index)
    }
    this.count(path)
  }

  /** A pod is deleted: it leaves at once, or stays for its grace. */
  remove(path: string): void {
    const pod = this.#store.objects.get(path)
    if (pod === undefined) return
    if (this.leaving === 'at once') {
      this.#store.drop(path)
      return
    }
    metadataOf(pod)['deletionTimestamp'] = new Date().toISOString()
    this.#store.put(path, pod)
  }

  /** The grace is over for all that were told to leave. */
  letGo(): void {
    for (const [path, object] of this.#store.objects) {
      if (metadataOf(object)['deletionTimestamp'] !== undefined && object['kind'] === 'Pod')
        this.#store.drop(path)
    }
  }

  /** The worker of an index leaves with an exit code; with 0 its index is done. */
  end(jobPath: string, index: number, exitCode: number, message = ''): void {
    const job = this.#store.objects.get(jobPath)
    const found = job && this.podsOf(job).find(([, pod]) => indexOf(pod) === index && !isOver(pod))
    if (job === undefined || found === undefined) throw new Error(`no pod of index ${index}`)
    const [path, pod] = found
    const terminated = { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', message }
    pod['status'] = {
      ...status(pod),
      phase: exitCode === 0 ? 'Succeeded' : 'Failed',
      containerStatuses: [{ name: 'worker', state: { terminated }, lastState: {} }],
    }
    this.#store.put(path, pod)
    this.#finish(jobPath, job, index, exitCode)
  }

  /** The worker of an index leaves with nothing left to do, unless it has left before. */
  tryEnd(jobPath: string, index: number): void {
    const job = this.#store.objects.get(jobPath)
    const isThere =
      job && this.podsOf(job).some(([, pod]) => indexOf(pod) === index && !isOver(pod))
    if (isThere) this.end(jobPath, index, 0)
  }

  /** A machine is taken away: the replacement is there before the lost pod is gone. */
  evict(jobPath: string, index: number): void {
    const job = this.#store.objects.get(jobPath)
    const found = job && this.podsOf(job).find(([, pod]) => indexOf(pod) === index && !isOver(pod))
    if (job === undefined || found === undefined) throw new Error(`no pod of index ${index}`)
    const [path, pod] = found
    const target = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
    }
    metadataOf(pod)['deletionTimestamp'] = new Date().toISOString()
    pod['status'] = { ...status(pod), phase: 'Failed', conditions: [target] }
    this.#store.put(path, pod)
    this.#create(jobPath, job, index)
    this.#store.drop(path)
    this.count(jobPath)
  }

  podsOf(job: Json): readonly [string, Json][] {
    const { name, namespace } = metadataOf(job)
    return this.#store
      .list(`/api/v1/namespaces/${String(namespace)}/pods`)
      .filter(([, pod]) => at(pod, 'metadata', 'labels', 'batch.kubernetes.io/job-name') === name)
  }

  event(namespace: string, kind: string, name: string, reason: string, message: string): void {
    this.#serial += 1
    const own = `${name}.${this.#serial}`
    this.#store.put(`/api/v1/namespaces/${namespace}/events/${own}`, {
      kind: 'Event',
      metadata: { name: own, namespace },
      involvedObject: { kind, name, namespace },
      ...{ type: 'Warning', reason, message, count: 1 },
    })
  }

  /** Writes into the Job how many of its pods are active. */
  count(path: string): void {
    const job = this.#store.objects.get(path)
    if (job === undefined) return
    const active = this.podsOf(job).filter(([, pod]) => !isOver(pod)).length
    if (at(job, 'status', 'active') === active) return
    job['status'] = { ...status(job), active }
    this.#store.put(path, job)
  }

  #isStopped(job: Json): boolean {
    return at(job, 'spec', 'suspend') === true || conditions(job).length > 0
  }

  #create(jobPath: string, job: Json, index: number): void {
    const { name, namespace } = metadataOf(job)
    const template = at(job, 'spec', 'template')
    const place = String(namespace)
    const level = at(
      this.#store.objects.get(`/api/v1/namespaces/${place}`),
      ...['metadata', 'labels', 'pod-security.kubernetes.io/enforce'],
    )
    const refused = level === 'restricted' ? violation(template) : undefined
    const fate = this.fate(index)
    this.#serial += 1
    const own = `${String(name)}-${index}-x${String(this.#serial).padStart(4, '0')}`
    if (refused !== undefined || fate.kind === 'refused') {
      const why =
        fate.kind === 'refused'
          ? fate.message
          : `violates PodSecurity "restricted:latest": ${refused}`
      this.event(
        place,
        'Job',
        String(name),
        'FailedCreate',
        `Error creating: pods "${own}" is forbidden: ${why}`,
      )
      return
    }
    const labels = at(template, 'metadata', 'labels')
    const spec = at(template, 'spec')
    const pod: Json = {
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: {
        name: own,
        namespace: place,
        labels: {
          ...(isJson(labels) ? labels : {}),
          'batch.kubernetes.io/job-name': name,
          'batch.kubernetes.io/job-completion-index': String(index),
        },
        ownerReferences: [{ kind: 'Job', name, uid: metadataOf(job)['uid'] }],
      },
      spec: {
        ...(isJson(spec) ? spec : {}),
        ...(fate.kind !== 'unschedulable' && { nodeName: `node-${index % 2}` }),
      },
      status: statusFor(fate),
    }
    this.#store.put(`/api/v1/namespaces/${place}/pods/${own}`, pod)
    if (fate.kind === 'waits' && fate.event !== undefined)
      this.event(place, 'Pod', own, 'Failed', fate.event)
    if (fate.kind === 'unschedulable' && fate.event !== undefined)
      this.event(place, 'Pod', own, ...fate.event)
    if (fate.kind === 'ends') this.#finish(jobPath, job, index, fate.exitCode)
  }

  #finish(path: string, job: Json, index: number, exitCode: number): void {
    const now = status(job)
    if (exitCode === 0) {
      const done = [...textAt(now, 'completedIndexes').split(','), String(index)].filter(
        each => each !== '',
      )
      const isComplete = done.length >= Number(at(job, 'spec', 'completions'))
      const ended = ['SuccessCriteriaMet', 'Complete'].map(type => ({
        type,
        status: 'True',
        reason: 'CompletionsReached',
        message: 'Reached expected number of succeeded pods',
      }))
      job['status'] = {
        ...now,
        succeeded: done.length,
        completedIndexes: done.join(','),
        ...(isComplete && { conditions: ended }),
      }
    } else if (failsJob(job, exitCode)) {
      const message = `Container worker for pod ${String(metadataOf(job)['namespace'])}/${String(metadataOf(job)['name'])}-${index} failed with exit code ${exitCode} matching FailJob rule at index 0`
      const ended = ['FailureTarget', 'Failed'].map(type => ({
        type,
        status: 'True',
        reason: 'PodFailurePolicy',
        message,
      }))
      job['status'] = { ...now, failed: Number(now['failed'] ?? 0) + 1, conditions: ended }
    } else {
      job['status'] = { ...now, failed: Number(now['failed'] ?? 0) + 1 }
    }
    this.#store.put(path, job)
    this.count(path)
  }
}

function failsJob(job: Json, exitCode: number): boolean {
  const values = at(job, 'spec', 'podFailurePolicy', 'rules', 0, 'onExitCodes', 'values')
  return Array.isArray(values) && values.includes(exitCode)
}

function statusFor(fate: Fate): Json {
  const startTime = new Date().toISOString()
  const container = (state: Json) => [{ name: 'worker', state, lastState: {} }]
  switch (fate.kind) {
    case 'runs':
      return {
        phase: 'Running',
        startTime,
        conditions: [],
        containerStatuses: container({ running: { startedAt: startTime } }),
      }
    case 'waits':
      return {
        phase: 'Pending',
        startTime,
        conditions: [],
        containerStatuses: container({ waiting: { reason: fate.reason, message: fate.message } }),
      }
    case 'unschedulable':
      return {
        phase: 'Pending',
        conditions: [
          { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: fate.message },
        ],
      }
    case 'ends': {
      const { exitCode, reason = exitCode === 0 ? 'Completed' : 'Error', message = '' } = fate
      return {
        phase: exitCode === 0 ? 'Succeeded' : 'Failed',
        startTime,
        conditions: [],
        containerStatuses: container({ terminated: { exitCode, reason, message } }),
      }
    }
    case 'refused':
      return {}
  }
}

function status(object: Json): Json {
  const found = object['status']
  return isJson(found) ? found : {}
}

function conditions(job: Json): readonly unknown[] {
  const found = at(job, 'status', 'conditions')
  return Array.isArray(found) ? found : []
}

function indexOf(pod: Json): number {
  return Number(at(pod, 'metadata', 'labels', 'batch.kubernetes.io/job-completion-index'))
}

/** Whether a pod no longer counts for its index. */
function isOver(pod: Json): boolean {
  const phase = at(pod, 'status', 'phase')
  return (
    phase === 'Succeeded' ||
    phase === 'Failed' ||
    metadataOf(pod)['deletionTimestamp'] !== undefined
  )
}
