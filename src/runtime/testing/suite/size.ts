import assert from 'node:assert/strict'
import type { ConformanceTest } from '../conformance.ts'
import { ids, messages, take, takeOne } from './steps.ts'

/** The promises about much at once; last, because they take longest. */
export const sizeTests: readonly ConformanceTest[] = [
  {
    name: 'a thousand messages in one call are all there, each once',
    async run({ driver }) {
      const count = Math.min(1000, driver.limits.batch)
      await driver.insert(messages(ids(count)))
      const seen = new Set<string>()
      for (;;) {
        const leases = await take(driver, 300)
        if (leases.length === 0) break
        for (const { id } of leases) {
          assert.ok(!seen.has(id), `${id} was lent twice`)
          seen.add(id)
        }
      }
      assert.equal(seen.size, count)
    },
  },
  {
    name: 'a lease brings no more bytes than a call may, and always at least one message',
    async run({ driver }) {
      const { batchBytes, bodyBytes } = driver.limits
      const large = Math.min(bodyBytes, Math.ceil(batchBytes / 2))
      const body = 'x'.repeat(large)
      for (const id of ids(3)) await driver.insert([{ id, body }])
      const leases = await take(driver, 3)
      assert.ok(leases.length >= 1)
      assert.ok(leases.length * large <= Math.max(batchBytes, large))
      const rest = [...(await take(driver, 3)), ...(await take(driver, 3))]
      assert.equal(leases.length + rest.length, 3)
    },
  },
  {
    name: 'a large record comes back as it was',
    needs: 'results',
    async run({ driver }) {
      const lease = await takeOne(driver)
      const record = JSON.stringify({ text: 'é"\\'.repeat(50_000) })
      await driver.results?.settle([{ ...lease, record }])
      const result = (await driver.results?.read({ max: 5 }))?.items[0]
      assert.equal(result?.record, record)
    },
  },
]
