import { describe, expect, it } from 'vitest'
import { createQueue, finish, openQueue, type Task } from '../../src/runtime/index.ts'
import { openPlain } from './plain-driver.ts'

const worker = { id: 'w' }
const tasks = (count: number): Task[] =>
  Array.from({ length: count }, (_, at) => ({ id: `t${at}`, params: { at } }))

describe('insert', () => {
  it('splits what comes to the limits of the driver and counts what was new', async () => {
    const { driver, calls } = await openPlain({ limits: { batch: 10 } })
    const queue = createQueue(driver)
    expect(await queue.insert(tasks(25))).toEqual({ inserted: 25, present: 0 })
    expect(calls.map(({ items }) => items)).toEqual([10, 10, 5])
    expect(await queue.insert(tasks(30))).toEqual({ inserted: 5, present: 25 })
  })

  it('splits by bytes as well', async () => {
    const { driver, calls } = await openPlain({ limits: { batchBytes: 2500, bodyBytes: 2000 } })
    const large = tasks(4).map(task => ({ ...task, params: { text: 'x'.repeat(1000) } }))
    await createQueue(driver).insert(large)
    expect(calls.map(({ items }) => items)).toEqual([2, 2])
  })

  it('takes a generator that yields as it goes', async () => {
    const queue = await openQueue('memory:')
    async function* rows() {
      yield* tasks(3)
    }
    expect(await queue.insert(rows())).toEqual({ inserted: 3, present: 0 })
  })

  it('names the task that is too large, and says what to do', async () => {
    const { driver } = await openPlain({ limits: { bodyBytes: 100 } })
    const inserting = createQueue(driver).insert([
      { id: 'cell 7', params: { text: 'x'.repeat(200) } },
    ])
    await expect(inserting).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/"cell 7" has \d+ bytes.*at most 100.*file/),
    })
  })

  it('refuses two tasks of one id, says which, and keeps neither', async () => {
    const queue = await openQueue('memory:')
    const twice = [...tasks(3), { id: 't1', params: { other: true } }]
    await expect(queue.insert(twice)).rejects.toThrow(/Two tasks of one insert have the id "t1"/)
    expect((await queue.counts()).ready).toBe(0)
  })

  it('refuses an id twice however far apart the two are', async () => {
    const { driver } = await openPlain({ limits: { batch: 10 } })
    const twice = [...tasks(25), { id: 't3', params: { other: true } }]
    await expect(createQueue(driver).insert(twice)).rejects.toThrow(
      /have the id "t3".*the 20 tasks handed in before/,
    )
  })

  it('says where parameters cannot be written, and keeps nothing of the batch', async () => {
    const queue = await openQueue('memory:')
    const bad: [unknown, string][] = [
      [new Date(0), 'params.list[1].when'],
      [new Map(), 'params.list[1].when'],
      [() => 1, 'params.list[1].when'],
      [Symbol('x'), 'params.list[1].when'],
      [Number.NaN, 'params.list[1].when'],
    ]
    for (const [when, path] of bad) {
      const params = { list: [1, { when }] } as unknown as Task['params']
      await expect(queue.insert([...tasks(2), { id: 'bad', params }])).rejects.toMatchObject({
        code: 'invalid',
        message: expect.stringContaining(path),
      })
    }
    expect((await queue.counts()).ready).toBe(0)
  })

  it('refuses ids, priorities and delays that no store could keep', async () => {
    const queue = await openQueue('memory:')
    const params = {}
    const refused: [Task, RegExp][] = [
      [{ id: '', params }, /1 to 512 bytes; this one has 0/],
      [{ id: 'x'.repeat(513), params }, /this one has 513/],
      [{ id: 'a\nb', params }, /without control characters/],
      [{ id: 'a\u009bb', params }, /without control characters/],
      [{ id: '\ud800', params }, /without control characters/],
      [{ id: 'x', params, priority: 1.5 }, /priority 1\.5.*whole number/],
      [{ id: 'x', params, priority: 1001 }, /-1000 to 1000/],
      [{ id: 'x', params, delaySeconds: -1 }, /delay of task "x"/],
      [{ id: 'x', params, delaySeconds: Number.NaN }, /delay of task "x"/],
    ]
    for (const [task, message] of refused)
      await expect(queue.insert([task])).rejects.toThrow(message)
  })
})

