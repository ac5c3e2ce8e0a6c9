import assert from 'node:assert/strict'
import type { Driver, TaskState, TaskView } from '../../queue/driver.ts'
import type { ConformanceTest } from '../conformance.ts'
import { expectCounts, ids, messages, take, takeOne } from './steps.ts'

/** The promises of the `tasks` capability, and of counting. */
export const deskTests: readonly ConformanceTest[] = [
  {
    name: 'counts tell how many tasks are in each state',
    async run({ driver, pass }) {
      await expectCounts(driver, {})
      await oneOfEach(driver)
      await expectCounts(driver, everyState(driver))
      await pass(61)
      await expectCounts(driver, { ...everyState(driver), leased: 0, ready: 2 })
    },
  },
  {
    name: 'purge removes everything, and the ids are new again',
    async run({ driver }) {
      await oneOfEach(driver)
      await driver.purge()
      await expectCounts(driver, {})
      assert.deepEqual(await take(driver, 9), [])
      const answers = await driver.insert(messages(['done', 'leased', 'ready']))
      assert.deepEqual(answers, ['new', 'new', 'new'])
    },
  },
  {
    name: 'get tells all that is known of a task, in the order asked',
    needs: 'tasks',
    async run({ driver }) {
      await oneOfEach(driver)
      const views = await desk(driver).get(['dead', 'nobody', 'leased', 'delayed', 'done', 'ready'])
      assert.deepEqual(
        views.map(({ id, state }) => [id, state]),
        ['dead', 'leased', 'delayed', 'done', 'ready'].map(name => [name, name]),
      )
      const [dead, leased, delayed, done] = views
      assert.equal(dead?.reason, 'too bad')
      assert.equal(dead.record, '{"stack":"…"}')
      assert.equal(dead.body, 'body of dead')
      assert.equal(leased?.worker, 'w')
      assert.equal(leased.secondsLeft, 60)
      assert.deepEqual(leased.headers, driver.traits.ordered ? { priority: 5 } : {})
      assert.equal(delayed?.secondsLeft, 100)
      assert.equal(done?.record, undefined)
    },
  },
  {
    name: 'a task whose delay or lease has ended is shown as ready',
    needs: 'tasks',
    async run({ driver, pass }) {
      await takeOne(driver, 'leased', 10)
      await driver.insert(messages(['delayed'], { delaySeconds: 10 }))
      await pass(10)
      const views = await desk(driver).get(['leased', 'delayed'])
      assert.deepEqual(
        views.map(({ state }) => state),
        ['ready', 'ready'],
      )
      const { items } = await desk(driver).list({ states: ['ready'], max: 9 })
      assert.equal(items.length, 2)
    },
  },
  {
    name: 'has tells of each id whether it is there, whatever its state',
    needs: 'tasks',
    async run({ driver }) {
      await oneOfEach(driver)
      const names = ['nobody', 'ready', 'delayed', 'none', 'leased', 'dead', 'done', 'ready', "o'"]
      const known = await desk(driver).has(names)
      assert.deepEqual(known, [false, true, true, false, true, true, true, true, false])
      assert.deepEqual(await desk(driver).has(['done', 'ready', 'ready']), [true, true, true])
      assert.deepEqual(await desk(driver).has(['nobody', 'none']), [false, false])
      assert.deepEqual(await desk(driver).has([]), [])
      await desk(driver).remove(['ready', 'done'])
      assert.deepEqual(await desk(driver).has(['ready', 'done', 'dead']), [false, false, true])
    },
  },
  {
    name: 'list pages through the states asked for, each task once',
    needs: 'tasks',
    async run({ driver }) {
      await driver.insert(messages(ids(7, 'low'), driver.traits.ordered ? { priority: -1 } : {}))
      await driver.insert(messages(ids(7, 'plain')))
      await driver.insert(messages(ids(5, 'later'), { delaySeconds: 50 }))
      const leased = (await take(driver, 3)).map(({ id }) => id)
      const all = await listAll(driver, ['leased', 'ready', 'delayed', 'dead', 'done'])
      assert.equal(all.length, 19)
      assert.equal(new Set(all.map(({ id }) => id)).size, 19)
      assert.deepEqual([...new Set(all.map(({ state }) => state))], ['leased', 'ready', 'delayed'])
      const ready = await listAll(driver, ['ready'])
      const listed = ready.map(({ id }) => id)
      const rest = [...ids(7, 'plain'), ...ids(7, 'low')].filter(id => !leased.includes(id))
      if (driver.traits.ordered) assert.deepEqual(listed, rest)
      else assert.deepEqual(listed.sort(), rest.sort())
      assert.equal((await listAll(driver, ['delayed', 'leased'])).length, 8)
      assert.deepEqual(await listAll(driver, ['dead']), [])
    },
  },
  {
    name: 'list refuses a place that is none of its own',
    needs: 'tasks',
    async run({ driver }) {
      for (const after of ['', 'x', 'ready.1', '../x', 'ready.0.1; drop table task'])
        await assert.rejects(desk(driver).list({ after, max: 1 }), { code: 'invalid' })
    },
  },
  {
    name: 'remove forgets a task in any state, and its holder loses the lease',
    needs: 'tasks',
    async run({ driver }) {
      const { leased } = await oneOfEach(driver)
      const names = ['ready', 'delayed', 'leased', 'dead', 'done', 'nobody']
      const answers = await desk(driver).remove(names)
      assert.deepEqual(answers, ['done', 'done', 'done', 'done', 'done', 'absent'])
      await expectCounts(driver, {})
      assert.deepEqual(await driver.complete([leased]), ['lost'])
      assert.deepEqual(await desk(driver).get(names), [])
      const again = await driver.insert(messages(names))
      assert.deepEqual(new Set(again), new Set(['new']))
      await expectCounts(driver, { ready: 6 })
    },
  },
  {
    name: 'bury by lease keeps the task with its reason',
    needs: 'tasks',
    async run({ driver, pass }) {
      const lease = await takeOne(driver, 'x', 10)
      const burial = { ...lease, attempts: 3, reason: 'no such cell', record: 'stack' }
      assert.deepEqual(await desk(driver).bury([burial]), ['done'])
      await pass(20)
      assert.deepEqual(await take(driver), [])
      await expectCounts(driver, { dead: 1 })
      const [view] = await desk(driver).get(['x'])
      assert.equal(view?.attempts, 3)
      assert.equal(view.reason, 'no such cell')
      assert.equal(view.record, 'stack')
    },
  },
  {
    name: 'bury by id takes a task from whoever holds it, but never one that is done',
    needs: 'tasks',
    async run({ driver, pass }) {
      const { leased } = await oneOfEach(driver)
      const names = ['leased', 'ready', 'delayed', 'dead', 'done', 'nobody']
      const answers = await desk(driver).bury(names.map(id => ({ id, reason: 'cancelled' })))
      assert.deepEqual(answers, ['done', 'done', 'done', 'done', 'absent', 'absent'])
      assert.deepEqual(await driver.extend([leased], 60), ['lost'])
      await pass(200)
      await expectCounts(driver, { dead: 4, done: 1 })
      assert.deepEqual(await take(driver, 9), [])
      const [dead] = await desk(driver).get(['dead'])
      assert.equal(dead?.reason, 'cancelled')
      await desk(driver).bury([{ id: 'ready', reason: 'again', attempts: 7 }])
      assert.equal((await desk(driver).get(['ready']))[0]?.attempts, 7)
    },
  },
  {
    name: 'a lease that has ended is none that revive could take',
    needs: 'tasks',
    async run({ driver, pass }) {
      await takeOne(driver, 'x', 10)
      await pass(10)
      assert.deepEqual(await desk(driver).revive(['x'], 'leased'), ['absent'])
      await expectCounts(driver, { ready: 1 })
    },
  },
  {
    name: 'revive makes tasks of the named state ready: dead ones with no attempts, leased ones as they are',
    needs: 'tasks',
    async run({ driver }) {
      const { leased } = await oneOfEach(driver)
      await driver.extend([{ ...leased, attempts: 2 }], 60)
      const names = ['dead', 'leased', 'ready', 'delayed', 'done', 'nobody']
      assert.deepEqual(await desk(driver).revive(names, 'dead'), [
        'done',
        ...Array(5).fill('absent'),
      ])
      assert.deepEqual(await driver.extend([leased], 60), ['done'])
      const answers = await desk(driver).revive(names.slice(1), 'leased')
      assert.deepEqual(answers, ['done', 'absent', 'absent', 'absent', 'absent'])
      await expectCounts(driver, { ready: 3, delayed: 1, done: 1 })
      assert.deepEqual(await driver.complete([leased]), ['lost'])
      const leases = await take(driver, 9)
      const attempts = Object.fromEntries(leases.map(lease => [lease.id, lease.attempts]))
      assert.deepEqual(attempts, { leased: 2, dead: 0, ready: 0 })
      const [dead] = await desk(driver).get(['dead'])
      assert.equal(dead?.reason, undefined)
      assert.equal(dead?.record, undefined)
    },
  },
]

