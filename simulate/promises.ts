import {
  checkHistory,
  type Remains,
  type Step,
  type Violation,
} from '../src/runtime/testing/index.ts'
import type { Line } from './history.ts'
import {
  type Behaviour,
  behaviourOf,
  isCalm,
  isGentle,
  type Plan,
  type PlannedTask,
} from './plan.ts'
import type { SimulatedWorker } from './worker.ts'

/** A rule of the checker that a history breaks, or a promise that only a simulation can hold it to. */
export interface Broken {
  readonly rule: Violation['rule'] | keyof typeof promises
  readonly id: string
  readonly says: string
}

/** What is promised beside the rules of `checkHistory`. */
export const promises = {
  ends: 'the work ends, with nothing left, and no worker fails',
  numbered: 'no run has a higher number than the attempts allowed',
  counted: 'where nobody dies or stands still no attempt is charged without a run',
  told: 'a run whose task somebody else has got is told by its signal',
  calm: 'where nothing goes wrong no lease is lost or idle and no run is repeated',
  meant: 'where nothing goes wrong every task ends as its runs say',
} as const

/** What a history is judged by. */
export interface Evidence {
  readonly plan: Plan
  readonly lines: readonly Line[]
  readonly steps: readonly Step[]
  readonly remains: Remains
  readonly workers: readonly Pick<SimulatedWorker, 'name' | 'end' | 'wasTold' | 'wentOnAt'>[]
}

/** Every promise that was broken; none when all is well. */
export function brokenPromises(evidence: Evidence): readonly Broken[] {
  const { plan, steps, remains } = evidence
  const byId = new Map(plan.tasks.map(task => [task.id, task]))
  const attempts = new Map(remains.dead.map(({ id, attempts }) => [id, attempts]))
  const gaveUp = (id: string) =>
    behaviourOf(byId.get(id) as PlannedTask, attempts.get(id) ?? 0).does === 'gives up'
  const violations = checkHistory(steps, remains, { attempts: plan.maxAttempts })
  return [
    ...violations.filter(({ rule, id }) => rule !== 'attempts' || !gaveUp(id)),
    ...checkEnds(evidence),
    ...checkNumbers(evidence),
    ...checkTold(evidence),
    ...(isGentle(plan) ? checkCounted(evidence) : []),
    ...(isCalm(plan) ? [...checkCalm(evidence), ...checkMeant(evidence)] : []),
  ]
}

function* checkEnds({ workers, remains }: Evidence): Generator<Broken> {
  for (const { name, end, wasTold } of workers) {
    if (end === undefined) yield { rule: 'ends', id: name, says: 'it works for ever' }
    else if (end.how === 'failed')
      yield { rule: 'ends', id: name, says: `it failed: ${String(end.error)}` }
    else if (end.how === 'ended' && end.summary.end !== 'drained' && !wasTold)
      yield { rule: 'ends', id: name, says: `it ended by itself: ${end.summary.end}` }
  }
  for (const id of remains.waiting)
    yield { rule: 'ends', id, says: 'it waits although every worker has ended' }
}

function* checkNumbers({ steps, plan }: Evidence): Generator<Broken> {
  for (const step of steps)
    if (step.step === 'began' && (step.attempt > plan.maxAttempts || step.attempt < 1))
      yield { rule: 'numbered', id: step.id, says: `${step.run} has number ${step.attempt}` }
}

/** Runs of one task have the numbers 1, 2, 3 and so on, some of them perhaps more than once. */
function* checkCounted({ steps }: Evidence): Generator<Broken> {
  const highest = new Map<string, number>()
  for (const step of steps) {
    if (step.step !== 'began') continue
    const { id, attempt, run } = step
    const before = highest.get(id) ?? 0
    if (attempt > before + 1)
      yield { rule: 'counted', id, says: `${run} has number ${attempt} after ${before}` }
    highest.set(id, Math.max(before, attempt))
  }
}

/** Only where the worker could hear of it: it did not stand still, and the store answered. */
function* checkTold({ plan, lines, workers }: Evidence): Generator<Broken> {
  const { rates, faults, leaseSeconds } = plan
  if (rates.late + rates.lostReplies + rates.lostRequests > 0) return
  if (faults.some(({ kind }) => kind === 'outage')) return
  // The next look, and a moment for all that is on its way.
  const patience = Math.min(4, leaseSeconds / 4) * 1500 + 300
  for (const run of runsIn(lines)) {
    const worker = workers.find(({ name }) => name === run.worker)
    if (worker === undefined || worker.end?.how === 'killed' || worker.wasTold) continue
    const taken = lines.find(
      ({ at, by, step }) =>
        step?.step === 'leased' && step.id === run.id && at > run.from && by !== run.worker,
    )
    if (taken === undefined) continue
    const due = Math.max(taken.at, worker.wentOnAt) + patience
    if (run.to > due && !(run.abortedAt <= due) && !run.isDeaf)
      yield { rule: 'told', id: run.id, says: `${run.name} went on after ${taken.by} had got it` }
  }
}

