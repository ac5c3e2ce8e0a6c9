import assert from 'node:assert/strict'
import type { ConformanceTest } from '../conformance.ts'
import { expectCounts, ids, messages, take, takeOne } from './steps.ts'

/** The promises of `lease`. */
export const leaseTests: readonly ConformanceTest[] = [
  {
    name: 'a lease lends at most as many as asked for',
    async run({ driver }) {
      await driver.insert(messages(ids(5)))
      assert.equal((await take(driver, 2)).length, 2)
      assert.equal((await take(driver, 10)).length, 3)
      assert.deepEqual(await take(driver, 10), [])
      await expectCounts(driver, { leased: 5 })
    },
  },
  {
    name: 'a lease carries the message, its headers and no charge',
    async run({ driver }) {
      await driver.insert([{ id: 'x', body: 'text' }])
      const [lease] = await take(driver)
      assert.equal(lease?.id, 'x')
      assert.equal(lease.body, 'text')
      assert.equal(lease.attempts, 0)
      assert.ok(lease.deliveries === undefined || lease.deliveries === 1)
    },
  },
  {
    name: 'a priority comes back with the lease',
    needs: 'ordered',
    async run({ driver }) {
      await driver.insert(messages(['x'], { priority: 1 }))
      await driver.insert(messages(['y']))
      const headers = (await take(driver, 2)).map(lease => lease.headers)
      assert.deepEqual(headers, [{ priority: 1 }, {}])
    },
  },
  {
    name: 'a leased message is lent to nobody else until its lease ends',
    async run({ driver, another, pass }) {
      await takeOne(driver, 'x', 10)
      const other = await another()
      await pass(9.5)
      assert.deepEqual(await take(other), [])
      await pass(0.6)
      assert.equal((await take(other))[0]?.id, 'x')
    },
  },
  {
    name: 'an ended lease is lent again under another token',
    async run({ driver, pass }) {
      const first = await takeOne(driver, 'x', 10)
      await pass(10)
      await expectCounts(driver, { ready: 1 })
      const [second] = await take(driver)
      assert.equal(second?.id, 'x')
      assert.notEqual(second.token, first.token)
      assert.equal(second.attempts, 0)
      assert.ok(second.deliveries === undefined || second.deliveries === 2)
    },
  },
  {
    name: 'two handles that lease at once never get the same message',
    async run({ driver, another }) {
      await driver.insert(messages(ids(60)))
      const other = await another()
      const lent = await Promise.all(
        Array.from({ length: 12 }, (_, at) => take(at % 2 === 0 ? driver : other, 5)),
      )
      const seen = lent.flat().map(({ id }) => id)
      assert.equal(new Set(seen).size, seen.length)
      assert.equal(seen.length, 60)
    },
  },
  {
    name: 'a waiting lease gets the message that comes meanwhile',
    async run({ driver, another, pass }) {
      const other = await another()
      const waiting = driver.lease({ max: 5, seconds: 60, waitSeconds: 10, worker: { id: 'w' } })
      await pass(1)
      await other.insert(messages(['x']))
      await pass(1)
      assert.deepEqual(
        (await waiting).map(({ id }) => id),
        ['x'],
      )
    },
  },
  {
    name: 'a waiting lease gets the message that is inserted in the same turn',
    async run({ driver, pass }) {
      const waiting = driver.lease({ max: 5, seconds: 60, waitSeconds: 10, worker: { id: 'w' } })
      const inserting = driver.insert(messages(['x']))
      await pass(1)
      await inserting
      assert.equal((await waiting).length, 1)
    },
  },
  {
    name: 'a waiting lease gets the message whose delay ends meanwhile',
    async run({ driver, pass }) {
      await driver.insert(messages(['x'], { delaySeconds: 2 }))
      const waiting = driver.lease({ max: 5, seconds: 60, waitSeconds: 10, worker: { id: 'w' } })
      await pass(1)
      await pass(1.5)
      assert.deepEqual(
        (await waiting).map(({ id }) => id),
        ['x'],
      )
    },
  },
  {
    name: 'a waiting lease comes back with nothing when its wait is over',
    async run({ driver, pass }) {
      let over = false
      const request = { max: 5, seconds: 60, waitSeconds: 2, worker: { id: 'w' } }
      const waiting = driver.lease(request).finally(() => {
        over = true
      })
      await pass(1.8)
      assert.equal(over, false, 'the wait was shorter than asked for')
      await pass(0.5)
      assert.deepEqual(await waiting, [])
    },
  },
  {
    name: 'an aborted wait rejects with the reason and leaves nothing leased',
    async run({ driver, pass }) {
      const abort = new AbortController()
      const reason = new Error('enough')
      const request = { max: 5, seconds: 60, waitSeconds: 10, worker: { id: 'w' } }
      const waiting = driver.lease({ ...request, signal: abort.signal })
      const outcome = assert.rejects(waiting, reason)
      await pass(1)
      abort.abort(reason)
      await outcome
      await driver.insert(messages(['x']))
      await assert.rejects(driver.lease({ ...request, signal: abort.signal }), reason)
      assert.equal((await take(driver)).length, 1)
    },
  },
  {
    name: 'an abort while the lease is being taken leaves nothing leased',
    async run({ driver }) {
      await driver.insert(messages(ids(3)))
      const abort = new AbortController()
      const request = { max: 5, seconds: 60, worker: { id: 'w' } }
      const leasing = driver.lease({ ...request, signal: abort.signal })
      const outcome = leasing.then(
        leases => leases.length,
        () => 0,
      )
      abort.abort()
      const held = await outcome
      assert.equal((await take(driver, 5)).length, 3 - held)
    },
  },
  {
    name: 'an abort harms nothing that was asked for in the same turn',
    async run({ driver }) {
      const abort = new AbortController()
      const inserting = driver.insert(messages(['x']))
      const request = { max: 1, seconds: 60, worker: { id: 'w' }, signal: abort.signal }
      const leasing = driver.lease(request).catch(() => [])
      const inserting2 = driver.insert(messages(['y']))
      abort.abort()
      assert.deepEqual([await inserting, await inserting2], [['new'], ['new']])
      assert.equal((await leasing).length + (await take(driver, 5)).length, 2)
      await expectCounts(driver, { leased: 2 })
    },
  },
]
