import { Command } from 'commander'
import type { ExitName } from 'taskq-runtime/cli'
import { usable } from '../allocatable.ts'
import type { Flags } from '../commands/flags.ts'
import type { World } from '../commands/world.ts'
import { MACHINES, type Machine, PRICE_LIST } from '../machines.ts'
import { type FleetRequest, plan } from '../plan.ts'
import { formatBytes, formatCpu } from '../quantity.ts'
import { withFleetOptions } from './fleet-options.ts'
import {
  positiveNumber,
  requestOf,
  type SharedOptions,
  shapeOf,
  wholeNumber,
  withSharedOptions,
} from './options.ts'
import { dearerThan, planText } from './plan-text.ts'
import { json, workerText } from './text.ts'

/**
 * `taskq-deploy plan`: what a fleet would be and cost, of a project's env files or of a size that is
 * given as options. It touches nothing.
 */
export function planCommand(world: World, done: (exit: ExitName) => void): Command {
  const command = withSharedOptions(new Command('plan'), 'optional')
    .summary('what a fleet would be and what it costs')
    .description(
      'What a fleet would be and what it costs: that of the env files, or one whose size is given by --workers, --cpu and --memory. Touches nothing.',
    )
    .option('--workers <number>', 'workers wanted', wholeNumber)
    .option('--tasks <number>', 'tasks waiting, for the cost of the whole queue', wholeNumber)
    .option('--seconds <number>', 'how long one task takes a worker', positiveNumber)
    .option('--on-demand', 'machines that are not taken away (default: Spot)')
    .option('--price <dollars>', 'your own price of one machine and hour', positiveNumber)
    .option('--max-price <dollars>', 'end with 1 when the fleet costs more an hour', positiveNumber)
    .addHelpText('after', EXAMPLES)
  withFleetOptions(command, ['envFile', 'clusterEnv', 'measure'])
  return command.action(async (options: Partial<PlanOptions> & Flags) => {
    const { workers, cpu, memory } = options
    if (workers === undefined && cpu === undefined && memory === undefined) {
      const { planProject } = await import('../commands/plan-project.ts')
      return done(await planProject(world, options))
    }
    if (workers === undefined || cpu === undefined || memory === undefined) {
      return command.error(
        'error: a fleet that is no project needs --workers, --cpu and --memory; a project none of them.',
      )
    }
    done(await planSize({ ...options, workers, cpu, memory } as PlanOptions, command, world))
  })
}

async function planSize(
  options: PlanOptions,
  command: Command,
  { shell: { out, err } }: World,
): Promise<ExitName> {
  const fleet = fleetOf(options, command)
  const planned = plan(fleet)
  if (!planned) return command.error(`error: ${cannotFit(fleet)}`)
  const dear = dearerThan(planned, options.maxPrice)
  const ownPrice = options.price !== undefined
  await out.write(
    options.json
      ? json({
          priceList: ownPrice ? 'own price' : PRICE_LIST,
          withinMaxPrice: dear === undefined,
          ...planned,
        })
      : planText(planned, fleet, ownPrice),
  )
  if (dear === undefined) return 'done'
  await err.line(dear)
  return 'partly'
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

function cannotFit({ machines, request, shape }: FleetRequest): string {
  const rooms = machines.map(machine => ({ machine, room: usable(machine, shape) }))
  const largest = rooms.toSorted((a, b) => b.room.cpuMillis - a.room.cpuMillis)[0]
  if (!largest) return 'no machine type was named.'
  const { machine, room } = largest
  return `no machine holds a worker of ${workerText(request)}: the largest, ${machine.name}, has ${formatCpu(room.cpuMillis)} CPU and ${formatBytes(room.memoryMiB)} for workers. Ask for less, or for a larger --machine.`
}
