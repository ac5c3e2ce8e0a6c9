import { expect, test } from 'vitest'
import type { Driver, HeldAnswer } from '../../src/runtime/queue/driver.ts'
import { TaskqError } from '../../src/runtime/queue/errors.ts'
import { openDriver } from '../../src/runtime/queue/open.ts'
import { createQueue } from '../../src/runtime/queue/queue.ts'
import { ManualClock } from '../../src/runtime/testing/index.ts'
import { type HeldTask, hold } from '../../src/runtime/worker/held.ts'
import { type Letter, Outbox } from '../../src/runtime/worker/outbox.ts'

const away = new TaskqError('unavailable', 'the store is away')

/** An outbox of a worker that holds these tasks of a queue in memory. */
async function outboxWith(ids: readonly string[], changed: Partial<Driver> = {}) {
  const clock = new ManualClock()
  const driver = await openDriver('memory:', { clock })
  const queue = createQueue({ ...driver, ...changed }, clock)
  await queue.insert(ids.map(id => ({ id, params: {} })))
  const leases = await queue.lease({ max: ids.length, seconds: 60, worker: { id: 'w' } })
  const tasks = leases.map((lease, at) => hold(lease, at, clock.monotonic()))
  const task = (id: string) => tasks.find(one => one.id === id) as HeldTask
  const outbox = new Outbox(queue)
  const answers: string[] = []
  const onAnswer = ({ task }: Letter, answer: HeldAnswer) => answers.push(`${task.id} ${answer}`)
  return { clock, driver, queue, task, outbox, answers, send: () => outbox.send(onAnswer) }
}

const done = (task: HeldTask): Letter => ({ kind: 'done', task, record: '{}', seconds: 1 })
const dead = (task: HeldTask, attempts: number): Letter => ({
  ...{ kind: 'dead', task, attempts },
  ...{ reason: 'no', record: '{"status":"dead"}' },
})
const release = (task: HeldTask, attempts: number, afterSeconds: number): Letter => ({
  ...{ kind: 'release', task, attempts, afterSeconds },
})

test('each letter does what it says, and is answered by its task', async () => {
  const { queue, task, outbox, answers, send } = await outboxWith(['a', 'b', 'c', 'd'])
  outbox.add(done(task('a')), 1)
  outbox.add(dead(task('b'), 3), 2)
  outbox.add(release(task('c'), 1, 0), 3)
  outbox.add(release(task('d'), 0, 9), 4)
  await send()
  expect(answers.toSorted()).toEqual(['a done', 'b done', 'c done', 'd done'])
  expect(await queue.counts()).toEqual({ ready: 1, delayed: 1, leased: 0, done: 1, dead: 1 })
  expect(await queue.tasks.get(['a', 'b'])).toMatchObject([{ attempts: 1 }, { attempts: 3 }])
  const [again] = await queue.lease({ max: 1, seconds: 60, worker: { id: 'w' } })
  expect(again).toMatchObject({ id: 'c', attempts: 1 })
})

test('what goes back with the same wait goes in one call', async () => {
  const calls: (readonly [number | undefined, readonly string[]])[] = []
  const { task, outbox, send } = await outboxWith(['a', 'b', 'c'], {
    release: async (leases, seconds) => {
      calls.push([seconds, leases.map(({ id }) => id)])
      return leases.map(() => 'done')
    },
  })
  outbox.add(release(task('a'), 1, 5), 1)
  outbox.add(release(task('b'), 1, 7), 1)
  outbox.add(release(task('c'), 1, 5), 1)
  await send()
  expect(calls).toEqual([
    [5, ['a', 'c']],
    [7, ['b']],
  ])
})

test('nothing is called for letters that there are none of', async () => {
  const never = async () => {
    throw new Error('called for nothing')
  }
  const { task, outbox, send } = await outboxWith(['a'], { release: never })
  await send()
  outbox.add(done(task('a')), 1)
  await send()
  expect(outbox.unanswered).toBe(0)
})

test('a letter whose answer is missing counts as refused', async () => {
  const { task, outbox, answers, send } = await outboxWith(['a'], { release: async () => [] })
  outbox.add(release(task('a'), 1, 0), 1)
  await send()
  expect(answers).toEqual(['a lost'])
})

test('what the store did not answer is kept before what came meanwhile, and sent again', async () => {
  const sent: string[][] = []
  const { task, outbox, answers, send } = await outboxWith(['a', 'b', 'c'], {
    release: async leases => {
      sent.push(leases.map(({ id }) => id))
      if (sent.length === 1) throw away
      return leases.map(() => 'done')
    },
  })
  outbox.add(release(task('a'), 1, 0), 1)
  outbox.add(done(task('b')), 1)
  const sending = send()
  expect([outbox.size, outbox.unanswered]).toEqual([0, 2])
  outbox.add(release(task('c'), 1, 0), 2)
  expect([outbox.size, outbox.unanswered]).toEqual([1, 3])
  await expect(sending).rejects.toBe(away)
  expect(answers).toEqual(['b done'])
  expect([outbox.size, outbox.unanswered]).toEqual([2, 2])
  await send()
  expect(sent).toEqual([['a'], ['a', 'c']])
  expect([outbox.size, outbox.unanswered]).toEqual([0, 0])
})

test('of several errors the first is told', async () => {
  const { task, outbox, send } = await outboxWith(['a', 'b'], {
    release: async (_, seconds) => {
      throw new TaskqError('unavailable', `away ${seconds}`)
    },
  })
  outbox.add(release(task('a'), 1, 1), 1)
  outbox.add(release(task('b'), 1, 2), 1)
  await expect(send()).rejects.toThrow('away 1')
})

test('the oldest letter is the first since there was none', async () => {
  const { task, outbox, send } = await outboxWith(['a', 'b'])
  outbox.add(done(task('a')), 5)
  outbox.add(done(task('b')), 8)
  expect(outbox.oldestAt).toBe(5)
  await send()
  outbox.add(done(task('b')), 11)
  expect(outbox.oldestAt).toBe(11)
})
