import { TaskqError } from 'taskq-runtime'
import { parseImage } from '../image/reference.ts'
import { parseBytes, parseCpu } from '../quantity.ts'
import { reachProblems } from './reach.ts'
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
    ...reachProblems(configuration),
    ...endingProblems(configuration),
    ...regionProblems(configuration),
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

/** A worker of a Job that does not know when its work is done never leaves, or ends at once. */
function endingProblems({ task, settings }: Configuration): readonly string[] {
  const until = task.values.get('TQ_UNTIL') ?? 'idle'
  if (settings.TASK_MODE === 'service' || until === 'idle' || until === 'drained') return []
  return [
    `${placeOf(task, 'TQ_UNTIL')}: TQ_UNTIL=${until} is not known; it is idle or drained. Leave the line out: workers of a fleet leave when nothing is left to lease.`,
  ]
}

/** The machines of a zone can only be in a subnetwork of its region. */
function regionProblems({ settings, cluster }: Configuration): readonly string[] {
  const { CLUSTER_MODE: mode, GOOGLE_ZONE: zone, GOOGLE_SUBNETWORK_REGION: region } = settings
  if (mode === 'autopilot' || zone.replace(/-[a-z]$/, '') === region) return []
  return [
    `${placeOf(cluster, 'GOOGLE_SUBNETWORK_REGION')}: GOOGLE_SUBNETWORK_REGION=${region} is not the region of GOOGLE_ZONE=${zone}. Leave the line out, or correct one of them.`,
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
  const { TASK_DOCKER_IMAGE: image } = settings
  const place = `${placeOf(cluster, 'TASK_DOCKER_IMAGE')}: TASK_DOCKER_IMAGE=${image}`
  const { host } = parseImage(image)
  return [
    ...(/^(localhost|127\.[\d.]+)(:\d+)?$/.test(host)
      ? [`${place} is in a registry of ${host}, which to a pod is its own machine.`]
      : []),
    ...(image.includes('@sha256:')
      ? []
      : [
          `${place} has no digest, so workers that start later may run other code. "taskq-deploy build-image" writes the digest in.`,
        ]),
  ]
}
