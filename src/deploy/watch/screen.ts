import { countText, durationText, remaining, safe } from 'taskq-runtime/cli'
import { PRICE_LIST } from '../machines.ts'
import { dollars } from '../money.ts'
import { type CauseName, causes, type Finding } from './causes.ts'
import type { Cost } from './cost.ts'
import type { FleetState } from './fleet-state.ts'
import type { QueueLook } from './queue-look.ts'

/** Sentences on causes that follow from the sizes of a fleet. */
export type Advice = Readonly<Partial<Record<CauseName, string>>>

/** All that is shown of a fleet at one moment. */
export interface View {
  readonly name: string
  readonly place: string
  readonly seconds: number
  readonly state: FleetState
  readonly queue: QueueLook
  /** Absent where there is no price for the machines. */
  readonly cost?: Cost
  /** What this fleet's own numbers say to some causes. */
  readonly advice: Advice
  /** Why the cluster could not be asked lately. */
  readonly trouble?: string
}

/** The screen: a heading, four lines and the causes, without control characters. */
export function screenLines(view: View): readonly string[] {
  const { name, place, seconds, state, queue, cost, trouble, advice } = view
  return [
    `${name} on ${place}, ${durationText(seconds)}`,
    `  workers  ${workersText(state)}`,
    `  queue    ${queueText(queue)}`,
    `  rate     ${rateText(queue)}`,
    `  cost     ${costText(cost)}`,
    ...(trouble === undefined ? [] : [`  trouble  ${safe(trouble)}`]),
    ...state.findings.flatMap(finding => findingLines(finding, advice)),
  ]
}

/** The same in one line, for pipes and logs. */
export function plainLine(view: View): string {
  const { state, queue, cost, trouble } = view
  const found = state.findings.map(({ cause, count }) => `${cause} ${count}`)
  const parts = [
    workersText(state),
    `queue: ${queueText(queue)}`,
    `rate: ${rateText(queue)}`,
    costText(cost),
    ...found,
    ...(trouble === undefined ? [] : [`trouble: ${safe(trouble)}`]),
  ]
  return parts.join('; ')
}

/** A cause in a few lines: who and why; what to do. */
export function findingLines(
  { cause, count, first, says }: Finding,
  advice: Advice,
): readonly string[] {
  const { meaning, fix } = causes[cause]
  const more = count > 1 ? ` and ${count - 1} more` : ''
  return [
    `  ${cause}: ${meaning} (${safe(first)}${more})`,
    `    ${safe(oneLine(says))}`,
    `    ${fix}`,
    ...(advice[cause] === undefined ? [] : [`    ${advice[cause]}`]),
  ]
}

/** How many workers run, in a few words: `3 of 8 running, 5 pending`. */
export function workersText(state: FleetState): string {
  const { wanted, running, pending, finished, preempted, paused, end } = state
  if (end !== undefined) return end.failed ? `failed: ${safe(end.why)}` : `all ${wanted} are done`
  const parts = [
    paused ? 'paused' : `${running} of ${wanted} running`,
    pending > 0 ? `${pending} pending` : '',
    finished > 0 ? `${finished} done` : '',
    preempted > 0 ? `${preempted} preempted` : '',
  ]
  return parts.filter(part => part !== '').join(', ')
}

function queueText(look: QueueLook): string {
  if ('unknown' in look) return 'unknown'
  const { ready, delayed, leased, done, dead } = look.counts
  const shown = Object.entries({ ready, delayed, leased, done, dead })
  return shown
    .filter(([name, count]) => count !== 0 || name === 'ready')
    .map(([name, count]) => `${countText(count)} ${name}`)
    .join(', ')
}

function rateText(look: QueueLook): string {
  if ('unknown' in look) return 'unknown'
  if (remaining(look.counts) === 0) return 'nothing left to do'
  const { perSecond, secondsLeft } = look.pace
  if (perSecond === undefined) return 'not known yet'
  const rate =
    perSecond >= 1 || perSecond === 0
      ? `${perSecond.toFixed(perSecond >= 10 ? 0 : 1)} tasks/s`
      : `${(perSecond * 60).toFixed(1)} tasks/min`
  return secondsLeft === undefined ? rate : `${rate}, ${durationText(secondsLeft)} left`
}

function costText(cost: Cost | undefined): string {
  if (cost === undefined) return 'no price is known for these machines'
  const machines = cost.machines === 1 ? '1 machine' : `${cost.machines} machines`
  const [least, about] = cost.surety === 'known' ? ['', 'about'] : ['at least ', 'at least']
  return `${least}${dollars(cost.perHour)} an hour (${machines}), ${about} ${dollars(cost.soFar)} so far; list price of ${PRICE_LIST.date}`
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 300)
}
