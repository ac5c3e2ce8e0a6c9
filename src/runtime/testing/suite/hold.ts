import assert from 'node:assert/strict'
import type { Driver } from '../../queue/driver.ts'
import type { ConformanceTest } from '../conformance.ts'
import { expectCounts, heldVerbs, ids, messages, take, takeOne, verbNeeds } from './steps.ts'

/** The promises of `extend`, `release` and `complete`, and of what a stale token can do: nothing. */
export const holdTests: readonly ConformanceTest[] = [
  {
    name: 'extend moves the end of the lease to so many seconds from now',
    async run({ driver, pass }) {
      const lease = await takeOne(driver, 'x', 10)
      await pass(8)
      assert.deepEqual(await driver.extend([lease], 10), ['done'])
      await pass(9.5)
      assert.deepEqual(await take(driver), [])
      await pass(0.6)
      assert.equal((await take(driver)).length, 1)
    },
  },
  {
    name: 'extend can shorten a lease',
    async run({ driver, pass }) {
      const lease = await takeOne(driver, 'x', 100)
      await driver.extend([lease], 5)
      await pass(5)
      assert.equal((await take(driver)).length, 1)
    },
  },
  {
    name: 'release gives a message back at once',
    async run({ driver }) {
      const lease = await takeOne(driver)
      const { id, token } = lease
      assert.deepEqual(await driver.release([{ id, token }]), ['done'])
      await expectCounts(driver, { ready: 1 })
      const [again] = await take(driver)
      assert.equal(again?.attempts, 0)
      assert.notEqual(again.token, lease.token)
      assert.ok(again.deliveries === undefined || [1, 2].includes(again.deliveries))
    },
  },
  {
    name: 'release with a delay gives a message back after it',
    async run({ driver, pass }) {
      const lease = await takeOne(driver)
      assert.deepEqual(await driver.release([lease], 10), ['done'])
      await expectCounts(driver, { delayed: 1 })
      await pass(9.5)
      assert.deepEqual(await take(driver), [])
      await pass(0.6)
      assert.equal((await take(driver)).length, 1)
    },
  },
  {
    name: 'a delay shorter than a second is kept',
    async run({ driver, pass }) {
      const lease = await takeOne(driver)
      await driver.release([lease], 0.5)
      await driver.insert(messages(['short'], { delaySeconds: 0.5 }))
      await pass(0.4)
      assert.deepEqual(await take(driver, 2), [])
      await pass(0.1)
      assert.equal((await take(driver, 2)).length, 2)
    },
  },
  {
    name: 'a released message and one whose lease ended keep their places in line',
    needs: 'ordered',
    async run({ driver, pass }) {
      await driver.insert(messages(['a', 'b', 'c', 'd']))
      const [a, b] = await take(driver, 2, 10)
      assert.ok(a && b)
      await driver.release([b])
      await pass(10)
      assert.deepEqual(
        (await take(driver, 4)).map(({ id }) => id),
        ['a', 'b', 'c', 'd'],
      )
    },
  },
  {
    name: 'attempts handed back with a lease are remembered',
    async run({ driver, pass }) {
      const first = await takeOne(driver, 'x', 10)
      await driver.release([{ ...first, attempts: 1 }])
      const [second] = await take(driver, 1, 10)
      assert.equal(second?.attempts, 1)
      await driver.extend([{ ...second, attempts: 2 }], 10)
      await pass(15)
      const [third] = await take(driver, 1, 10)
      assert.equal(third?.attempts, 2)
      await driver.release([{ id: third.id, token: third.token }], 1)
      await pass(2)
      const [fourth] = await take(driver)
      assert.equal(fourth?.attempts, 2)
      await driver.release([{ ...fourth, attempts: 1 }])
      assert.equal((await take(driver))[0]?.attempts, 2, 'a lower number takes nothing back')
    },
  },
  {
    name: 'a completed message is never lent again',
    async run({ driver, pass }) {
      const lease = await takeOne(driver, 'x', 10)
      assert.deepEqual(await driver.complete([lease]), ['done'])
      await pass(20)
      assert.deepEqual(await take(driver), [])
      await expectCounts(driver, { done: 1 })
    },
  },
  {
    name: 'a lease named twice in one call is completed once',
    needs: 'fenced',
    async run({ driver }) {
      const lease = await takeOne(driver)
      assert.deepEqual(await driver.complete([lease, lease]), ['done', 'lost'])
      await expectCounts(driver, { done: 1 })
    },
  },
  {
    name: 'each lease of a call is answered on its own, in order',
    needs: 'fenced',
    async run({ driver }) {
      for (const act of [heldVerbs.extend, heldVerbs.release, heldVerbs.complete]) {
        await driver.purge()
        await driver.insert(messages(ids(4)))
        const leases = await take(driver, 4)
        const [, second, , fourth] = leases
        assert.ok(second && fourth)
        await driver.complete([second, fourth])
        assert.deepEqual(await act(driver, leases), ['done', 'lost', 'done', 'lost'])
      }
    },
  },
  ...(['extend', 'release', 'complete', 'bury', 'settle'] as const).flatMap(
    (verb): readonly ConformanceTest[] => [
      {
        name: `a stale token cannot ${verb}`,
        needs: verbNeeds[verb],
        run: async ({ driver, pass }) => {
          await refusesStale(driver, pass, heldVerbs[verb])
        },
      },
      {
        name: `a stale lease and a good one of the same task in one call to ${verb} are judged apart`,
        needs: verbNeeds[verb],
        async run({ driver }) {
          const stale = await takeOne(driver)
          await driver.release([stale])
          const [good] = await take(driver)
          assert.ok(good)
          assert.deepEqual(await heldVerbs[verb](driver, [stale, good]), ['lost', 'done'])
        },
      },
      {
        name: `an id and a token of two tasks cannot ${verb} either`,
        needs: verbNeeds[verb],
        async run({ driver }) {
          await driver.insert(messages(['a', 'b']))
          const [a, b] = await take(driver, 2)
          assert.ok(a && b)
          assert.deepEqual(await heldVerbs[verb](driver, [{ ...a, token: b.token }]), ['lost'])
          await expectCounts(driver, { leased: 2 })
          assert.deepEqual(await driver.complete([a, b]), ['done', 'done'])
        },
      },
    ],
  ),
  {
    name: 'a token that no lease ever gave out can do nothing',
    needs: 'fenced',
    async run({ driver }) {
      const lease = await takeOne(driver)
      const { token: good } = lease
      const near = [`${good}0`, ` ${good}`, `${good} `, `0${good}`, `${good}\n`]
      for (const token of ['', 'x', '0', '1.1.1', '-1', 'NaN.NaN', '💥', ...near])
        for (const act of Object.values(heldVerbs))
          assert.deepEqual(await act(driver, [{ ...lease, token }]), ['lost'], `token "${token}"`)
      assert.deepEqual(await driver.complete([lease]), ['done'])
    },
  },
  {
    name: 'no token is given out twice, not even after a purge or by another handle',
    needs: 'fenced',
    async run({ driver, another }) {
      const first = await takeOne(driver)
      await driver.purge()
      const second = await takeOne(await another())
      assert.notEqual(second.token, first.token)
      assert.deepEqual(await driver.complete([first]), ['lost'])
    },
  },
  {
    name: 'what was inserted, leased and done is there for the next who opens the queue',
    needs: 'durable',
    async run({ driver, another }) {
      await driver.insert(messages(['a', 'b', 'c']))
      const [a, b] = await take(driver, 2)
      assert.ok(a && b)
      await driver.complete([a])
      await driver.close()
      const next = await another()
      await expectCounts(next, { ready: 1, leased: 1, done: 1 })
      assert.deepEqual(await next.complete([b]), ['done'])
    },
  },
  {
    name: 'closing answers what was asked before, and a lease that waits with nothing',
    async run({ driver }) {
      await driver.insert(messages(['a']))
      const taking = take(driver)
      const { tasks } = driver
      const looking = tasks === undefined ? [] : [tasks.get(['a']), tasks.list({ max: 1 })]
      const asked: readonly Promise<unknown>[] = [driver.counts(), ...looking]
      await driver.close()
      assert.equal((await taking).length, 1)
      await Promise.all(asked)
    },
  },
  {
    name: 'closing ends a wait',
    async run({ driver }) {
      const request = { max: 1, seconds: 60, waitSeconds: 3600, worker: { id: 'w' } }
      const waiting = driver.lease(request)
      await Promise.all([driver.close(), driver.close()])
      assert.deepEqual(await waiting, [])
    },
  },
  {
    name: 'a closed driver refuses calls and keeps what was asked before',
    async run({ driver, another }) {
      const other = await another()
      const inserting = driver.insert(messages(['a']))
      const closing = driver.close()
      assert.deepEqual(await inserting, ['new'])
      await closing
      await assert.rejects(driver.insert(messages(['b'])), { code: 'invalid' })
      await assert.rejects(driver.counts(), { code: 'invalid' })
      await expectCounts(other, { ready: 1 })
    },
  },
]

