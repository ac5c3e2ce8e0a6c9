import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Clock, Driver, Lease } from '../../src/runtime/index.ts'
import { openDriver } from '../../src/runtime/queue/open.ts'
import { type FaultProxy, pass, type Seen, startFaultProxy } from '../support/fault-proxy.ts'
import { type SqsServer, sqsUrl, startSqs } from '../support/sqs-server.ts'

let server: SqsServer
let proxy: FaultProxy
let driver: Driver

beforeEach(async () => {
  server = await startSqs()
  proxy = await startFaultProxy(server.endpoint)
  server.queue('jobs')
  const url = sqsUrl('jobs', proxy.endpoint)
  driver = await openDriver(url, { clock: server.clock, random: () => 0 })
})

afterEach(async () => {
  await driver.close()
  await proxy.stop()
  await server.stop()
})

const tasks = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ id: `task-${at}`, body: `{"n":${at}}` }))

const take = (max: number, seconds = 60) => driver.lease({ max, seconds, worker: { id: 'w' } })

const idsIn = () => {
  const { ready, inflight, delayed } = server.fauxqs.inspectQueue('jobs')?.messages ?? {
    ready: [],
    inflight: [],
    delayed: [],
  }
  const all = [...ready, ...delayed, ...inflight.map(({ message }) => message)]
  return all.map(({ messageAttributes }) => {
    const { StringValue = '{}' } = messageAttributes['taskq'] ?? {}
    return (JSON.parse(StringValue) as { readonly id: string }).id
  })
}

/** Fails entries of the first requests of an action through no fault of the sender. */
function failOnce(action: string, ids: readonly string[]): void {
  let isDone = false
  proxy.fate = ({ action: name, body }) => {
    if (name !== action || isDone) return pass
    isDone = true
    const all = (body as { Entries: { Id: string }[] }).Entries
    // The server must not hear of those that fail.
    const failing = all.filter(({ Id }) => ids.includes(Id))
    ;(body as { Entries: unknown[] }).Entries = all.filter(({ Id }) => !ids.includes(Id))
    return {
      kind: 'change',
      change: (answer: { Successful: unknown[] }) => ({
        Successful: answer.Successful,
        Failed: failing.map(({ Id }) => ({ Id, SenderFault: false, Code: 'InternalError' })),
      }),
    }
  }
}

it('entries that SQS failed to take are sent again, and only those', async () => {
  failOnce('SendMessageBatch', ['1', '7'])
  await driver.insert(tasks(10))
  expect(idsIn().toSorted()).toEqual(tasks(10).map(({ id }) => id))
  const sent = proxy.seen.filter(({ action }) => action === 'SendMessageBatch')
  expect(sent.length).toBe(2)
})

it('entries that SQS says nothing about are sent again', async () => {
  let calls = 0
  proxy.fate = ({ action }) => {
    if (action !== 'SendMessageBatch' || ++calls > 1) return pass
    return { kind: 'change', change: () => ({ Successful: [], Failed: [] }) }
  }
  await driver.insert(tasks(3))
  expect(calls).toBe(2)
  expect(new Set(idsIn()).size).toBe(3)
})

it('an insert that SQS goes on failing says so, and what it took is there', async () => {
  proxy.fate = ({ action }) =>
    action === 'SendMessageBatch'
      ? {
          kind: 'change',
          change: () => ({
            Successful: [],
            Failed: [{ Id: '0', SenderFault: false, Code: 'InternalError', Message: 'ill' }],
          }),
        }
      : pass
  await expect(driver.insert(tasks(1))).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('InternalError'),
  })
})

it('an entry that SQS refuses is named, and is no reason to try for ever', async () => {
  proxy.fate = ({ action }) =>
    action === 'SendMessageBatch'
      ? {
          kind: 'change',
          change: () => ({
            Successful: [],
            Failed: [{ Id: '0', SenderFault: true, Code: 'InvalidMessageContents' }],
          }),
        }
      : pass
  await expect(driver.insert(tasks(1))).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringContaining('"task-0"'),
  })
})

it.each(['DeleteMessageBatch', 'ChangeMessageVisibilityBatch'])(
  'a %s that fails for some entries is repeated for them',
  async action => {
    await driver.insert(tasks(10))
    const leases = await take(10)
    failOnce(action, ['0', '9'])
    const answers =
      action === 'DeleteMessageBatch'
        ? await driver.complete(leases)
        : await driver.extend(leases, 90)
    expect(answers).toEqual(leases.map(() => 'done'))
    expect(idsIn().length).toBe(action === 'DeleteMessageBatch' ? 0 : 10)
  },
)

it('what is due reaches the caller although what is not could not be put aside', async () => {
  server.queue('jobs.fifo')
  const fifo = await openDriver(sqsUrl('jobs.fifo', proxy.endpoint), { clock: server.clock })
  await fifo.insert([{ id: 'late', body: 'b', headers: { delaySeconds: 30 } }])
  await fifo.insert([{ id: 'due', body: 'b' }])
  proxy.fate = ({ action }) =>
    action === 'ChangeMessageVisibilityBatch'
      ? { kind: 'refuse', status: 400, code: 'OverLimit' }
      : pass
  const leases = await fifo.lease({ max: 10, seconds: 60, worker: { id: 'w' } })
  expect(leases.map(({ id }) => id)).toEqual(['due'])
  await fifo.close()
})

it('requests that are turned away as too many are made again', async () => {
  let refusals = 0
  proxy.fate = () =>
    refusals++ < 2 ? { kind: 'refuse', status: 400, code: 'RequestThrottled' } : pass
  await driver.insert(tasks(3))
  expect(idsIn().length).toBe(3)
})

