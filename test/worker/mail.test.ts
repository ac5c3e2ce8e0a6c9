import { expect, test } from 'vitest'
import type { Driver } from '../../src/runtime/queue/driver.ts'
import { openDriver } from '../../src/runtime/queue/open.ts'
import { createQueue } from '../../src/runtime/queue/queue.ts'
import { ManualClock } from '../../src/runtime/testing/index.ts'
import type { WorkEvent } from '../../src/runtime/worker/events.ts'
import { type HeldTask, hold } from '../../src/runtime/worker/held.ts'
import { Judge } from '../../src/runtime/worker/judge.ts'
import { Mail } from '../../src/runtime/worker/mail.ts'
import { type RunOutcome, writeNote } from '../../src/runtime/worker/messages.ts'
import { Tally } from '../../src/runtime/worker/report.ts'
import { readSettings } from '../../src/runtime/worker/settings.ts'
import type { LeftRun } from '../../src/runtime/worker/work-options.ts'

/** The mail of a worker that holds tasks t0, t1 and so on of a queue in memory. */
async function mailWith(
  count: number,
  {
    values = {},
    changed = {},
  }: { values?: Record<string, string>; changed?: Partial<Driver> } = {},
) {
  const clock = new ManualClock()
  const driver = await openDriver('memory:', { clock })
  const queue = createQueue({ ...driver, ...changed }, clock)
  await queue.insert(Array.from({ length: count }, (_, at) => ({ id: `t${at}`, params: {} })))
  const leases = await queue.lease({ max: count, seconds: 60, worker: { id: 'w' } })
  const tasks = leases
    .map((lease, at) => hold(lease, at, clock.monotonic()))
    .toSorted((one, other) => one.id.localeCompare(other.id, 'en', { numeric: true }))
  const held = new Map(tasks.map(task => [task.ref, task]))
  const tally = new Tally()
  const told: WorkEvent[] = []
  const left: LeftRun[] = []
  const calls: string[] = []
  const settings = readSettings([{ values, place: () => 'the test' }])
  const judge = new Judge({
    ...{ settings, worker: 'w', host: 'h', random: () => 0.5 },
    mostDelaySeconds: driver.limits.delaySeconds,
  })
  const mail = new Mail({
    ...{ queue, held, judge, tally },
    now: () => clock.monotonic(),
    tell: event => told.push(event),
    onLeft: run => left.push(run),
    onPosted: () => calls.push('posted'),
    onGivenBack: count => calls.push(`gave back ${count}`),
    onTaken: () => calls.push('taken'),
  })
  return { clock, driver, queue, mail, judge, tasks, held, tally, told, left, calls }
}

const done = (ref: number): RunOutcome => ({ ref, name: 'done', seconds: 2, text: '{}' })
const threw = (ref: number): RunOutcome => ({
  ...{ ref, name: 'exception', seconds: 2 },
  text: writeNote({ reason: 'no' }),
})
const pairs = (tasks: readonly HeldTask[], outcome: (ref: number) => RunOutcome) =>
  tasks.map(task => [task, outcome(task.ref)] as const)

test('an outcome is held until the queue has taken it, and counted then', async () => {
  const { queue, mail, tasks, held, tally, left, calls } = await mailWith(1)
  expect([mail.isEmpty, mail.unanswered]).toEqual([true, 0])
  mail.postOutcomes(pairs(tasks, done))
  expect([mail.isEmpty, mail.unanswered, held.size, tally.done]).toEqual([false, 1, 1, 0])
  expect(tasks[0]?.isPosted).toBe(true)
  expect(calls).toEqual(['posted'])
  await mail.send()
  expect([mail.isEmpty, mail.unanswered, held.size, tally.done]).toEqual([true, 0, 0, 1])
  expect(left).toEqual([{ task: 't0', attempt: 1, seconds: 2 }])
  expect(calls).toEqual(['posted', 'taken'])
  expect((await queue.counts()).done).toBe(1)
})

test('letters are due when the oldest is 10 ms old, or when there are 500', async () => {
  const { clock, mail, tasks } = await mailWith(500)
  expect(mail.dueInMilliseconds).toBe(Number.POSITIVE_INFINITY)
  expect(mail.isDue).toBe(false)
  mail.postOutcomes(pairs(tasks.slice(0, 1), done))
  expect([mail.dueInMilliseconds, mail.isDue]).toEqual([10, false])
  clock.advance(0.004)
  expect([mail.dueInMilliseconds, mail.isDue]).toEqual([6, false])
  clock.advance(0.0055)
  expect([mail.dueInMilliseconds, mail.isDue]).toEqual([0.5, false])
  clock.advance(0.0005)
  expect([mail.dueInMilliseconds, mail.isDue]).toEqual([0, true])
  await mail.send()
  mail.postOutcomes(pairs(tasks.slice(1), done))
  expect(mail.isDue).toBe(false)
  mail.giveBack(tasks.slice(0, 1))
  expect(mail.isDue).toBe(true)
})

