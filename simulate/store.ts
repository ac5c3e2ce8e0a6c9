import type { Driver, Held, HeldAnswer } from '../src/runtime/queue/driver.ts'
import type { Span, Step } from '../src/runtime/testing/index.ts'
import type { Chance } from '../storm/plan.ts'
import type { History } from './history.ts'
import type { Plan } from './plan.ts'
import type { SimulatedProcess } from './process.ts'
import type { Schedule } from './schedule.ts'
import type { Subject } from './subject.ts'

/** The way between one worker and the store, and all that may befall a call on it. */
export interface Link {
  readonly plan: Pick<
    Plan,
    'queue' | 'rates' | 'leaseSeconds' | 'batch' | 'waitSeconds' | 'countsLoans'
  >
  readonly subject: Pick<Subject, 'TaskqError'>
  readonly schedule: Schedule
  readonly chance: Chance
  readonly history: History
  readonly process: SimulatedProcess
  readonly worker: string
  /** Whether the store answers nobody just now. */
  readonly isDown: () => boolean
  /** Whether calls may fail just now. */
  readonly isFaulty: () => boolean
  /** Whether the host still is the one that the worker was started on. */
  readonly isSameBoot: () => boolean
  readonly onFate: (fate: Fate) => void
}

/** What becomes of one call. */
export type Fate = 'fine' | 'lost request' | 'lost reply' | 'late'

/** The driver as a worker sees it through its link; what is done is written into the history. */
export function linked(driver: Driver, link: Link): Driver {
  const { history, worker, plan } = link
  const call = caller(link)
  const settling =
    (verb: string, act: (held: readonly Held[]) => Promise<readonly HeldAnswer[]>) =>
    (held: readonly Held[]) =>
      call(
        verb,
        () => act(held),
        (answers, span) => noteSettled(link, held, answers, span),
      )
  const { tasks, results, notes } = driver
  return {
    ...driver,
    // Without the folder, which no two histories share.
    url: `${plan.queue}:`,
    limits: { ...driver.limits, batch: plan.batch, waitSeconds: plan.waitSeconds },
    insert: messages => call('insert', () => driver.insert(messages)),
    async lease(request) {
      const leases = await call(
        'lease',
        () => driver.lease(request),
        (given, span) => {
          for (const { id, token } of given)
            history.note(worker, { step: 'leased', id, token, span })
        },
      )
      return plan.countsLoans ? leases : leases.map(lease => ({ ...lease, deliveries: undefined }))
    },
    extend: (held, seconds) => call('extend', () => driver.extend(held, seconds)),
    release: (held, delay) => call('release', () => driver.release(held, delay)),
    complete: settling('complete', held => driver.complete(held)),
    counts: () => call('counts', () => driver.counts()),
    ...(tasks !== undefined && {
      tasks: { ...tasks, bury: burials => call('bury', () => tasks.bury(burials)) },
    }),
    ...(results !== undefined && {
      results: {
        ...results,
        settle: settlements =>
          call(
            'settle',
            () => results.settle(settlements),
            (answers, span) => noteSettled(link, settlements, answers, span),
          ),
      },
    }),
    ...(notes !== undefined && {
      notes: { ...notes, read: () => call('notes', () => notes.read()) },
    }),
  }
}

function noteSettled(
  { history, worker }: Link,
  held: readonly Held[],
  answers: readonly HeldAnswer[],
  span: Span,
): void {
  for (const [at, { id, token }] of held.entries()) {
    const step: Step = { step: 'settled', id, token, answer: answers[at] ?? 'unknown', span }
    history.note(worker, step)
  }
}

type Note<Answer> = (answer: Answer, span: Span) => void
type Call = <Answer>(
  verb: string,
  act: () => Promise<Answer>,
  note?: Note<Answer>,
) => Promise<Answer>

/** Calls travel to the store and answers travel back; either may be lost, and both take their time. */
function caller(link: Link): Call {
  const { subject, schedule, chance, history, process, worker } = link
  return <Answer>(verb: string, act: () => Promise<Answer>, note: Note<Answer> = () => {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const fate = fateOf(link)
    if (fate !== 'fine') {
      history.say(worker, `${verb}: ${fate}`)
      link.onFate(fate)
    }
    const fail = () =>
      reject(new subject.TaskqError('unavailable', `the store did not answer to ${verb}`))
    const answer = (tell: () => void) =>
      schedule.after(travel(link, fate), () => process.deliver(tell))
    const arrive = () => {
      // What a process has sent may be carried out although it is gone or stands still, or may not.
      if (process.isGone && (!link.isSameBoot() || chance.next() < 0.5)) return
      if (process.isStopped && chance.next() < 0.5) process.deliver(arrive)
      else if (fate === 'lost request' || link.isDown()) answer(fail)
      else {
        const asked = history.stamp()
        act().then(
          value => {
            note(value, history.since(asked))
            answer(fate === 'lost reply' ? fail : () => resolve(value))
          },
          error => answer(() => reject(error as Error)),
        )
      }
    }
    schedule.after(travel(link, 'fine'), arrive)
    return promise
  }
}

function fateOf({ plan: { rates }, chance, isFaulty }: Link): Fate {
  const lot = chance.next()
  if (!isFaulty()) return 'fine'
  if (lot < rates.lostRequests) return 'lost request'
  if (lot < rates.lostRequests + rates.lostReplies) return 'lost reply'
  return lot < rates.lostRequests + rates.lostReplies + rates.late ? 'late' : 'fine'
}

/** Milliseconds on the way: mostly next to nothing. */
function travel({ chance, plan }: Link, fate: Fate): number {
  if (fate === 'late') return plan.leaseSeconds * 1000 * (0.2 + 1.8 * chance.next())
  return 10 ** (-2 + 3 * chance.next())
}
