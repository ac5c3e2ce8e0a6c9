import { Command } from 'commander'
import { usable } from '../allocatable.ts'
import { MACHINES, type Machine, PRICE_LIST } from '../machines.ts'
import { affordableWorkers, type FleetRequest, type Plan, plan, price } from '../plan.ts'
import { formatBytes, formatCpu } from '../quantity.ts'
import {
  positiveNumber,
  requestOf,
  type SharedOptions,
  shapeOf,
  wholeNumber,
  withSharedOptions,
} from './options.ts'
import { bold, dollars, hintLine, json, table, workerText } from './text.ts'

/** `taskq-deploy plan`: what a fleet would be and cost. It touches nothing. */
export function planCommand(done: (exitCode: number) => void): Command {
  const command = withSharedOptions(new Command('plan'))
    .description('What a fleet would be and what it costs. Touches nothing.')
    .requiredOption('--workers <number>', 'workers wanted', wholeNumber)
    .option('--tasks <number>', 'tasks waiting, for the cost of the whole queue', wholeNumber)
    .option('--seconds <number>', 'how long one task takes a worker', positiveNumber)
    .option('--on-demand', 'machines that are not taken away (default: Spot)')
    .option('--price <dollars>', 'your own price of one node and hour', positiveNumber)
    .option('--max-price <dollars>', 'end with 1 when the fleet costs more an hour', positiveNumber)
    .addHelpText('after', EXAMPLES)
  return command.action((options: PlanOptions) => {
    const fleet = fleetOf(options, command)
    const planned = plan(fleet)
    if (!planned) return command.error(`error: ${cannotFit(fleet)}`)
    const tooDear = options.maxPrice !== undefined && price(planned) > options.maxPrice
    const ownPrice = options.price !== undefined
    process.stdout.write(
      options.json
        ? json({
            priceList: ownPrice ? 'own price' : PRICE_LIST,
            withinMaxPrice: !tooDear,
            ...planned,
          })
        : text(planned, fleet, ownPrice),
    )
    if (tooDear) process.stderr.write(`${dearer(planned, options.maxPrice)}\n`)
    done(tooDear ? 1 : 0)
  })
}

const EXAMPLES = `
Examples:
  taskq-deploy plan --workers 100 --cpu 1 --memory 3Gi
  taskq-deploy plan --workers 9 --cpu 700m --memory 1Gi --tasks 5000 --seconds 2
  taskq-deploy plan --workers 8 --cpu 1 --memory 3Gi --max-price 0.5 --json
`

interface PlanOptions extends SharedOptions {
  readonly workers: number
  readonly tasks?: number
  readonly seconds?: number
  readonly onDemand?: true
  readonly price?: number
  readonly maxPrice?: number
}

function fleetOf(options: PlanOptions, command: Command): FleetRequest {
  const { tasks, seconds, machine = MACHINES } = options
  if ((tasks === undefined) !== (seconds === undefined)) {
    command.error('error: the cost of the whole queue needs both --tasks and --seconds.')
  }
  if (options.price !== undefined && machine.length !== 1) {
    command.error('error: --price is the price of one machine type: name it by --machine.')
  }
  return {
    workers: options.workers,
    request: requestOf(options),
    shape: shapeOf(options),
    machines: machine.map(each => priced(each, options.price)),
    provisioning: options.onDemand ? 'on-demand' : 'spot',
    ...(tasks !== undefined && seconds !== undefined && { work: { tasks, secondsEach: seconds } }),
  }
}

function priced(machine: Machine, own: number | undefined): Machine {
  return own === undefined ? machine : { ...machine, spot: own, onDemand: own }
}

function text(planned: Plan, fleet: FleetRequest, ownPrice: boolean): string {
  const { fit, nodes, perHour, idlePerHour, queue } = planned
  const [node, times] = [fit.machine.name, nodes === 1 ? '1 node' : `${nodes} nodes`]
  const costs = [
    ['', 'Spot', 'on demand', ''],
    [
      '  worker nodes',
      dollars(perHour.spot - idlePerHour),
      dollars(perHour.onDemand - idlePerHour),
      'an hour',
    ],
    ['  cluster and its system node', dollars(idlePerHour), dollars(idlePerHour), 'an hour'],
    ['  together', dollars(perHour.spot), dollars(perHour.onDemand), 'an hour'],
    ...(queue && fleet.work
      ? [
          [
            `  ${fleet.work.tasks} tasks`,
            dollars(queue.spot),
            dollars(queue.onDemand),
            `in ${duration(queue.hours)}`,
          ],
        ]
      : []),
  ]
  const source = ownPrice
    ? `Worker nodes at your price; the rest at the list price of ${PRICE_LIST.date}.`
    : `List price of ${PRICE_LIST.date}: ${PRICE_LIST.source}.`
  return `${[
    bold(`${planned.workers} workers of ${workerText(fleet.request)}`),
    `${times} of ${node}, ${fit.workers} workers to a node (${fit.binding} runs out first)`,
    '',
    table(costs),
    '',
    ...(hintPays(planned) ? hintLine(fit) : []),
    ...(queue ? ['The queue at full speed, without the minutes a fleet takes to start.'] : []),
    `With no worker left the cluster still costs ${dollars(idlePerHour)} an hour, $${Math.round(idlePerHour * HOURS_A_MONTH)} a month.`,
    source,
  ].join('\n')}\n`
}

const HOURS_A_MONTH = 730

/** A node that holds one worker more is news only when it saves a node. */
function hintPays({ fit, workers, nodes }: Plan): boolean {
  return fit.hint !== undefined && Math.ceil(workers / fit.hint.workers) < nodes
}

function duration(hours: number): string {
  const minutes = hours * 60
  if (minutes < 1) return `${Math.ceil(minutes * 60)} s`
  return minutes < 90 ? `${Math.ceil(minutes)} min` : `${hours.toFixed(1)} h`
}

function dearer(planned: Plan, limit = 0): string {
  const workers = affordableWorkers(planned, limit)
  const instead =
    workers === 0
      ? 'That pays for no worker at all.'
      : `${dollars(limit)} an hour pays for ${workers} workers on ${planned.fit.machine.name}.`
  return `The fleet costs ${dollars(price(planned))} an hour, more than ${dollars(limit)}. ${instead}`
}

function cannotFit({ machines, request, shape }: FleetRequest): string {
  const rooms = machines.map(machine => ({ machine, room: usable(machine, shape) }))
  const largest = rooms.toSorted((a, b) => b.room.cpuMillis - a.room.cpuMillis)[0]
  if (!largest) return 'no machine type was named.'
  const { machine, room } = largest
  return `no machine holds a worker of ${workerText(request)}: the largest, ${machine.name}, has ${formatCpu(room.cpuMillis)} CPU and ${formatBytes(room.memoryMiB)} for workers. Ask for less, or for a larger --machine.`
}
