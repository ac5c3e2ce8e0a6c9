import { TaskqError } from 'taskq-runtime'
import { parseAddress } from 'taskq-runtime/cli'
import { parseBytes, parseCpu } from '../quantity.ts'
import { type Configuration, placeOf } from './read.ts'

/** How long the tasks that were run so far took. */
export interface MeasuredSeconds {
  readonly mean: number
  readonly longest: number
  readonly tasks: number
}

/** Checks the two files against each other: throws what cannot work, answers what is unwise. */
export function crossCheck(
  configuration: Configuration,
  measured?: MeasuredSeconds,
): readonly string[] {
  const problems = [
    ...queueProblems(configuration),
    ...storageProblems(configuration),
    ...sizeProblems(configuration),
  ]
  if (problems.length > 0) throw new TaskqError('invalid', problems.join('\n'))
  return [
    ...memoryWarnings(configuration),
    ...graceWarnings(configuration),
    ...leaseWarnings(configuration, measured),
    ...imageWarnings(configuration),
  ]
}

/** The settings as numbers: CPU in thousandths, memory and disk in MiB. */
export function workerRequest({ settings }: Configuration) {
  return {
    cpuMillis: amount(parseCpu(settings.CPU_REQUEST)),
    memoryMiB: amount(parseBytes(settings.MEMORY_REQUEST)),
    diskMiB: amount(parseBytes(settings.EPHEMERAL_STORAGE_REQUEST)),
  }
}

/** A quantity that was found good before. */
export function amount(parsed: ReturnType<typeof parseCpu>): number {
  return 'value' in parsed ? parsed.value : 0
}

/** Queues that live on this machine, which no pod can see, and what to use instead. */
const LOCAL_SCHEMES: Readonly<Record<string, string>> = {
  sqlite: 'a file of this machine',
  memory: 'the memory of one process',
  fq: 'a folder of this machine',
  file: 'a folder of this machine',
}

const INSTEAD =
  'Use a queue that pods can reach, such as TASKQUEUE_PATH=pubsub://my-project/my-topic or an sqs: queue, and insert the tasks there.'

function queueProblems({ task }: Configuration): readonly string[] {
  const name = task.values.get('TASKQUEUE_PATH') ?? ''
  if (name === '') return [`${task.path}: TASKQUEUE_PATH is not set. ${INSTEAD}`]
  const where = `${placeOf(task, 'TASKQUEUE_PATH')}: TASKQUEUE_PATH=${name}`
  const { scheme, rest } = parseAddress(name)
  const local = LOCAL_SCHEMES[scheme]
  if (local !== undefined)
    return [`${where} is ${local}: workers on a cluster cannot see it. ${INSTEAD}`]
  if (/\/\/([^/@]*@)?(localhost|127\.|0\.0\.0\.0|\[::1\])/.test(rest)) {
    return [`${where} is on this machine: workers on a cluster cannot reach it. ${INSTEAD}`]
  }
  return []
}

function storageProblems({ task }: Configuration): readonly string[] {
  const path = task.values.get('CF_CLOUDPATH') ?? ''
  const isFolder = path.startsWith('file:') || !/^[a-z][a-z0-9+.-]+:/i.test(path)
  if (path === '' || !isFolder) return []
  return [
    `${placeOf(task, 'CF_CLOUDPATH')}: CF_CLOUDPATH=${path} is a folder in the pod, which goes with it. Use a bucket, such as CF_CLOUDPATH=gs://my-bucket/my-job`,
  ]
}

function sizeProblems({ settings, cluster }: Configuration): readonly string[] {
  return (
    [
      ['MEMORY_REQUEST', 'MEMORY_LIMIT'],
      ['EPHEMERAL_STORAGE_REQUEST', 'EPHEMERAL_STORAGE_LIMIT'],
    ] as const
  ).flatMap(([request, limit]) => {
    const [asked, most] = [parseBytes(settings[request]), parseBytes(settings[limit])]
    if (amount(asked) <= amount(most)) return []
    return [
      `${placeOf(cluster, request)}: ${request}=${settings[request]} is more than ${limit}=${settings[limit]}. Raise ${limit} or lower ${request}.`,
    ]
  })
}

function memoryWarnings({ settings, cluster }: Configuration): readonly string[] {
  if (settings.MEMORY_REQUEST === settings.MEMORY_LIMIT) return []
  return [
    `${placeOf(cluster, 'MEMORY_LIMIT')}: MEMORY_LIMIT=${settings.MEMORY_LIMIT} is not MEMORY_REQUEST=${settings.MEMORY_REQUEST}: a full machine may kill workers that are within their limit. Set both alike.`,
  ]
}

/** What a Spot machine leaves its pods of its 30 seconds' notice. */
const SPOT_GRACE_SECONDS = 15

function graceWarnings({ settings, task, cluster }: Configuration): readonly string[] {
  const { GRACE_SECONDS: grace, NODE_PROVISIONING: provisioning } = settings
  const warnings: string[] = []
  if (provisioning !== 'on-demand' && grace > SPOT_GRACE_SECONDS) {
    warnings.push(
      `${placeOf(cluster, 'GRACE_SECONDS')}: GRACE_SECONDS=${grace}, but a Spot machine that is taken away gives its pods ${SPOT_GRACE_SECONDS} s.`,
    )
  }
  const own = Number(task.values.get('TQ_SHUTDOWN_GRACE_SECONDS'))
  if (own > grace) {
    warnings.push(
      `${placeOf(task, 'TQ_SHUTDOWN_GRACE_SECONDS')}: the worker may take ${own} s to stop, but its pod is killed after GRACE_SECONDS=${grace}. Leave the line out.`,
    )
  }
  return warnings
}

function leaseWarnings({ task }: Configuration, measured?: MeasuredSeconds): readonly string[] {
  const lease = Number(task.values.get('TQ_LEASE_SECONDS') ?? 300)
  const timeout = Number(task.values.get('TQ_TASK_TIMEOUT_SECONDS') ?? 3600)
  if (measured === undefined) return []
  const longest = `the longest of ${measured.tasks} measured tasks took ${Math.ceil(measured.longest)} s`
  const warnings: string[] = []
  if (lease > 600 && lease > 10 * measured.longest) {
    warnings.push(
      `${placeOf(task, 'TQ_LEASE_SECONDS')}: TQ_LEASE_SECONDS=${lease}, and ${longest}: a task whose machine is taken away waits that long before another worker gets it. Leases are renewed while tasks run: TQ_LEASE_SECONDS=300 is enough.`,
    )
  }
  if (measured.longest > timeout * 0.8) {
    warnings.push(
      `${placeOf(task, 'TQ_TASK_TIMEOUT_SECONDS')}: a task is killed after ${timeout} s (TQ_TASK_TIMEOUT_SECONDS), and ${longest}. Raise it.`,
    )
  }
  return warnings
}

function imageWarnings({ settings, cluster }: Configuration): readonly string[] {
  if (settings.TASK_DOCKER_IMAGE.includes('@sha256:')) return []
  return [
    `${placeOf(cluster, 'TASK_DOCKER_IMAGE')}: TASK_DOCKER_IMAGE=${settings.TASK_DOCKER_IMAGE} has no digest, so workers that start later may run other code. "taskq-deploy build-image" writes the digest in.`,
  ]
}
