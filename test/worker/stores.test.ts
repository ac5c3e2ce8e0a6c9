import { expect, it } from 'vitest'
import { createQueue, openQueue, type Queue, TaskqError } from '../../src/runtime/index.ts'
import { readResults } from '../../src/runtime/results/read.ts'
import type { WorkEvent } from '../../src/runtime/worker/events.ts'
import { mostUnrecorded } from '../../src/runtime/worker/feeder.ts'
import { readSettings } from '../../src/runtime/worker/settings.ts'
import { Supervisor, work } from '../../src/runtime/worker/supervisor.ts'
import { largestFrame } from '../../src/runtime/worker/task-times.ts'
import { openPlain } from '../queue/plain-driver.ts'
import { turnOfTheLoop } from '../support/turns.ts'
import { wild } from './bench.ts'

const rows = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ id: `t${at}`, params: { does: 'value', value: at } }))

async function drain(queue: Queue, events: WorkEvent[] = [], given = {}) {
  const values = { TQ_CONCURRENCY: '2', TQ_MAX_ATTEMPTS: '1', ...given }
  const settings = readSettings([{ values, place: () => 'the test' }])
  const onEvent = (event: WorkEvent) => events.push(event)
  return await work({ queue, task: wild, settings, until: 'drained', onEvent })
}

async function idsOf(queue: Queue): Promise<ReadonlySet<string>> {
  return new Set((await Array.fromAsync(readResults(queue))).map(({ id }) => id))
}

it('a memory queue is drained like any other', async () => {
  const queue = await openQueue('memory:')
  await queue.insert([...rows(500), { id: 'bad', params: { does: 'throw' } }])
  expect(await drain(queue)).toMatchObject({ done: 500, dead: 1 })
  expect((await idsOf(queue)).size).toBe(500)
})

it('a store that keeps no outcomes has them in the queue beside it', async () => {
  const { driver, beside } = await openPlain({ limits: { batch: 10 } })
  const queue = createQueue(driver)
  await queue.insert([...rows(95), { id: 'bad', params: { does: 'throw' } }])
  expect(await drain(queue)).toMatchObject({ done: 95, dead: 1 })
  expect((await idsOf(queue)).size).toBe(95)
  expect((await beside.get('dead')?.counts())?.ready).toBe(1)
})

it('a lease that is longer than the store has it is shortened, and that is told', async () => {
  const { driver } = await openPlain({ limits: { leaseSeconds: 600 } })
  const queue = createQueue(driver)
  await queue.insert(rows(5))
  const events: WorkEvent[] = []
  expect(await drain(queue, events, { TQ_LEASE_SECONDS: '900' })).toMatchObject({ done: 5 })
  const event = 'lease-shortened'
  expect(events).toContainEqual({ event, askedSeconds: 900, seconds: 600 })
  await queue.insert([{ id: 'more', params: { does: 'value', value: 1 } }])
  const quiet: WorkEvent[] = []
  expect(await drain(queue, quiet, { TQ_LEASE_SECONDS: '600' })).toMatchObject({ done: 1 })
  expect(quiet.map(one => one.event)).not.toContain(event)
})

it('a task that asks for a longer wait than the store can keep waits as long as it can', async () => {
  const { driver } = await openPlain({ limits: { delaySeconds: 900 } })
  const queue = createQueue(driver)
  await queue.insert([{ id: 'later', params: { does: 'retryNextYear' } }])
  const stop = new AbortController()
  const events: WorkEvent[] = []
  const summary = await work({
    ...{ queue, task: wild, signal: stop.signal },
    settings: readSettings([{ values: { TQ_CONCURRENCY: '1' }, place: () => 'the test' }]),
    onEvent(event) {
      events.push(event)
      if (event.event === 'task-failed') stop.abort()
    },
  })
  expect(summary).toMatchObject({ retried: 1, dead: 0 })
  expect(events).toContainEqual(expect.objectContaining({ againAfterSeconds: 900 }))
})

it('a store that fails now and then loses nothing, and what it did unseen is not done twice', async () => {
  const memory = await openQueue('memory:')
  await memory.insert(rows(300))
  let calls = 0
  const flaky =
    <Args extends unknown[], Answer>(act: (...args: Args) => Promise<Answer>) =>
    async (...args: Args): Promise<Answer> => {
      calls += 1
      if (calls % 7 === 3) throw away()
      const answer = await act(...args)
      if (calls % 7 === 5) throw away()
      return answer
    }
  const queue: Queue = {
    ...memory,
    settle: flaky(async (...given: Parameters<Queue['settle']>) => await memory.settle(...given)),
    lease: flaky(async (...given: Parameters<Queue['lease']>) => await memory.lease(...given)),
    counts: flaky(async () => await memory.counts()),
  }
  const events: WorkEvent[] = []
  const summary = await work({
    ...{ queue, task: wild, until: 'drained', onEvent: event => events.push(event) },
    settings: readSettings([
      { values: { TQ_CONCURRENCY: '2', TQ_LEASE_SECONDS: '0.5' }, place: () => 'the test' },
    ]),
  })
  expect(summary.end).toBe('drained')
  expect(await memory.counts()).toMatchObject({ ready: 0, leased: 0, done: 300, dead: 0 })
  expect((await idsOf(memory)).size).toBe(300)
  expect(events.some(({ event }) => event === 'store-trouble')).toBe(true)
})

