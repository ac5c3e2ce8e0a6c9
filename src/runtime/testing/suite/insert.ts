import assert from 'node:assert/strict'
import type { ConformanceTest } from '../conformance.ts'
import { expectCounts, messages, take, takeOne } from './steps.ts'

/** The promises of `insert`, and of what comes back of a message. */
export const insertTests: readonly ConformanceTest[] = [
  {
    name: 'insert answers in the order of the messages whether each id was new',
    needs: 'unique',
    async run({ driver }) {
      await driver.insert(messages(['b', 'd']))
      const answers = await driver.insert(messages(['a', 'b', 'c', 'd', 'e']))
      assert.deepEqual(answers, ['new', 'present', 'new', 'present', 'new'])
      await expectCounts(driver, { ready: 5 })
    },
  },
  {
    name: 'an id that is there already keeps its body',
    needs: 'unique',
    async run({ driver }) {
      await driver.insert([{ id: 'x', body: 'first' }])
      await driver.insert([{ id: 'x', body: 'second', headers: { delaySeconds: 9 } }])
      const leases = await take(driver, 5)
      assert.deepEqual(
        leases.map(({ body }) => body),
        ['first'],
      )
    },
  },
  {
    name: 'an id named twice in one call is new once',
    needs: 'unique',
    async run({ driver }) {
      const answers = await driver.insert([
        { id: 'x', body: 'first' },
        { id: 'x', body: 'second' },
        { id: 'y', body: 'other', headers: { delaySeconds: 5 } },
        { id: 'y', body: 'another' },
      ])
      assert.deepEqual(answers, ['new', 'present', 'new', 'present'])
      await expectCounts(driver, { ready: 1, delayed: 1 })
    },
  },
  {
    name: 'an id is accepted once also while its task is leased, delayed, done or dead',
    needs: 'unique',
    async run({ driver }) {
      await driver.insert(messages(['delayed'], { delaySeconds: 100 }))
      const done = await takeOne(driver, 'done')
      await driver.complete([done])
      const dead = await takeOne(driver, 'dead')
      await driver.tasks?.bury([{ ...dead, reason: 'bad' }])
      await takeOne(driver, 'leased')
      const again = ['delayed', 'done', 'leased', ...(driver.tasks ? ['dead'] : [])]
      const answers = await driver.insert(messages(again))
      assert.deepEqual(
        answers,
        again.map(() => 'present'),
      )
      assert.deepEqual(await take(driver, 5), [])
    },
  },
  {
    name: 'a call with nothing in it answers nothing',
    async run({ driver }) {
      assert.deepEqual(await driver.insert([]), [])
      assert.deepEqual(await driver.extend([], 60), [])
      assert.deepEqual(await driver.release([]), [])
      assert.deepEqual(await driver.complete([]), [])
      assert.deepEqual((await driver.results?.settle([])) ?? [], [])
      const { tasks } = driver
      const answers = [
        tasks?.get([]),
        tasks?.remove([]),
        tasks?.bury([]),
        tasks?.revive([], 'dead'),
      ]
      for (const answer of answers) assert.deepEqual((await answer) ?? [], [])
    },
  },
  {
    name: 'a body comes back as the same characters',
    async run({ driver }) {
      const bodies = [
        '{}',
        '',
        'quotes \' " ` and \\ and $(touch x); -- drop table',
        'line\nbreaks\r\nand\ttabs',
        'naïve – 🧠 e\u0301 \u{10ffff} \u2028',
        '{"id":864691135494192529,"x":1.0,"y":-0}',
        'x'.repeat(100_000),
      ]
      await driver.insert(bodies.map((body, at) => ({ id: `b${at}`, body })))
      const leases = await take(driver, bodies.length)
      const back = new Map(leases.map(({ id, body }) => [id, body]))
      bodies.forEach((body, at) => {
        assert.equal(back.get(`b${at}`), body)
      })
    },
  },
  {
    name: 'an id comes back as the same characters, whatever it would mean elsewhere',
    async run({ driver }) {
      const hostile = [
        '../../victim',
        '/etc/passwd',
        'a b',
        "o'hara",
        '"; drop table task; --',
        '$(touch x)',
        'cells.feather:17',
        '🧠',
        '__proto__',
        'constructor',
        'x'.repeat(512),
      ]
      await driver.insert(messages(hostile))
      const leases = await take(driver, hostile.length)
      assert.deepEqual(leases.map(({ id }) => id).sort(), [...hostile].sort())
      for (const { id, body } of leases) assert.equal(body, `body of ${id}`)
      const answers = await driver.complete(leases)
      assert.deepEqual(new Set(answers), new Set(['done']))
    },
  },
  {
    name: 'a delayed message is leased when its time has come and not before',
    async run({ driver, pass }) {
      await driver.insert(messages(['later'], { delaySeconds: 10 }))
      await pass(9.9)
      assert.deepEqual(await take(driver), [])
      await expectCounts(driver, { delayed: 1 })
      await pass(0.2)
      await expectCounts(driver, { ready: 1 })
      assert.equal((await take(driver)).length, 1)
    },
  },
  {
    name: 'messages are leased by priority and then in the order inserted',
    needs: 'ordered',
    async run({ driver, pass }) {
      await driver.insert([
        ...messages(['low'], { priority: -1000 }),
        ...messages(['a', 'b']),
        ...messages(['high'], { priority: 7 }),
        ...messages(['waited'], { priority: 7, delaySeconds: 5 }),
        ...messages(['c']),
        ...messages(['higher'], { priority: 1000 }),
      ])
      await pass(6)
      const order: string[] = []
      for (;;) {
        const leases = await take(driver, 2)
        if (leases.length === 0) break
        order.push(...leases.map(({ id }) => id))
      }
      assert.deepEqual(order, ['higher', 'high', 'waited', 'a', 'b', 'c', 'low'])
    },
  },
]