describe('lease', () => {
  it('asks in pieces the driver can bear and stops when one comes back short', async () => {
    const { driver } = await openPlain({ limits: { batch: 10 } })
    const queue = createQueue(driver)
    await queue.insert(tasks(25))
    expect(await queue.lease({ max: 20, seconds: 60, worker })).toHaveLength(20)
    expect(await queue.lease({ max: 20, seconds: 60, worker })).toHaveLength(5)
    expect(await queue.lease({ max: 20, seconds: 60, worker })).toEqual([])
  })

  it.each([0, -5, Number.NaN, Number.POSITIVE_INFINITY, 13 * 3600])(
    'of %s seconds is refused with what is allowed',
    async seconds => {
      const queue = await openQueue('memory:')
      await queue.insert(tasks(1))
      const asking = queue.lease({ max: 1, seconds, worker })
      await expect(asking).rejects.toMatchObject({
        code: 'invalid',
        message: expect.stringMatching(/more than 0 and at most 43200 seconds.*extend/),
      })
      const [lease] = await queue.lease({ max: 1, seconds: 60, worker })
      expect(lease).toBeDefined()
      await expect(queue.extend(lease ? [lease] : [], seconds)).rejects.toThrow(
        /at most 43200 seconds/,
      )
    },
  )

  it('that is aborted half-way gives what it holds already', async () => {
    const { driver } = await openPlain({ limits: { batch: 10 } })
    const abort = new AbortController()
    const queue = createQueue({
      ...driver,
      lease: async request => {
        const leases = await driver.lease(request)
        abort.abort()
        return leases
      },
    })
    await queue.insert(tasks(25))
    const request = { max: 20, seconds: 60, worker, signal: abort.signal }
    expect(await queue.lease(request)).toHaveLength(10)
    expect((await queue.counts()).leased).toBe(10)
  })

  it('waits for a store that cannot wait itself', async () => {
    const { driver, clock } = await openPlain({ limits: { waitSeconds: 0 } })
    const queue = createQueue(driver, clock)
    const waiting = queue.lease({ max: 1, seconds: 60, waitSeconds: 10, worker })
    await clock.pass(1)
    await queue.insert(tasks(1))
    await clock.pass(1)
    expect(await waiting).toHaveLength(1)
    const inVain = queue.lease({ max: 1, seconds: 60, waitSeconds: 1, worker })
    await clock.pass(2)
    expect(await inVain).toEqual([])
  })

  it('by nobody is refused', async () => {
    const queue = await openQueue('memory:')
    await expect(queue.lease({ max: 1, seconds: 60, worker: { id: '' } })).rejects.toThrow(
      /worker's id.*1 to 1024 bytes/,
    )
  })

  it.each([0, -1, 1.5, Number.NaN])('of at most %s tasks is refused', async max => {
    const queue = await openQueue('memory:')
    await expect(queue.lease({ max, seconds: 60, worker })).rejects.toThrow(/at least 1 task/)
  })
})

it('a task comes back with its parameters, its digits and what was kept beside them', async () => {
  const queue = await openQueue('memory:')
  const task: Task = {
    id: 'cells:7',
    params: { root_id: 864691135494192529n, small: 5n, score: 1 },
    bigints: ['root_id', 'small'],
    meta: { code: 'abc' },
    priority: 3,
  }
  await queue.insert([task])
  const [lease] = await queue.lease({ max: 1, seconds: 60, worker })
  if (lease === undefined) throw new Error('nothing to lease')
  expect(queue.decode(lease)).toEqual({
    id: 'cells:7',
    params: task.params,
    bigints: task.bigints,
    meta: task.meta,
  })
  expect(lease.headers).toEqual({ priority: 3 })
})

it('a body that is no task of ours is refused when it is decoded, not when it is leased', async () => {
  const queue = await openQueue('memory:')
  await queue.insertMessages([{ id: 'x', body: 'no json' }])
  const [lease] = await queue.lease({ max: 1, seconds: 60, worker })
  expect(lease?.body).toBe('no json')
  expect(() => queue.decode(lease ?? { id: '', body: '' })).toThrow()
})

it('finishing a task that somebody else holds says so', async () => {
  const queue = await openQueue('memory:')
  await queue.insert(tasks(1))
  const [lease] = await queue.lease({ max: 1, seconds: 60, worker })
  if (lease === undefined) throw new Error('nothing to lease')
  await queue.release([lease])
  await queue.lease({ max: 1, seconds: 60, worker: { id: 'other' } })
  await expect(finish(queue, lease)).rejects.toMatchObject({
    code: 'lease-lost',
    message: expect.stringMatching(/lease on task "t0".*new holder/),
  })
})

it('a record that is too large or half a character is refused by name', async () => {
  const { driver } = await openPlain({ limits: { bodyBytes: 100 } })
  const queue = createQueue(driver)
  await queue.insert(tasks(1))
  const [lease] = await queue.lease({ max: 1, seconds: 60, worker })
  if (lease === undefined) throw new Error('nothing to lease')
  for (const [record, message] of [
    ['x'.repeat(101), /"t0" has a result of 101 bytes.*at most 100.*file/],
    ['\ud800', /"t0" is no well-formed text.*surrogate/],
  ] as const) {
    await expect(queue.settle([{ lease, record }])).rejects.toThrow(message)
    await expect(queue.bury([{ lease, record, reason: 'x' }])).rejects.toThrow(message)
  }
  expect(await queue.complete([lease])).toEqual(['done'])
})

