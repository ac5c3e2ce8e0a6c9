import { type Chance, chanceOf } from '../storm/plan.ts'

/** Kinds of queues that can be simulated: those that wait for nothing but the clock they are given. */
export const queues = ['memory', 'sqlite'] as const
export type SimulatedQueue = (typeof queues)[number]

/** All that is going to happen in one history; with the code, it decides every step. */
export interface Plan {
  readonly seed: number
  readonly queue: SimulatedQueue
  readonly leaseSeconds: number
  readonly concurrency: number
  readonly asyncPerRunner: number
  readonly maxAttempts: number
  readonly recycleAfter: number
  readonly taskTimeoutSeconds: number
  readonly graceSeconds: number
  /** Messages in one call, so that small histories need several. */
  readonly batch: number
  /** The longest that the store waits for tasks; where it does not, the core looks again and again. */
  readonly waitSeconds: number
  /** Whether the store tells how often a task was lent. */
  readonly countsLoans: boolean
  /** Whether the platform tells one boot from another. */
  readonly namesBoots: boolean
  /** When each worker starts, in seconds. */
  readonly workers: readonly number[]
  readonly tasks: readonly PlannedTask[]
  readonly faults: readonly PlannedFault[]
  /** Shares of the calls to the store that fail or are late, as long as there are faults. */
  readonly rates: Rates
}

export interface Rates {
  /** The store never hears of it, and the caller gets an error. */
  readonly lostRequests: number
  /** The store did it, and the caller gets an error. */
  readonly lostReplies: number
  /** The answer takes as long as a lease, or half of it, or twice. */
  readonly late: number
}

/** What each run of a task does, by its attempt; the last of them for all that follow. */
export interface PlannedTask {
  readonly id: string
  readonly runs: readonly Behaviour[]
}

export interface Behaviour {
  /** `kills` takes the whole worker along, `exits` its runner; `deaf` never ends and hears nothing; `stubborn` ignores its signal. */
  readonly does: 'value' | 'throws' | 'retry' | 'gives up' | 'exits' | 'kills' | 'deaf' | 'stubborn'
  readonly seconds: number
}

export interface PlannedFault {
  readonly atSeconds: number
  readonly kind: FaultKind
  /** Which of those there are then: the number modulo how many. */
  readonly victim: number
  /** How long it lasts, or by how much the clock jumps. */
  readonly seconds: number
}

/**
 * `crash`: a worker and its runners are gone, another comes; `pause`: a worker stands still and goes
 * on; `jump`: of the wall clock; `outage`: the store answers nobody; `runner`: a runner is killed from
 * outside; `stop`: a worker is told to end, another comes; `reboot`: all are gone, other clocks.
 */
export const faultKinds = ['crash', 'pause', 'jump', 'outage', 'runner', 'stop', 'reboot'] as const
export type FaultKind = (typeof faultKinds)[number]

/** After so many seconds nothing goes wrong any more. */
export const faultySeconds = 30

const styles = ['calm', 'gentle', 'zombies', 'faults', 'rough', 'rough', 'rough'] as const
type Style = (typeof styles)[number]