it('a service that goes on refusing is unavailable, with a sentence', async () => {
  proxy.fate = () => ({ kind: 'refuse', status: 503, code: 'ServiceUnavailable' })
  await expect(driver.insert(tasks(1))).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/SQS failed on jobs .*Try again/),
  })
})

it.each(['KmsThrottled', 'RequestThrottled', 'OverLimit'])(
  'a service that answers %s may be asked again later',
  async code => {
    proxy.fate = () => ({ kind: 'refuse', status: 400, code })
    await expect(take(1)).rejects.toMatchObject({ code: 'unavailable' })
  },
)

it('an insert whose connection is cut after it was sent loses nothing', async () => {
  let cuts = 0
  proxy.fate = ({ action }) =>
    action === 'SendMessageBatch' && cuts++ === 0 ? { kind: 'cut-after' } : pass
  await driver.insert(tasks(10))
  expect(new Set(idsIn()).size).toBe(10)
})

it('a delete whose connection is cut after it was sent is done', async () => {
  await driver.insert(tasks(5))
  const leases = await take(5)
  let cuts = 0
  proxy.fate = ({ action }) =>
    action === 'DeleteMessageBatch' && cuts++ === 0 ? { kind: 'cut-after' } : pass
  expect(await driver.complete(leases)).toEqual(leases.map(() => 'done'))
  expect(idsIn()).toEqual([])
})

it('messages of an answer that was lost come back when their lease ends', async () => {
  await driver.insert(tasks(3))
  let cuts = 0
  proxy.fate = ({ action }) =>
    action === 'ReceiveMessage' && cuts++ === 0 ? { kind: 'cut-after' } : pass
  expect(await take(10)).toEqual([])
  server.pass(61)
  proxy.fate = () => pass
  expect((await take(10)).length).toBe(3)
})

it('a release that was cut off between copy and delete sends no second copy', async () => {
  await driver.insert(tasks(1))
  const [lease] = (await take(1)) as [Lease]
  proxy.fate = ({ action }) => (action === 'DeleteMessageBatch' ? { kind: 'cut' } : pass)
  const charged = [{ ...lease, attempts: 1 }]
  await expect(driver.release(charged)).rejects.toMatchObject({ code: 'unavailable' })
  proxy.fate = () => pass
  expect(await driver.release(charged)).toEqual(['done'])
  expect(idsIn()).toEqual(['task-0'])
  expect((await take(5)).map(({ attempts }) => attempts)).toEqual([1])
})

it('handles that SQS calls expired are lost leases', async () => {
  await driver.insert(tasks(2))
  const leases = await take(2)
  const expired = (answer: { Successful: { Id: string }[] }) => ({
    Successful: answer.Successful.filter(({ Id }) => Id !== '0'),
    Failed: [{ Id: '0', SenderFault: true, Code: 'ReceiptHandleIsInvalid', Message: 'expired' }],
  })
  proxy.fate = () => ({ kind: 'change', change: expired })
  expect(await driver.extend(leases, 60)).toEqual(['lost', 'done'])
  expect(await driver.complete(leases)).toEqual(['lost', 'done'])
})

it('a message that SQS delivers twice is two leases of one id', async () => {
  await driver.insert(tasks(1))
  proxy.fate = ({ action }) =>
    action === 'ReceiveMessage'
      ? {
          kind: 'change',
          change: ({ Messages = [] }: { Messages?: { ReceiptHandle: string }[] }) => ({
            Messages: Messages.flatMap(one => [one, { ...one, ReceiptHandle: 'other' }]),
          }),
        }
      : pass
  const leases = await take(10)
  expect(leases.map(({ id }) => id)).toEqual(['task-0', 'task-0'])
  expect(new Set(leases.map(({ token }) => token)).size).toBe(2)
})

it('an aborted long poll rejects at once, and what it brings goes back', async () => {
  const abort = new AbortController()
  const waiting = driver.lease({
    max: 10,
    seconds: 60,
    waitSeconds: 20,
    worker: { id: 'w' },
    signal: abort.signal,
  })
  const outcome = expect(waiting).rejects.toThrow('enough')
  await until(() => proxy.seen.some(({ action }: Seen) => action === 'ReceiveMessage'))
  abort.abort(new Error('enough'))
  await outcome
  await driver.insert(tasks(1))
  await until(() => proxy.seen.some(({ action }) => action === 'ChangeMessageVisibilityBatch'))
  await until(() => server.fauxqs.inspectQueue('jobs')?.messages.ready.length === 1)
  expect((await take(1)).map(({ id }) => id)).toEqual(['task-0'])
})

it('closing waits for what an aborted poll brings, and no longer', async () => {
  let asleep = 0
  const sleep: Clock['sleep'] = async (milliseconds, signal) => {
    asleep += 1
    await server.clock.sleep(milliseconds, signal).finally(() => {
      asleep -= 1
    })
  }
  const clock = { ...server.clock, sleep }
  const leaving = await openDriver(sqsUrl('jobs', proxy.endpoint), { clock })
  const abort = new AbortController()
  const wait = { max: 10, seconds: 60, waitSeconds: 20, signal: abort.signal }
  const outcome = expect(leaving.lease({ ...wait, worker: { id: 'w' } })).rejects.toThrow('enough')
  await until(() => proxy.seen.some(({ action }: Seen) => action === 'ReceiveMessage'))
  abort.abort(new Error('enough'))
  await outcome
  const closing = leaving.close()
  await until(() => asleep === 1)
  await driver.insert(tasks(1))
  await closing
  expect(asleep).toBe(0)
})

/** Resolves once `isSo`; what is waited for is an answer on loopback. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo())
    await new Promise(resolve => {
      setImmediate(resolve)
    })
}
