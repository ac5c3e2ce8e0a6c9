import { expect, test } from 'vitest'
import type { Driver, Held, LeaseRequest } from '../../src/runtime/queue/driver.ts'
import { openDriver } from '../../src/runtime/queue/open.ts'
import { createQueue } from '../../src/runtime/queue/queue.ts'
import { ManualClock } from '../../src/runtime/testing/index.ts'
import { Crew } from '../../src/runtime/worker/crew.ts'
import { type HeldTask, hold } from '../../src/runtime/worker/held.ts'
import { Intake, type IntakeOptions } from '../../src/runtime/worker/intake.ts'

const never = () => {
  throw new Error('not to be called')
}

/** A crew that has no runner yet and, with `recycleAfter` 1, wants a task for each that it may have. */
function crewOf(concurrency: number, recycleAfter: number): Crew<HeldTask> {
  return new Crew<HeldTask>(
    { concurrency, atOnce: 1, recycleAfter, start: never, unrecorded: () => 0 },
    {
      ...{ onOutcomes: never, onCrash: never, onUnfinished: never, onMet: never, onLog: never },
      ...{ onProgress: never, onOutput: never, onFault: never },
    },
  )
}

interface Setting extends Partial<Pick<IntakeOptions, 'maxTasks' | 'isFit' | 'onLost'>> {
  readonly tasks?: number
  readonly runners?: number
  readonly recycleAfter?: number
  readonly changed?: (driver: Driver) => Partial<Driver>
}

/** The intake of a worker on a queue in memory with these many tasks; what it asks for is written down. */
async function intakeOn(setting: Setting = {}) {
  const { tasks = 3, runners = 10, recycleAfter = 1, changed, ...given } = setting
  const clock = new ManualClock()
  const inner = await openDriver('memory:', { clock })
  const asked: LeaseRequest[] = []
  const charged: (readonly Held[])[] = []
  const driver: Driver = {
    ...inner,
    extend: (leases, seconds) => {
      charged.push(leases)
      return inner.extend(leases, seconds)
    },
    ...changed?.(inner),
  }
  const lease: Driver['lease'] = request => {
    asked.push(request)
    return driver.lease(request)
  }
  const queue = createQueue({ ...driver, lease }, clock)
  await queue.insert(Array.from({ length: tasks }, (_, at) => ({ id: `t${at}`, params: {} })))
  const held = new Map<number, HeldTask>()
  const got: string[][] = []
  const unbegun: string[][] = []
  const trouble: unknown[] = []
  const stop = new AbortController()
  const crew = crewOf(runners, recycleAfter)
  const intake = new Intake({
    ...{ queue, crew, worker: 'w', leaseSeconds: 60, clock, held, signal: stop.signal },
    ...{ maxTasks: undefined, isFit: () => true, onLost: never },
    onTasks: tasks => got.push(tasks.map(({ id }) => id).toSorted()),
    onUnbegun: tasks => unbegun.push(tasks.map(({ id }) => id).toSorted()),
    onTrouble: error => trouble.push(error),
    ...given,
  })
  return { clock, inner, queue, held, crew, intake, asked, charged, got, unbegun, trouble, stop }
}

/** Leases all and says nothing more of it, so that whoever gets the tasks next must suspect them. */
async function vanishWith({ queue, clock }: Awaited<ReturnType<typeof intakeOn>>): Promise<void> {
  await queue.lease({ max: 100, seconds: 1, worker: { id: 'gone' } })
  clock.advance(2)
}

test('as many tasks are leased as there is room for, and held from before they were asked for', async () => {
  const { clock, intake, asked, held, got, unbegun } = await intakeOn({
    changed: inner => ({
      lease: async request => {
        clock.advance(5)
        return await inner.lease(request)
      },
    }),
  })
  const before = clock.monotonic()
  await intake.lease()
  expect(asked).toMatchObject([{ max: 10, seconds: 60, waitSeconds: 0, worker: { id: 'w' } }])
  expect([got, unbegun]).toEqual([[['t0', 't1', 't2']], []])
  expect([...held.keys()]).toEqual([1, 2, 3])
  for (const [ref, task] of held)
    expect(task).toMatchObject({ ref, renewedAt: before, attempt: 1, ...fresh })
})

test.each([
  ['half of what it is good to have', 10, 110, 55],
  ['500', 1000, 11_000, 500],
])(
  'while all runners have something, tasks are asked for when there is room for %s',
  async (...row) => {
    const [, runners, target, least] = row
    const { crew, intake } = await intakeOn({ runners, recycleAfter: 0 })
    for (let at = 0; at < 256; at += 1) crew.times.note(0.01)
    expect(crew.target).toBe(target)
    crew.add(spare(target - least))
    expect(intake.wants).toBe(least)
    crew.add(spare(1))
    expect(intake.wants).toBe(0)
  },
)

test('a runner that has nothing to do is reason to ask for one task', async () => {
  const { crew, intake } = await intakeOn()
  crew.add(spare(9))
  expect(intake.wants).toBe(1)
  crew.add(spare(1))
  expect(intake.wants).toBe(0)
  crew.add(spare(1))
  expect(intake.wants).toBe(0)
})

test('no more tasks are taken than the worker may, and those given back do not count', async () => {
  const { intake, got } = await intakeOn({ maxTasks: 4 })
  expect(intake.wants).toBe(4)
  await intake.lease()
  expect(intake.wants).toBe(1)
  intake.giveBack(2)
  expect(intake.wants).toBe(3)
  intake.giveBack(-5)
  expect(intake.wants).toBe(0)
  await intake.lease()
  expect(got).toHaveLength(1)
})