function desk(driver: Driver): NonNullable<Driver['tasks']> {
  assert.ok(driver.tasks)
  return driver.tasks
}

/** One task in each state the driver has, named after it. */
async function oneOfEach(driver: Driver) {
  const done = await takeOne(driver, 'done')
  await driver.complete([done])
  const dead = await takeOne(driver, 'dead')
  if (driver.tasks === undefined) await driver.complete([dead])
  else
    await driver.tasks.bury([{ ...dead, attempts: 4, reason: 'too bad', record: '{"stack":"…"}' }])
  await driver.insert(messages(['leased'], driver.traits.ordered ? { priority: 5 } : {}))
  const [leased] = await take(driver)
  assert.equal(leased?.id, 'leased')
  await driver.insert(messages(['ready']))
  await driver.insert(messages(['delayed'], { delaySeconds: 100 }))
  return { leased }
}

function everyState(driver: Driver): Record<TaskState, number> {
  const dead = driver.tasks === undefined ? 0 : 1
  return { ready: 1, delayed: 1, leased: 1, done: 2 - dead, dead }
}

async function listAll(driver: Driver, states: readonly TaskState[]): Promise<readonly TaskView[]> {
  const views: TaskView[] = []
  for (let after: string | undefined; ; ) {
    const page = await desk(driver).list({ states, max: 4, ...(after !== undefined && { after }) })
    assert.ok(page.items.length <= 4)
    if (page.items.length === 0) return views
    views.push(...page.items)
    assert.ok(views.length < 1000, 'listing page by page comes to no end')
    after = page.next
  }
}
