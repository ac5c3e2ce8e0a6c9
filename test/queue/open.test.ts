import { expect, it } from 'vitest'
import { type DriverModule, openDriver, openQueue } from '../../src/runtime/index.ts'
import { parseAddress } from '../../src/runtime/queue/address.ts'

it('a scheme is known in any case; a bare path is sqlite when it ends in .db and fq otherwise', () => {
  expect(parseAddress('SQLite:a.db')).toEqual({ scheme: 'sqlite', rest: 'a.db' })
  expect(parseAddress('/data/queue.db')).toEqual({ scheme: 'sqlite', rest: '/data/queue.db' })
  expect(parseAddress('q.db?durable=false')).toEqual({
    scheme: 'sqlite',
    rest: 'q.db?durable=false',
  })
  expect(parseAddress('/data/folder')).toEqual({ scheme: 'fq', rest: '/data/folder' })
  expect(parseAddress('C:\\data\\queue.db').scheme).toBe('sqlite')
})

it('an unknown kind of queue is refused with the kinds that are known', async () => {
  await expect(openQueue('redis://localhost')).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(/redis:.*Known: sqlite: .*memory:.*sqlite:queue\.db/),
  })
  await expect(openQueue('__proto__:x')).rejects.toThrow(/Known/)
  await expect(openQueue('constructor:x')).rejects.toThrow(/Known/)
})

it.each([
  'postgres://me:secret@host/x',
  'redis://:sec/ret@host',
  'https://me:secret@sqs.us-east-1.amazonaws.com/1/q',
  'sqs://me:secret@host/x',
  'pubsub://me:secret@host/x',
])('a password in %s is not shown again', async name => {
  const opening = openQueue(name)
  await expect(opening).rejects.toThrow(/\.\.\.@/)
  await expect(opening).rejects.not.toThrow(/secret|sec\/ret/)
})

it('an empty name is refused with what to write and where', async () => {
  await expect(openQueue('')).rejects.toThrow(/no name.*sqlite:queue\.db.*TASKQUEUE_PATH/)
  await expect(openQueue('  ')).rejects.toThrow(/no name/)
})

it('a driver whose SDK is missing says what to install', async () => {
  const cloud: DriverModule = {
    scheme: 'cloud',
    example: 'cloud://name',
    needs: { package: '@no-such/sdk-for-tests', version: '3' },
    open: () => Promise.reject(new Error('must not be reached')),
  }
  await expect(openDriver('cloud://x', { drivers: [cloud] })).rejects.toMatchObject({
    code: 'unsupported',
    message:
      'cloud: needs @no-such/sdk-for-tests, which is not installed. Run: npm install @no-such/sdk-for-tests@3',
  })
})

it('a driver of your own is found by its scheme', async () => {
  const own: DriverModule = {
    scheme: 'own',
    example: 'own:x',
    open: (_, options) => openDriver('memory:', options),
  }
  const queue = await openQueue('own:x', { drivers: [own] })
  expect(await queue.insert([{ id: 'a', params: {} }])).toEqual({ inserted: 1, present: 0 })
})

it('a memory queue with a name is one for the whole process, one without is its own', async () => {
  const [one, other] = [await openDriver('memory:shared'), await openDriver('memory:shared')]
  await one.insert([{ id: 'a', body: '' }])
  expect((await other.counts()).ready).toBe(1)
  expect((await (await openDriver('memory:')).counts()).ready).toBe(0)
})