interface SeenRun {
  readonly id: string
  readonly name: string
  readonly worker: string
  readonly from: number
  to: number
  abortedAt: number
  readonly isDeaf: boolean
}

function runsIn(lines: readonly Line[]): Iterable<SeenRun> {
  const runs = new Map<string, SeenRun>()
  for (const { at, by, step } of lines) {
    if (step?.step === 'began')
      runs.set(step.run, {
        ...{ id: step.id, name: step.run, worker: by.split('.')[0] ?? by, from: at },
        // Without an end it was killed, and nobody can say when.
        ...{ to: 0, abortedAt: Number.POSITIVE_INFINITY, isDeaf: false },
      })
    else if (step?.step === 'aborted') {
      const run = runs.get(step.run)
      if (run !== undefined) run.abortedAt = Math.min(run.abortedAt, at)
    } else if (step?.step === 'ended') {
      const run = runs.get(step.run)
      if (run !== undefined) run.to = at
    }
  }
  return runs.values()
}

function* checkCalm({ plan, lines, steps }: Evidence): Generator<Broken> {
  for (const { by, says = '' } of lines)
    if (says.startsWith('lease-lost')) yield { rule: 'calm', id: by, says }
  const count = (kind: 'began' | 'leased') =>
    Map.groupBy(
      steps.flatMap(step => (step.step === kind ? step.id : [])),
      id => id,
    )
  const [runs, leases] = [count('began'), count('leased')]
  // Who takes a runner along has what runs beside it run again.
  const isShared = plan.tasks.some(({ runs }) => runs.some(run => endsItsRunner(run, plan)))
  for (const task of plan.tasks.filter(one => !isOnTheLine(one, plan))) {
    const wanted = meant(task, plan).runs
    const got = runs.get(task.id)?.length ?? 0
    const lent = leases.get(task.id)?.length ?? 0
    if (got < wanted || (got > wanted && !isShared))
      yield { rule: 'calm', id: task.id, says: `it was run ${got} times instead of ${wanted}` }
    if (lent > got)
      yield { rule: 'calm', id: task.id, says: `it was lent ${lent} times, run ${got}` }
  }
}

function endsItsRunner({ does, seconds }: Behaviour, { taskTimeoutSeconds }: Plan): boolean {
  return (
    does === 'exits' ||
    does === 'deaf' ||
    (does === 'stubborn' && seconds > patienceFor('stubborn', taskTimeoutSeconds))
  )
}

function* checkMeant({ plan, remains }: Evidence): Generator<Broken> {
  const done = new Set(remains.results.map(({ id }) => id))
  for (const task of plan.tasks.filter(one => !isOnTheLine(one, plan))) {
    const { end } = meant(task, plan)
    if ((end === 'done') !== done.has(task.id))
      yield { rule: 'meant', id: task.id, says: `it should be ${end}` }
  }
}

/** What becomes of a task that nothing disturbs, and after how many runs. */
function meant(task: PlannedTask, { maxAttempts, taskTimeoutSeconds }: Plan) {
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const { does, seconds } = behaviourOf(task, attempt)
    const isInTime = seconds < patienceFor(does, taskTimeoutSeconds)
    if (does === 'gives up' && isInTime) return { end: 'dead', runs: attempt } as const
    if ((does === 'value' || does === 'stubborn') && isInTime)
      return { end: 'done', runs: attempt } as const
  }
  return { end: 'dead', runs: maxAttempts } as const
}

/** A run that ends just when its time is up may end either way: its word and the signal cross on the wire. */
function isOnTheLine({ runs }: PlannedTask, { taskTimeoutSeconds }: Plan): boolean {
  return runs.some(
    ({ does, seconds }) => Math.abs(seconds - patienceFor(does, taskTimeoutSeconds)) < 0.1,
  )
}

/** How long a run may take: who ignores its signal gets the time to end by itself on top. */
function patienceFor(does: Behaviour['does'], timeoutSeconds: number): number {
  return timeoutSeconds + (does === 'stubborn' ? Math.min(5, timeoutSeconds) : 0)
}