/** Stale in every way there is: ended, taken over, given back, finished, purged. */
async function refusesStale(
  driver: Driver,
  pass: (seconds: number) => Promise<void>,
  act: (typeof heldVerbs)[keyof typeof heldVerbs],
): Promise<void> {
  const ended = await takeOne(driver, 'ended', 10)
  await pass(10)
  assert.deepEqual(await act(driver, [ended]), ['lost'], 'after its end')
  const [holder] = await take(driver)
  assert.equal(holder?.id, 'ended')
  assert.deepEqual(await act(driver, [ended]), ['lost'], 'while another holds the task')
  assert.deepEqual(await driver.extend([holder], 60), ['done'], 'the new holder keeps its lease')
  const released = await takeOne(driver, 'released')
  await driver.release([released])
  assert.deepEqual(await act(driver, [released]), ['lost'], 'after it was given back')
  await expectCounts(driver, { ready: 1, leased: 1 })
  assert.deepEqual(await driver.complete([holder]), ['done'])
  assert.deepEqual(await act(driver, [holder]), ['lost'], 'after the task was done')
  await expectCounts(driver, { ready: 1, done: 1 })
  const [purged] = await take(driver)
  assert.ok(purged)
  await driver.purge()
  await driver.insert(messages(['released']))
  await take(driver)
  assert.deepEqual(await act(driver, [purged]), ['lost'], 'after a purge')
  await expectCounts(driver, { leased: 1 })
}
