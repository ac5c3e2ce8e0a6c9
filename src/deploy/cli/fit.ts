import { Command } from 'commander'
import type { ExitName } from 'taskq-runtime/cli'
import type { World } from '../commands/world.ts'
import { type Fit, fitWorkers, type Request } from '../fit.ts'
import { MACHINES, PRICE_LIST } from '../machines.ts'
import { dollars } from '../money.ts'
import { formatBytes, formatCpu } from '../quantity.ts'
import { requestOf, type SharedOptions, shapeOf, withSharedOptions } from './options.ts'
import { bold, counted, hintLine, json, table, workerText } from './text.ts'

/** `taskq-deploy fit`: how many workers a node holds, and what runs out first. */
export function fitCommand({ shell }: World, done: (exit: ExitName) => void): Command {
  return withSharedOptions(new Command('fit'), 'needed')
    .summary('how many workers of a size one machine holds')
    .description('How many workers of a size one node holds, and what runs out first.')
    .addHelpText('after', EXAMPLES)
    .action(async (options: SharedOptions) => {
      const request = requestOf(options)
      const machines = options.machine ?? MACHINES
      const fits = machines.map(machine => fitWorkers(machine, request, shapeOf(options)))
      const [only] = fits
      const text = fits.length === 1 && only ? one(only, request) : many(fits, request)
      await shell.out.write(options.json ? json({ priceList: PRICE_LIST, fits }) : text)
      done('done')
    })
}

const EXAMPLES = `
Examples:
  taskq-deploy fit --cpu 1 --memory 3Gi --machine e2-standard-4
  taskq-deploy fit --cpu 700m --memory 500Mi --json
`

function one(each: Fit, request: Request): string {
  const { machine, usable, workers } = each
  const rows = [
    ['cpu', request.cpuMillis, usable.cpuMillis, formatCpu] as const,
    ['memory', request.memoryMiB, usable.memoryMiB, formatBytes] as const,
    ['disk', request.diskMiB, usable.diskMiB, formatBytes] as const,
  ]
    .filter(([, asked]) => asked > 0)
    .map(([name, asked, room, format]) => [
      `  ${name}`,
      `${format(asked)} each`,
      `${format(room)} for workers`,
      `${Math.floor(room / asked)} fit`,
      each.binding === name ? 'runs out first' : '',
    ])
  const pods = each.binding === 'pods' ? [`  The limit of ${usable.pods} pods comes first.`] : []
  return lines(
    bold(`${counted(workers, 'worker')} of ${workerText(request)} on one ${machine.name}`),
    '',
    table(rows),
    ...pods,
    '',
    ...hintLine(each),
    workers === 0
      ? 'No worker fits: ask for less, or for a larger machine.'
      : `One worker costs ${dollars(machine.spot / workers)} an hour on Spot, ${dollars(machine.onDemand / workers)} on demand.`,
    `List price of ${PRICE_LIST.date}: ${PRICE_LIST.source}.`,
  )
}

function many(fits: readonly Fit[], request: Request): string {
  const rows = fits.map(({ machine, workers, binding }) => [
    `  ${machine.name}`,
    String(workers),
    binding,
    workers === 0 ? '' : dollars(machine.spot / workers),
    workers === 0 ? '' : dollars(machine.onDemand / workers),
  ])
  return lines(
    bold(`Workers of ${workerText(request)} to a node`),
    'Prices are dollars for one worker and hour.',
    '',
    table([['  machine', 'workers', 'runs out first', 'Spot', 'on demand'], ...rows]),
    '',
    `List price of ${PRICE_LIST.date}: ${PRICE_LIST.source}.`,
  )
}

function lines(...all: readonly string[]): string {
  return `${all.join('\n')}\n`
}
