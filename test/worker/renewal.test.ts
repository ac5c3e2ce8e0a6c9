import { expect, test } from 'vitest'
import type { Driver, Held } from '../../src/runtime/queue/driver.ts'
import { openDriver } from '../../src/runtime/queue/open.ts'
import { createQueue } from '../../src/runtime/queue/queue.ts'
import { ManualClock } from '../../src/runtime/testing/index.ts'
import { Heartbeat } from '../../src/runtime/worker/heartbeat.ts'
import { type HeldTask, hold } from '../../src/runtime/worker/held.ts'

const leaseSeconds = 8

/** A worker that holds two leases of 8 s, of which the first runs; every renewal is written down. */
async function holding(changed: Partial<Driver> = {}, countsLoans = true) {
  const clock = new ManualClock()
  const driver = await openDriver('memory:', { clock })
  const renewals: (readonly Held[])[] = []
  const extend: Driver['extend'] = (leases, seconds) => {
    renewals.push(leases)
    return driver.extend(leases, seconds)
  }
  const queue = createQueue({ ...driver, extend, ...changed }, clock)
  await queue.insert([
    { id: 'runs', params: {} },
    { id: 'waits', params: {} },
  ])
  const leases = await queue.lease({ max: 2, seconds: leaseSeconds, worker: { id: 'w' } })
  const tasks = leases.map((lease, at) =>
    hold({ ...lease, deliveries: countsLoans ? 1 : undefined }, at, clock.monotonic()),
  )
  const held = new Map(tasks.map(task => [task.ref, task]))
  const lost: HeldTask[] = []
  const heartbeat = new Heartbeat({
    ...{ queue, leaseSeconds, held },
    running: () => tasks.slice(0, 1),
    onLost: task => lost.push(task),
  })
  const beat = () => heartbeat.beat(clock.monotonic())
  return { clock, heartbeat, beat, renewals, tasks, held, lost, driver }
}

test('a lease is renewed a quarter of its time after it was last, and not before', async () => {
  const { clock, beat, renewals } = await holding()
  for (const seconds of [1.9, 0.1, 1, 1]) {
    clock.advance(seconds)
    await beat()
  }
  expect(renewals.map(leases => leases.map(({ id }) => id))).toEqual([
    ['runs', 'waits'],
    ['runs', 'waits'],
  ])
})

test('one renewal is under way at a time, and the next may follow it', async () => {
  const { clock, beat, renewals } = await holding()
  clock.advance(2)
  await Promise.all([beat(), beat()])
  expect(renewals).toHaveLength(1)
  clock.advance(2)
  await beat()
  expect(renewals).toHaveLength(2)
})

test('where loans are not counted a renewal charges what runs, and only that', async () => {
  const counted = await holding()
  const uncounted = await holding({}, false)
  for (const { clock, beat } of [counted, uncounted]) {
    clock.advance(2)
    await beat()
  }
  const attemptsIn = ({ renewals }: typeof counted) =>
    renewals.map(leases => leases.map(({ attempts }) => attempts))
  expect(attemptsIn(counted)).toEqual([[0, 0]])
  expect(attemptsIn(uncounted)).toEqual([[1, 0]])
})

test('a store that does not fence is asked at half of the lease, any other every 4 s at least', async () => {
  const traits = { fenced: false, unique: true, ordered: true, durable: false }
  expect((await holding({ traits })).heartbeat.intervalSeconds).toBe(4)
  expect((await holding()).heartbeat.intervalSeconds).toBe(2)
  const { heartbeat } = await holding()
  const long = new Heartbeat({
    ...{ leaseSeconds: 300, held: new Map(), running: () => [], onLost: () => {} },
    queue: createQueue((await holding()).driver),
  })
  expect(heartbeat.intervalSeconds).toBeLessThan(long.intervalSeconds)
  expect(long.intervalSeconds).toBe(4)
})

test('what was lost is told once and renewed no more; what is on its way or gone is not', async () => {
  const { clock, beat, renewals, tasks, held, lost } = await holding()
  const [runs, waits] = tasks as [HeldTask, HeldTask]
  clock.advance(9)
  waits.isPosted = true
  await beat()
  expect(lost).toEqual([runs])
  runs.isLost = true
  held.delete(waits.ref)
  clock.advance(9)
  await beat()
  expect(renewals).toHaveLength(1)
})