it.each([0.5, -1, Number.NaN, 2 ** 60])('%s attempts are refused by every verb', async attempts => {
  const queue = await openQueue('memory:')
  await queue.insert(tasks(1))
  const [lease] = await queue.lease({ max: 1, seconds: 60, worker })
  if (lease === undefined) throw new Error('nothing to lease')
  const held = { ...lease, attempts }
  const invalid = { code: 'invalid', message: expect.stringMatching(/"t0" cannot have had/) }
  await expect(queue.extend([held], 60)).rejects.toMatchObject(invalid)
  await expect(queue.release([held])).rejects.toMatchObject(invalid)
  await expect(queue.complete([held])).rejects.toMatchObject(invalid)
  await expect(queue.settle([{ lease, attempts, record: '' }])).rejects.toMatchObject(invalid)
  await expect(queue.bury([{ lease, attempts, reason: 'x' }])).rejects.toMatchObject(invalid)
  expect(await queue.complete([lease])).toEqual(['done'])
})

it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
  'a page of %s is refused',
  async max => {
    const queue = await openQueue('memory:')
    await expect(queue.results.read({ max })).rejects.toThrow(/at least 1 item/)
    await expect(queue.tasks.list({ max })).rejects.toThrow(/at least 1 item/)
  },
)

describe('a store that keeps no outcomes', () => {
  async function oneLease() {
    const plain = await openPlain()
    const queue = createQueue(plain.driver)
    await queue.insert(tasks(1))
    const [lease] = await queue.lease({ max: 1, seconds: 60, worker })
    if (lease === undefined) throw new Error('nothing to lease')
    return { ...plain, queue, lease }
  }

  it('has them written to the queue beside it before the task is completed', async () => {
    const { queue, lease, beside, driver } = await oneLease()
    expect(await queue.settle([{ lease, record: '{"value":1}', attempts: 1 }])).toEqual(['done'])
    expect((await driver.counts()).done).toBe(1)
    expect((await beside.get('results')?.counts())?.ready).toBe(1)
    expect((await queue.results.read({ max: 5 })).items).toEqual([
      { id: 't0', attempts: 1, record: '{"value":1}' },
    ])
  })

  it('keeps one result a task when the completing failed and was done again', async () => {
    const { queue, lease, driver, beside } = await oneLease()
    const settlement = { lease, record: '{"value":1}' }
    const results = driver.companion === undefined ? undefined : beside
    await queue.settle([settlement])
    expect(await queue.settle([settlement])).toEqual(['lost'])
    expect((await results?.get('results')?.counts())?.ready).toBe(1)
  })

  it('tries to open the queue beside it again after that failed', async () => {
    const { driver, clock } = await openPlain()
    let failures = 1
    const companion = driver.companion
    const queue = createQueue(
      {
        ...driver,
        async companion(purpose) {
          if (failures-- > 0 || companion === undefined) throw new Error('no network')
          return await companion(purpose)
        },
      },
      clock,
    )
    await queue.insert(tasks(1))
    const [lease] = await queue.lease({ max: 1, seconds: 60, worker })
    if (lease === undefined) throw new Error('nothing to lease')
    await expect(queue.settle([{ lease, record: '1' }])).rejects.toThrow('no network')
    expect(await queue.settle([{ lease, record: '1' }])).toEqual(['done'])
    await queue.close()
  })

  it('has dead tasks moved to the queue beside it with body and reason', async () => {
    const { queue, lease, beside, driver } = await oneLease()
    expect(await queue.bury([{ lease, reason: 'no such cell', attempts: 5 }])).toEqual(['done'])
    expect((await driver.counts()).done).toBe(1)
    const page = await beside.get('dead')?.tasks?.list({ max: 5 })
    expect(JSON.parse(page?.items[0]?.body ?? '')).toEqual({
      attempts: 5,
      reason: 'no such cell',
      body: lease.body,
    })
  })

  it('says what it cannot do and what to use instead', async () => {
    const { driver } = await openPlain({ companions: false })
    const queue = createQueue(driver)
    await queue.insert(tasks(1))
    const [lease] = await queue.lease({ max: 1, seconds: 60, worker })
    if (lease === undefined) throw new Error('nothing to lease')
    const unsupported = { code: 'unsupported', message: expect.stringMatching(/[Uu]se/) }
    await expect(queue.settle([{ lease, record: '' }])).rejects.toMatchObject(unsupported)
    await expect(queue.bury([{ lease, reason: 'bad' }])).rejects.toMatchObject(unsupported)
    await expect(queue.tasks.list({ max: 1 })).rejects.toMatchObject(unsupported)
    await expect(queue.results.read({ max: 1 })).rejects.toMatchObject(unsupported)
    expect(await queue.complete([lease])).toEqual(['done'])
  })
})