test('a queue with nothing to lease is dry, until there is something', async () => {
  const { intake, queue, got, inner } = await intakeOn({ tasks: 0 })
  expect(intake.isDry).toBe(false)
  await intake.lease()
  expect([intake.isDry, got]).toEqual([true, []])
  await queue.insert([{ id: 'new', params: {} }])
  await intake.lease()
  expect([intake.isDry, got]).toEqual([false, [['new']]])
  await inner.close()
})

test.each([
  ['a second', 0, 1],
  ['20 s, where looking costs money', 1, 20],
])('tasks are waited for, one call at a time, %s', async (_, settleSeconds, waitSeconds) => {
  const { intake, asked } = await intakeOn({
    changed: ({ limits }) => ({
      limits: { ...limits, settleSeconds, waitSeconds: 30 },
      lease: async () => [leaseOf('new')],
    }),
  })
  const first = intake.poll()
  expect(intake.poll()).toBe(first)
  await first
  expect(asked.map(request => request.waitSeconds)).toEqual([waitSeconds])
  await intake.poll()
  expect(asked).toHaveLength(2)
})

test('a call that fails is trouble, unless it failed because the worker is told to stop', async () => {
  const failure = new Error('away')
  const { intake, trouble, stop } = await intakeOn({
    changed: () => ({
      lease: async ({ signal }) => {
        throw signal?.aborted === true ? signal.reason : failure
      },
    }),
  })
  await intake.lease()
  expect(trouble).toEqual([failure])
  stop.abort(new Error('stop'))
  await intake.lease()
  expect(trouble).toEqual([failure])
})

test('another error is trouble although the worker is told to stop', async () => {
  const failure = new Error('away')
  const { intake, trouble, stop } = await intakeOn({
    changed: () => ({
      lease: async () => {
        stop.abort(new Error('stop'))
        throw failure
      },
    }),
  })
  await intake.lease()
  expect(trouble).toEqual([failure])
})

test('a task that may not be run is held but not handed on', async () => {
  const { intake, got, held } = await intakeOn({ isFit: ({ id }) => id !== 't1' })
  await intake.lease()
  expect(got).toEqual([['t0', 't2']])
  expect(held.size).toBe(3)
})

test('tasks that somebody vanished with are charged before they are handed on, others are not', async () => {
  const bench = await intakeOn({ tasks: 1 })
  const { intake, queue, charged, held, got } = bench
  await vanishWith(bench)
  await queue.insert([{ id: 'new', params: {} }])
  await intake.lease()
  expect(charged.map(leases => leases.map(({ id, attempts }) => [id, attempts]))).toEqual([
    [['t0', 1]],
  ])
  expect(got).toEqual([['new', 't0']])
  const byId = new Map([...held.values()].map(task => [task.id, task]))
  expect(byId.get('new')).toMatchObject(fresh)
  expect(byId.get('t0')).toMatchObject({ alone: true, isCharged: true })
})

test('a task whose lease is lost before it began is not handed on', async () => {
  const lost: HeldTask[] = []
  const bench = await intakeOn({
    tasks: 2,
    onLost: task => {
      task.isLost = true
      lost.push(task)
    },
    changed: inner => ({
      extend: async (leases, seconds) => {
        const answers = await inner.extend(leases, seconds)
        return leases.map(({ id }, at) => (id === 't1' ? 'lost' : (answers[at] ?? 'lost')))
      },
    }),
  })
  await vanishWith(bench)
  await bench.intake.lease()
  expect(lost.map(({ id, isCharged }) => [id, isCharged])).toEqual([['t1', false]])
  expect(bench.unbegun).toEqual([['t1']])
  expect(bench.got).toEqual([['t0']])
})

test('where the charge cannot be recorded nothing begins, and that is trouble', async () => {
  const failure = new Error('away')
  const bench = await intakeOn({
    changed: () => ({
      extend: async () => {
        throw failure
      },
    }),
  })
  await vanishWith(bench)
  await bench.intake.lease()
  expect([bench.got, bench.unbegun, bench.trouble]).toEqual([[], [['t0', 't1', 't2']], [failure]])
})

test('where loans are not counted nobody is suspected of anything', async () => {
  const { intake, held } = await intakeOn({
    changed: () => ({ lease: async () => [leaseOf('new')] }),
  })
  await intake.lease()
  expect([...held.values()]).toMatchObject([{ id: 'new', ...fresh }])
})

test('a lease tells how long the oldest of its tasks has waited, where the store knows', async () => {
  let ages: readonly (number | undefined)[] = [0.2, 0.7, 0.3, undefined]
  const { intake } = await intakeOn({
    runners: 100,
    changed: inner => ({
      lease: async () =>
        ages.map((ageSeconds, at) => ({
          ...leaseOf(`a${at}`),
          ...(ageSeconds !== undefined && { ageSeconds }),
        })),
      limits: inner.limits,
    }),
  })
  expect(intake.oldestSeconds).toBeUndefined()
  await intake.lease()
  expect(intake.oldestSeconds).toBe(0.7)
  ages = [undefined]
  await intake.lease()
  expect(intake.oldestSeconds).toBeUndefined()
})

const spare = (count: number) =>
  Array.from({ length: count }, (_, at) => hold(leaseOf(`s${at}`), -at, 0))

const fresh = { alone: false, isCharged: false, isPosted: false, isLost: false }

const leaseOf = (id: string) => ({
  ...{ id, token: 'a', body: '{}', headers: {} },
  ...{ attempts: 0, deliveries: undefined },
})
