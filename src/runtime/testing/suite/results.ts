import assert from 'node:assert/strict'
import type { Driver, FinishedTask } from '../../queue/driver.ts'
import type { ConformanceTest } from '../conformance.ts'
import { expectCounts, ids, messages, take, takeOne } from './steps.ts'

/** The promises of the `results` capability. */
export const resultTests: readonly ConformanceTest[] = [
  {
    name: 'settle records the outcome and completes the task',
    needs: 'results',
    async run({ driver, pass }) {
      const lease = await takeOne(driver, 'x', 10)
      const record = '{"value":"naïve 🧠 \\u0000 \\"quoted\\"","n":864691135494192529}'
      assert.deepEqual(await book(driver).settle([{ ...lease, attempts: 2, record }]), ['done'])
      await pass(20)
      assert.deepEqual(await take(driver), [])
      await expectCounts(driver, { done: 1 })
      assert.deepEqual(await readAll(driver), [{ id: 'x', attempts: 2, record }])
      const views = (await driver.tasks?.get(['x'])) ?? []
      for (const view of views) assert.equal(view.worker, 'w')
    },
  },
  {
    name: 'a lost lease records nothing, its neighbours are recorded',
    needs: 'results',
    async run({ driver }) {
      await driver.insert(messages(['a', 'b', 'c']))
      const leases = await take(driver, 3)
      const [first, lost, last] = leases
      assert.ok(first && lost && last)
      await driver.release([lost])
      const settlements = leases.map(lease => ({ ...lease, record: `"${lease.id}"` }))
      assert.deepEqual(await book(driver).settle(settlements), ['done', 'lost', 'done'])
      const results = await readAll(driver)
      assert.deepEqual(
        results.map(({ record }) => record),
        [`"${first.id}"`, `"${last.id}"`],
      )
    },
  },
  {
    name: 'a task has one result, ever',
    needs: 'results',
    async run({ driver }) {
      const lease = await takeOne(driver)
      const first = { ...lease, record: '1' }
      const second = { ...lease, record: '2' }
      assert.deepEqual(await book(driver).settle([first, second]), ['done', 'lost'])
      assert.deepEqual(await book(driver).settle([second]), ['lost'])
      assert.deepEqual(await driver.complete([lease]), ['lost'])
      const results = await readAll(driver)
      assert.deepEqual(
        results.map(({ record }) => record),
        ['1'],
      )
    },
  },
  {
    name: 'a task completed without a record is read without one',
    needs: 'results',
    async run({ driver }) {
      const lease = await takeOne(driver, 'x')
      await driver.complete([{ ...lease, attempts: 1 }])
      assert.deepEqual(await readAll(driver), [{ id: 'x', attempts: 1 }])
    },
  },
  {
    name: 'bodies come with the results where they are asked for and at hand, and nowhere else',
    needs: 'results',
    async run({ driver }) {
      const lease = await takeOne(driver, 'x')
      await book(driver).settle([{ ...lease, attempts: 1, record: '1' }])
      const asked = (await book(driver).read({ max: 1, bodies: true })).items
      const { body = lease.body } = asked[0] ?? {}
      assert.deepEqual(
        asked.map(item => ({ ...item, body })),
        [{ id: 'x', attempts: 1, record: '1', body: lease.body }],
      )
      assert.deepEqual(await readAll(driver), [{ id: 'x', attempts: 1, record: '1' }])
    },
  },
  {
    name: 'results are read in the order finished, page by page, as often as one likes',
    needs: 'results',
    async run({ driver }) {
      await driver.insert(messages(ids(9)))
      const leases = await take(driver, 9)
      for (const lease of [...leases].reverse())
        await book(driver).settle([{ ...lease, record: '0' }])
      const order = leases.map(({ id }) => id).reverse()
      for (let round = 0; round < 2; round += 1) {
        const results = await readAll(driver)
        assert.deepEqual(
          results.map(({ id }) => id),
          order,
        )
      }
    },
  },
  {
    name: 'a reader that goes on where it stopped sees what came meanwhile',
    needs: 'results',
    async run({ driver }) {
      await driver.insert(messages(ids(3)))
      const [a, b, c] = await take(driver, 3)
      assert.ok(a && b && c)
      await book(driver).settle([{ ...b, record: '0' }])
      const first = await book(driver).read({ max: 5 })
      assert.equal(first.items.length, 1)
      assert.ok(first.next)
      assert.deepEqual((await book(driver).read({ after: first.next, max: 5 })).items, [])
      await assert.rejects(book(driver).read({ after: 'ready.0.1', max: 1 }), { code: 'invalid' })
      await driver.tasks?.remove([b.id])
      await book(driver).settle([
        { ...c, record: '0' },
        { ...a, record: '0' },
      ])
      const second = await book(driver).read({ after: first.next, max: 5 })
      assert.deepEqual(
        second.items.map(({ id }) => id),
        [c.id, a.id],
      )
    },
  },
]

function book(driver: Driver): NonNullable<Driver['results']> {
  assert.ok(driver.results)
  return driver.results
}

async function readAll(driver: Driver): Promise<readonly FinishedTask[]> {
  const results: FinishedTask[] = []
  for (let after: string | undefined; ; ) {
    const page = await book(driver).read({ max: 4, ...(after !== undefined && { after }) })
    if (page.items.length === 0) return results
    results.push(...page.items)
    assert.ok(results.length < 1000, 'reading page by page comes to no end')
    after = page.next
  }
}
