import type { NodeShape } from './allocatable.ts'
import { type Fit, fitWorkers, type Request } from './fit.ts'
import { CLUSTER_FEE, type Machine, SYSTEM_MACHINE } from './machines.ts'

/** What a fleet is asked to be. */
export interface FleetRequest {
  readonly workers: number
  readonly request: Request
  readonly shape: NodeShape
  /** The machine types to choose from: the cheapest fleet wins. */
  readonly machines: readonly Machine[]
  readonly provisioning: Provisioning
  /** The work waiting, for the cost of the whole queue. */
  readonly work?: Work
}

/** `spot` machines cost about a third and may be taken away; `on-demand` ones stay. */
export type Provisioning = 'spot' | 'on-demand'

/** Tasks to run and how long one takes a worker. */
export interface Work {
  readonly tasks: number
  readonly secondsEach: number
}

/** What would be created and what it costs. Dollars; `perHour` of the whole fleet. */
export interface Plan {
  readonly fit: Fit
  readonly workers: number
  readonly nodes: number
  readonly provisioning: Provisioning
  readonly perHour: { readonly spot: number; readonly onDemand: number }
  /** What the cluster costs an hour with no worker in it: its fee and its system node. */
  readonly idlePerHour: number
  readonly queue?: QueueCost
}

/** The whole queue at full speed: without the minutes a fleet takes to start and to end. */
export interface QueueCost {
  readonly hours: number
  readonly spot: number
  readonly onDemand: number
}

/** The cheapest fleet of `workers` over the given machine types; `undefined` when none holds a worker. */
export function plan(fleet: FleetRequest): Plan | undefined {
  const plans = fleet.machines
    .map(machine => fitWorkers(machine, fleet.request, fleet.shape))
    .filter(({ workers }) => workers > 0)
    .map(each => planOn(each, fleet))
  return plans.toSorted((a, b) => price(a) - price(b) || a.nodes - b.nodes)[0]
}

/** What the plan costs an hour as it was asked for. */
export function price(planned: Plan): number {
  return planned.provisioning === 'spot' ? planned.perHour.spot : planned.perHour.onDemand
}

/** The most workers on the plan's machine type that cost no more than `dollars` an hour. */
export function affordableWorkers(planned: Plan, dollars: number): number {
  const { machine, workers } = planned.fit
  const each = planned.provisioning === 'spot' ? machine.spot : machine.onDemand
  // A hair of tolerance: the price that a plan prints must be one that it can be held to.
  const nodes = Math.floor((dollars - planned.idlePerHour) / each + 1e-9)
  return Math.max(0, nodes * workers)
}

function planOn(each: Fit, fleet: FleetRequest): Plan {
  const nodes = Math.ceil(fleet.workers / each.workers)
  const idlePerHour = CLUSTER_FEE + SYSTEM_MACHINE.onDemand
  const perHour = {
    spot: idlePerHour + nodes * each.machine.spot,
    onDemand: idlePerHour + nodes * each.machine.onDemand,
  }
  return {
    fit: each,
    workers: fleet.workers,
    nodes,
    provisioning: fleet.provisioning,
    perHour,
    idlePerHour,
    ...(fleet.work && { queue: queueCost(fleet.work, fleet.workers, perHour) }),
  }
}

function queueCost(work: Work, workers: number, perHour: Plan['perHour']): QueueCost {
  // The last task of an uneven split keeps its worker, and so the fleet, to the end.
  const hours = (Math.ceil(work.tasks / workers) * work.secondsEach) / 3600
  return { hours, spot: hours * perHour.spot, onDemand: hours * perHour.onDemand }
}
