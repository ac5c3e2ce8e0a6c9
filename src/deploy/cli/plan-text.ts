import { PRICE_LIST } from '../machines.ts'
import { dollars, perMonth } from '../money.ts'
import { affordableWorkers, type FleetRequest, type Plan, price } from '../plan.ts'
import { bold, counted, hintLine, table, workerText } from './text.ts'

/** A plan for people: how many machines of which type, and what they cost. */
export function planText(planned: Plan, fleet: FleetRequest, ownPrice: boolean): string {
  const { fit, nodes, perHour, idlePerHour, queue } = planned
  const [node, times] = [fit.machine.name, counted(nodes, 'node')]
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
    bold(`${counted(planned.workers, 'worker')} of ${workerText(fleet.request)}`),
    `${times} of ${node}, ${fit.workers} workers to a node (${fit.binding} runs out first)`,
    '',
    table(costs),
    '',
    ...(hintPays(planned) ? hintLine(fit) : []),
    ...(queue ? ['The queue at full speed, without the minutes a fleet takes to start.'] : []),
    `With no worker left the cluster still costs ${dollars(idlePerHour)} an hour, ${perMonth(idlePerHour)}.`,
    source,
  ].join('\n')}\n`
}

/** A node that holds one worker more is news only when it saves a node. */
function hintPays({ fit, workers, nodes }: Plan): boolean {
  return fit.hint !== undefined && Math.ceil(workers / fit.hint.workers) < nodes
}

function duration(hours: number): string {
  const minutes = hours * 60
  if (minutes < 1) return `${Math.ceil(minutes * 60)} s`
  return minutes < 90 ? `${Math.ceil(minutes)} min` : `${hours.toFixed(1)} h`
}

/** Why a fleet is dearer than allowed, and what the money pays for; `undefined` when it is not. */
export function dearerThan(planned: Plan, limit: number | undefined): string | undefined {
  if (limit === undefined || price(planned) <= limit) return undefined
  const workers = affordableWorkers(planned, limit)
  const instead =
    workers === 0
      ? 'That pays for no worker at all.'
      : `${dollars(limit)} an hour pays for ${workers} workers on ${planned.fit.machine.name}.`
  return `The fleet costs ${dollars(price(planned))} an hour, more than ${dollars(limit)}. ${instead}`
}