test('an outcome that comes after its lease is lost, and does not count as a run that left', async () => {
  const { clock, mail, tasks, held, tally, told, left, calls } = await mailWith(1)
  mail.postOutcomes(pairs(tasks, done))
  clock.advance(61)
  await mail.send()
  expect([held.size, tally.lost, tally.done]).toEqual([0, 1, 0])
  expect(told).toEqual([{ event: 'lease-lost', task: 't0' }])
  expect(left).toEqual([])
  expect(calls).toEqual(['posted'])
})

test('of a task that is known to be lost the queue is told nothing', async () => {
  const { mail, tasks, held, tally, left } = await mailWith(1)
  for (const task of tasks) task.isLost = true
  mail.postOutcomes(pairs(tasks, done))
  expect([mail.isEmpty, held.size, tally.lost]).toEqual([true, 0, 1])
  expect(left).toEqual([{ task: 't0', attempt: 1 }])
})

test('tasks go back without a charge, together, and are counted as given back', async () => {
  const { queue, mail, tasks, tally, calls } = await mailWith(3)
  mail.giveBack(tasks.slice(0, 2))
  mail.giveBack(tasks.slice(2), 30)
  expect(calls).toEqual(['gave back 2', 'posted', 'gave back 1', 'posted'])
  await mail.send()
  expect(tally.released).toBe(3)
  expect(await queue.counts()).toMatchObject({ ready: 2, delayed: 1, leased: 0 })
  const leases = await queue.lease({ max: 2, seconds: 60, worker: { id: 'w' } })
  expect(leases.map(({ attempts }) => attempts)).toEqual([0, 0])
})

test('nothing goes back for longer than the store can keep it waiting', async () => {
  const delays: (number | undefined)[] = []
  const release: Driver['release'] = async (leases, seconds) => {
    delays.push(seconds)
    return leases.map(() => 'done')
  }
  const { driver } = await mailWith(1)
  const limits = { ...driver.limits, delaySeconds: 20 }
  const { mail, tasks } = await mailWith(1, { changed: { release, limits } })
  mail.giveBack(tasks, 30)
  await mail.send()
  expect(delays).toEqual([20])
})

test('a task for other code goes back for a minute, without a charge', async () => {
  const { clock, queue, mail, tasks, tally } = await mailWith(1)
  mail.postOutcomes(pairs(tasks, ref => ({ ref, name: 'other-code', seconds: 0, text: '' })))
  await mail.send()
  expect([tally.released, tally.retried]).toEqual([1, 0])
  clock.advance(59)
  expect((await queue.counts()).delayed).toBe(1)
  clock.advance(1)
  const [again] = await queue.lease({ max: 1, seconds: 60, worker: { id: 'w' } })
  expect(again?.attempts).toBe(0)
})

test('what throws while the worker tidies up is not charged, what returns is recorded', async () => {
  const { mail, tasks, tally } = await mailWith(3)
  mail.postOutcomes(pairs(tasks.slice(0, 1), threw))
  mail.isTidying = true
  mail.postOutcomes(pairs(tasks.slice(1, 2), threw))
  mail.postOutcomes(pairs(tasks.slice(2), done))
  await mail.send()
  expect([tally.retried, tally.released, tally.done]).toEqual([1, 1, 1])
})

test('what throws after too many failures is not charged', async () => {
  const { mail, tasks, tally } = await mailWith(2, { values: { TQ_STOP_AFTER_FAILURES: '1' } })
  mail.postOutcomes(pairs(tasks, threw))
  await mail.send()
  expect([tally.retried, tally.released]).toEqual([1, 1])
})

test('a crash is charged and posted at once, and is no run that left', async () => {
  const { mail, tasks, tally, left, calls } = await mailWith(1)
  const [task] = tasks as [HeldTask]
  mail.postCrash(task, { failure: 'exit', reason: 'exit code 3', output: '' })
  expect(calls).toEqual(['posted'])
  await mail.send()
  expect([tally.retried, tally.failures.exit]).toEqual([1, 1])
  expect(left).toEqual([])
})

test('a worn task is buried, and said to be no longer fit', async () => {
  const { queue, mail, tasks } = await mailWith(2, { values: { TQ_MAX_ATTEMPTS: '2' } })
  const [fresh, worn] = tasks as [HeldTask, HeldTask]
  expect(mail.postWorn(fresh)).toBe(false)
  expect(mail.postWorn({ ...worn, lease: { ...worn.lease, attempts: 2 } })).toBe(true)
  await mail.send()
  expect(await queue.counts()).toMatchObject({ dead: 1, leased: 1 })
})