/** Makes up a history; some have few faults or none at all, and are held to more. */
export function planOf(seed: number, queue: SimulatedQueue): Plan {
  const chance = chanceOf(seed, `plan ${queue}`)
  const pick = <Item>(items: readonly Item[]) => items[chance.whole(items.length)] as Item
  const style = pick(styles)
  const leaseSeconds = pick([1, 2, 5, 10])
  const rate = () => (style === 'rough' ? pick([0, 0, 0.01, 0.05, 0.2]) : 0)
  const countsLoans = chance.next() < 0.8
  // Only where loans are counted somebody notices that a task kills its workers.
  const mayKill = countsLoans && (style === 'faults' || style === 'rough')
  // Mostly short ones and some that take longer than a lease, or all about as long as that.
  const lengths = [
    [0.001, 4],
    [0.001, 4],
    [leaseSeconds / 3, 1],
  ] as const
  const [least, powers] = style === 'zombies' ? [leaseSeconds, 0.8] : pick(lengths)
  const secondsOf = () => least * 10 ** (powers * chance.next())
  return {
    ...{ seed, queue, leaseSeconds },
    concurrency: 1 + chance.whole(3),
    asyncPerRunner: pick([1, 1, 1, 2, 4]),
    maxAttempts: 1 + chance.whole(4),
    recycleAfter: pick([0, 0, 0, 1, 3]),
    taskTimeoutSeconds: style === 'zombies' ? 300 : pick([2, 10, 60]),
    graceSeconds: pick([0.5, 3, 30]),
    batch: pick([10_000, 10_000, 3]),
    waitSeconds: pick([0, 0, 60]),
    countsLoans,
    namesBoots: chance.next() < 0.85,
    workers: Array.from({ length: 1 + chance.whole(4) }, () => chance.next() * 2),
    tasks: Array.from({ length: 1 + chance.whole(24) }, (_, at) =>
      planTask(`t${at}`, mayKill, secondsOf, chance),
    ),
    faults: style === 'calm' ? [] : planFaults(kindsOf(queue, style), leaseSeconds, chance),
    rates: { lostRequests: rate(), lostReplies: rate(), late: rate() },
  }
}

/** Whether nothing is going to go wrong. */
export function isCalm(plan: Plan): boolean {
  return plan.faults.length === 0 && isGentle(plan)
}

/** What a task does on its run of this number. */
export function behaviourOf({ runs }: PlannedTask, attempt: number): Behaviour {
  return runs[Math.min(attempt, runs.length) - 1] ?? { does: 'value', seconds: 0 }
}

/** Whether nobody dies or stands still and the store always answers, so that no attempt goes astray. */
export function isGentle(plan: Plan): boolean {
  const { faults, rates, tasks, namesBoots } = plan
  if (rates.lostReplies + rates.lostRequests + rates.late > 0 || !namesBoots) return false
  if (tasks.some(({ runs }) => runs.some(({ does }) => does === 'kills'))) return false
  return faults.every(({ kind }) => gentle.includes(kind))
}

const gentle: readonly FaultKind[] = ['stop', 'jump', 'runner']

function kindsOf(queue: SimulatedQueue, style: Exclude<Style, 'calm'>) {
  if (style === 'gentle') return gentle
  if (style === 'zombies') return ['pause'] as const
  // A queue in memory ends with its process, and so does the history.
  return faultKinds.filter(kind => kind !== 'reboot' || queue !== 'memory')
}

function planTask(
  id: string,
  mayKill: boolean,
  secondsOf: () => number,
  chance: Chance,
): PlannedTask {
  const does = (): Behaviour['does'] => {
    const at = chance.next()
    if (at < 0.7) return 'value'
    if (at < 0.72 && mayKill) return 'kills'
    const others = ['throws', 'throws', 'retry', 'gives up', 'exits', 'stubborn', 'deaf'] as const
    return others[chance.whole(others.length)] ?? 'value'
  }
  const runs = Array.from({ length: 1 + chance.whole(3) }, () => ({
    does: does(),
    seconds: secondsOf(),
  }))
  return { id, runs }
}

function planFaults(
  kinds: readonly FaultKind[],
  leaseSeconds: number,
  chance: Chance,
): PlannedFault[] {
  return Array.from({ length: chance.whole(7) }, () => {
    const kind = kinds[chance.whole(kinds.length)] as FaultKind
    const seconds =
      kind === 'jump'
        ? 7200 * (chance.next() - 0.5)
        : leaseSeconds * 10 ** (-1 + 1.6 * chance.next())
    return { atSeconds: 20 * chance.next(), kind, victim: chance.whole(1000), seconds }
  })
}
