import { TaskqError } from 'taskq-runtime'
import type { NodeShape } from './allocatable.ts'
import { usable } from './allocatable.ts'
import { amount, workerRequest } from './config/check.ts'
import { type Configuration, placeOf } from './config/read.ts'
import { fitWorkers } from './fit.ts'
import { findMachine, MACHINES, type Machine } from './machines.ts'
import { type FleetRequest, type Plan, plan, type Work } from './plan.ts'
import { formatBytes, formatCpu, parseBytes } from './quantity.ts'

/** The plan of a configuration, with the machine type chosen where that was left open. Throws when it does not fit. */
export function planFleet(
  configuration: Configuration,
  work?: Work,
  ownPrice?: number,
): { readonly plan: Plan; readonly request: FleetRequest } {
  const request = fleetRequest(configuration, work, ownPrice)
  const planned = plan(request)
  if (planned === undefined) throw new TaskqError('invalid', nothingFits(configuration, request))
  const { NUMBER_NODES: most, TASK_REPLICAS: replicas } = configuration.settings
  if (planned.nodes > most)
    throw new TaskqError('invalid', tooMany(configuration, planned, most, replicas))
  return { plan: planned, request }
}

/** A plan at the price that it may come to: all machines of spot-then-on-demand may be of the dear kind. */
export function atMost(planned: Plan, { settings }: Pick<Configuration, 'settings'>): Plan {
  return settings.NODE_PROVISIONING === 'spot-then-on-demand'
    ? { ...planned, provisioning: 'on-demand' }
    : planned
}

/** What the env files ask of the planner. */
function fleetRequest(
  configuration: Configuration,
  work: Work | undefined,
  ownPrice: number | undefined,
): FleetRequest {
  const { settings } = configuration
  const machines = machinesOf(configuration, ownPrice)
  const request = workerRequest(configuration)
  const shape = { maxPods: settings.PODS_PER_NODE, diskGiB: settings.NODE_DISK_GB }
  return {
    workers: settings.TASK_REPLICAS,
    request,
    shape,
    machines: fewEnough(machines, settings.NUMBER_NODES, settings.TASK_REPLICAS, request, shape),
    provisioning: settings.NODE_PROVISIONING === 'on-demand' ? 'on-demand' : 'spot',
    ...(work && { work }),
  }
}

/** Machine types of which so few nodes will do; all of them where none will, for the complaint. */
function fewEnough(
  machines: readonly Machine[],
  most: number,
  workers: number,
  request: FleetRequest['request'],
  shape: NodeShape,
): readonly Machine[] {
  const enough = machines.filter(machine => {
    const each = fitWorkers(machine, request, shape).workers
    return each > 0 && Math.ceil(workers / each) <= most
  })
  return enough.length > 0 ? enough : machines
}

function machinesOf(
  { settings, cluster }: Configuration,
  ownPrice: number | undefined,
): readonly Machine[] {
  const name = settings.GOOGLE_COMPUTE_TYPE
  if (name === 'auto') {
    if (ownPrice === undefined) return MACHINES
    throw new TaskqError(
      'invalid',
      '--price is the price of one machine type: name it as GOOGLE_COMPUTE_TYPE.',
    )
  }
  const machine = findMachine(name)
  if (machine !== undefined) {
    return [ownPrice === undefined ? machine : { ...machine, spot: ownPrice, onDemand: ownPrice }]
  }
  const known = MACHINES.map(each => each.name).join(', ')
  throw new TaskqError(
    'invalid',
    `${placeOf(cluster, 'GOOGLE_COMPUTE_TYPE')}: nothing is known of the machine type ${name}. Known are ${known}; auto takes the cheapest.`,
  )
}

/** The arithmetic of a worker that is larger than any machine. */
function nothingFits(
  { settings, cluster }: Configuration,
  { machines, shape }: FleetRequest,
): string {
  const rooms = machines.map(machine => ({ machine, room: usable(machine, shape) }))
  const largest = rooms.toSorted((one, other) => other.room.cpuMillis - one.room.cpuMillis)[0]
  const asks = `${settings.CPU_REQUEST} CPU, ${settings.MEMORY_REQUEST} memory and ${settings.EPHEMERAL_STORAGE_REQUEST} disk`
  if (largest === undefined) return 'No machine type is known.'
  const { machine, room } = largest
  const has = `${formatCpu(room.cpuMillis)} CPU, ${formatBytes(room.memoryMiB)} memory and ${formatBytes(room.diskMiB)} disk`
  return `${placeOf(cluster, 'CPU_REQUEST')}: one worker asks for ${asks}; ${machine.name} has ${has} for workers, after what Google keeps. Lower the requests${machines.length > 1 ? '' : ' or take a larger GOOGLE_COMPUTE_TYPE'}.`
}

function tooMany(
  { cluster }: Configuration,
  planned: Plan,
  most: number,
  replicas: number,
): string {
  const { machine, workers } = planned.fit
  return `${placeOf(cluster, 'TASK_REPLICAS')}: ${replicas} workers need ${planned.nodes} machines of ${machine.name}, ${workers} on each, and NUMBER_NODES=${most} allows fewer. Set NUMBER_NODES=${planned.nodes}, or TASK_REPLICAS=${most * workers}.`
}

/** The limit of memory that would have been enough, as a guess: half as much again. */
export function largerLimit({ settings }: Configuration): string {
  return formatBytes(Math.ceil((amount(parseBytes(settings.MEMORY_LIMIT)) * 1.5) / 256) * 256)
}