it('a task whose start could not be recorded goes back and is run later', async () => {
  const memory = await openQueue('memory:')
  await memory.insert(rows(3))
  const others = await memory.lease({ max: 3, seconds: 0.2, worker: { id: 'vanished' } })
  expect(others).toHaveLength(3)
  let failures = 0
  const extend: Queue['extend'] = async (...given) => {
    if (failures++ === 0) throw away()
    return await memory.extend(...given)
  }
  const { done, released, dead } = await drain({ ...memory, extend })
  expect([done, dead]).toEqual([3, 0])
  expect(released).toBeGreaterThan(0)
})

it('what is being recorded is not told as lost by a renewal that finds it gone', async () => {
  const memory = await openQueue('memory:')
  await memory.insert([{ id: 't0', params: { does: 'value', value: 1 } }])
  const asked = Promise.withResolvers<void>()
  const queue: Queue = {
    ...memory,
    async settle(settlements) {
      const answers = await memory.settle(settlements)
      await asked.promise
      return answers
    },
    async extend(leases, seconds) {
      const answers = await memory.extend(leases, seconds)
      setImmediate(() => asked.resolve())
      return answers
    },
  }
  const events: WorkEvent[] = []
  const summary = await drain(queue, events, { TQ_LEASE_SECONDS: '3' })
  expect(summary).toMatchObject({ done: 1, lost: 0 })
  expect(events.map(({ event }) => event)).not.toContain('lease-lost')
})

it('a store where each look costs money is waited on for long', async () => {
  const { driver } = await openPlain({ limits: { settleSeconds: 180, waitSeconds: 20 } })
  const queue = createQueue(driver)
  const stop = new AbortController()
  const waits: (number | undefined)[] = []
  const lease: Queue['lease'] = async request => {
    waits.push(request.waitSeconds)
    if ((request.waitSeconds ?? 0) > 0) stop.abort()
    return await queue.lease(request)
  }
  const settings = readSettings([{ values: { TQ_CONCURRENCY: '1' }, place: () => 'the test' }])
  await work({ queue: { ...queue, lease }, task: wild, settings, signal: stop.signal })
  expect(waits.at(-1)).toBe(20)
})

it('a worker whose results could not be kept says so before it leases', async () => {
  const { driver } = await openPlain({ companions: false })
  const queue = createQueue(driver)
  await queue.insert(rows(3))
  await expect(drain(queue)).rejects.toMatchObject({ code: 'unsupported' })
  expect(await queue.counts()).toMatchObject({ ready: 3, leased: 0 })
})

it('a fault that waiting does not mend ends the worker and gives back what it held', async () => {
  const memory = await openQueue('memory:')
  await memory.insert(rows(50))
  const settle = () => Promise.reject(new TaskqError('unsupported', 'It cannot. Use another.'))
  await expect(drain({ ...memory, settle })).rejects.toMatchObject({ code: 'unsupported' })
  expect(await memory.counts()).toMatchObject({ done: 0 })
})

function away(): TaskqError {
  return new TaskqError('unavailable', 'The store is away. Try again.')
}

it('while the store is slow to record, runs go on only so far: they are what a kill would cost', async () => {
  const memory = await openQueue('memory:')
  await memory.insert(rows(20_000))
  const gate = Promise.withResolvers<void>()
  let recorded = 0
  const settle: Queue['settle'] = async settlements => {
    // The first ones are let through, so that tasks are known to be short and leased far ahead.
    if (recorded >= 8000) await gate.promise
    else recorded += settlements.length
    return await memory.settle(settlements)
  }
  const settings = readSettings([{ values: { TQ_CONCURRENCY: '1' }, place: () => 'the test' }])
  const queue = { ...memory, settle }
  const supervisor = new Supervisor({ queue, task: wild, settings, until: 'drained' })
  const working = supervisor.run()
  const isStill = () => recorded >= 8000 && [...supervisor.crew.running()].length === 0
  let quietTurns = 0
  while (quietTurns < 50) {
    await turnOfTheLoop()
    quietTurns = isStill() ? quietTurns + 1 : 0
  }
  const atRisk = supervisor.inFlight - supervisor.crew.inHand
  gate.resolve()
  expect(await working).toMatchObject({ done: 20_000, runs: 20_000 })
  expect(atRisk).toBeGreaterThan(0)
  expect(atRisk).toBeLessThanOrEqual(mostUnrecorded + 2 * largestFrame)
})
