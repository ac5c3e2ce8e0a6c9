import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parsePlace } from '../../src/runtime/drivers/pubsub/address.ts'
import { openPubsub } from '../../src/runtime/drivers/pubsub/index.ts'
import type { Clock, Driver } from '../../src/runtime/index.ts'
import { type FaultProxy, firstOf, google, pass, startFaultProxy } from '../support/fault-proxy.ts'
import { findEmulator, startEmulator } from '../support/pubsub/emulator.ts'

const found = await findEmulator()
if (found.kind === 'missing')
  describe('Pub/Sub emulator', () => {
    it.skip(`survives what networks and services do (${found.reason})`)
  })
else {
  const emulator = await startEmulator(found.jar, 'manual')
  afterAll(() => emulator.stop())
  describe('Pub/Sub emulator', () => {
    faultTests(`http://${emulator.host}`, emulator.setTime)
  })
}

function faultTests(emulator: string, setTime: (milliseconds: number) => Promise<void>): void {
  let proxy: FaultProxy
  let now: number
  let waits: number
  const opened: Driver[] = []

  beforeEach(async () => {
    proxy = await startFaultProxy(emulator, google)
    now = Date.now() + 3_600_000
    waits = 0
    await setTime(now)
  })

  afterEach(async () => {
    for (const driver of opened.splice(0)) await driver.close()
    await proxy.stop()
  })

  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    bootId: undefined,
    sleep() {
      waits += 1
      return Promise.resolve()
    },
  }

  async function elapse(seconds: number): Promise<void> {
    now += seconds * 1000
    await setTime(now)
  }

  /** A queue of its own, asked through the proxy as the service itself would be asked. */
  async function open(options = '', answerMilliseconds = 15_000): Promise<Driver> {
    const place = parsePlace(`//taskq-test/q-${crypto.randomUUID()}${options}`)
    const endpoint = {
      origin: proxy.endpoint,
      service: proxy.endpoint,
      headers: () => Promise.resolve({}),
      namesRefused: true,
      mostDays: 7,
      answerMilliseconds,
    }
    const driver = await openPubsub(place, endpoint, { create: true, clock, random: () => 0.5 })
    opened.push(driver)
    waits = 0
    return driver
  }

  const take = (driver: Driver, max = 10, seconds = 30) =>
    driver.lease({ max, seconds, worker: { id: 'w' } })
  const insert = (driver: Driver, ...ids: readonly string[]) =>
    driver.insert(ids.map(id => ({ id, body: `body of ${id}` })))
  const idsOf = (leases: readonly { readonly id: string }[]) => leases.map(({ id }) => id)

  /** Does something to the first so many calls of one kind. */
  function firstCalls(...[action, count, fate]: Parameters<typeof firstOf>): void {
    proxy.fate = firstOf(action, count, fate)
  }

  describe('a service that is busy or far away', () => {
    it.each([429, 500, 502, 503, 504])(
      'is asked again after a pause when it answers %d',
      async status => {
        const driver = await open()
        firstCalls('publish', 3, { kind: 'refuse', status, code: 'BUSY' })
        expect(await insert(driver, 'a')).toEqual(['new'])
        expect(waits).toBe(3)
        expect(idsOf(await take(driver))).toEqual(['a'])
      },
    )

    it('is given up in the end, with a sentence that says what is unknown', async () => {
      const driver = await open()
      firstCalls('publish', 99, { kind: 'refuse', status: 503, code: 'UNAVAILABLE' })
      await expect(insert(driver, 'a')).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/did not answer 5 times \(publish\): 503.*unknown.*again/),
      })
    })

    it('is given up when it never answers', async () => {
      const driver = await open('', 500)
      firstCalls('pull', 99, { kind: 'hang' })
      await expect(take(driver)).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('no answer within 0.5 s'),
      })
    }, 10_000)

    it('does not hold a caller who leaves, nor the process that closes the queue', async () => {
      const driver = await open('', 60_000)
      const asked = Promise.withResolvers<void>()
      proxy.fate = ({ action }) => {
        if (action !== 'pull') return pass
        asked.resolve()
        return { kind: 'hang' }
      }
      const leaving = new AbortController()
      const request = { max: 1, seconds: 30, waitSeconds: 60, worker: { id: 'w' } }
      const waiting = driver.lease({ ...request, signal: leaving.signal })
      await asked.promise
      leaving.abort(new Error('enough'))
      await expect(waiting).rejects.toThrow('enough')
      await driver.close()
    }, 10_000)

    it('is asked again when a proxy on the way answers with a page of its own', async () => {
      const driver = await open()
      firstCalls('pull', 1, { kind: 'answer', status: 200, text: '<html>Log in to the network' })
      await insert(driver, 'a')
      expect(idsOf(await take(driver))).toEqual(['a'])
    })

    it('tells a worker that waits for better times when it answers again', async () => {
      const driver = await open()
      proxy.fate = () => ({ kind: 'cut' })
      await expect(take(driver)).rejects.toMatchObject({ code: 'unavailable' })
      await expect(driver.counts()).rejects.toMatchObject({ code: 'unavailable' })
      proxy.fate = () => pass
      expect(await driver.counts()).toMatchObject({ ready: undefined })
      const calls = proxy.seen.length
      await driver.counts()
      expect(proxy.seen.length, 'what answers need not be asked whether it does').toBe(calls)
    })
  })

  it('where deliveries are counted a task that is not due is put aside as seldom as can be', async () => {
    const driver = await open('?maxDeliveries=5')
    await driver.insert([{ id: 'late', body: '{}', headers: { delaySeconds: 59.5 } }])
    let leases = await take(driver)
    for (let seconds = 0; leases.length === 0 && seconds < 90; seconds += 1) {
      await elapse(1)
      leases = await take(driver)
    }
    expect(idsOf(leases)).toEqual(['late'])
    const asides = proxy.seen
      .filter(({ action }) => action === 'modifyAckDeadline')
      .map(({ body }) => (body as { readonly ackDeadlineSeconds: number }).ackDeadlineSeconds)
    expect(asides.slice(-3)).toEqual([50, 10, 30])
    expect(asides).not.toContain(0)
  })

  it('nor does a task wait there for longer than a few deliveries', async () => {
    expect((await open('?maxDeliveries=5')).limits.delaySeconds).toBe(600)
    expect((await open()).limits.delaySeconds).toBe(86_400)
  })

  describe('a subscription from which tasks would never come, or not as the URL says, is refused', () => {
    const bigqueryConfig = { table: 'p.d.t' }
    const subscriptions: readonly (readonly [string, object, string, RegExp])[] = [
      ['detached', { detached: true }, '', /detached from its topic.*taskq create-queue/],
      ['filtered', { filter: 'attributes.x = "1"' }, '', /drops what its filter \(attributes\.x/],
      ['kept elsewhere', { bigqueryConfig }, '', /hands .* to p\.d\.t by itself.*pull/],
      ['uncounted', { deadLetterPolicy: undefined }, '?maxDeliveries=5', /-attempts 5; or leave/],
    ]

    it.each(subscriptions)('%s', async (_, change, options, sentence) => {
      firstCalls('GET', 1, { kind: 'change', change: (info: object) => ({ ...info, ...change }) })
      await expect(open(options)).rejects.toMatchObject({
        code: 'invalid',
        message: expect.stringMatching(sentence),
      })
    })

    it('but one that counts deliveries although the URL does not say so is treated like it', async () => {
      const deadLetterPolicy = { maxDeliveryAttempts: 5 }
      firstCalls('GET', 1, {
        kind: 'change',
        change: (info: object) => ({ ...info, deadLetterPolicy }),
      })
      const driver = await open()
      expect(driver.limits.delaySeconds).toBe(600)
      await driver.insert([{ id: 'late', body: '{}', headers: { delaySeconds: 2.5 } }])
      expect(await take(driver)).toEqual([])
      expect(proxy.seen.at(-1)?.body).toMatchObject({ ackDeadlineSeconds: 3 })
    })
  })

  it('what is due reaches the caller although what is not could not be put aside', async () => {
    const driver = await open()
    await driver.insert([{ id: 'late', body: '{}', headers: { delaySeconds: 30 } }])
    await insert(driver, 'due')
    proxy.fate = ({ body }) =>
      (body as { readonly ackDeadlineSeconds?: number }).ackDeadlineSeconds === 30
        ? { kind: 'refuse', status: 503, code: 'UNAVAILABLE' }
        : pass
    expect(idsOf(await take(driver, 10, 45))).toEqual(['due'])
  })

  it('a purge goes by the clock of the service, so that what comes after it stays', async () => {
    await setTime(Date.now() - 60_000)
    const driver = await open()
    await insert(driver, 'before')
    await driver.purge()
    const seeks = proxy.seen.flatMap(({ action, body }) => (action === 'seek' ? [body] : []))
    const ends = seeks.map(({ time }) => Date.parse(time))
    // This machine's clock, by which the emulator's answers are dated, is an hour behind the driver's.
    for (const end of ends) expect(end).toBeLessThan(now - 1_800_000)
    expect({ ends: ends.length, waits }).toEqual({ ends: 3, waits: 1 })
    await setTime(Date.now() + 60_000)
    await insert(driver, 'after')
    expect(idsOf(await take(driver))).toEqual(['after'])
  })

  describe('a connection that is cut', () => {
    it('before the service hears of a call loses nothing', async () => {
      const driver = await open()
      firstCalls('publish', 2, { kind: 'cut' })
      await insert(driver, 'a', 'b')
      firstCalls('acknowledge', 2, { kind: 'cut' })
      const leases = await take(driver)
      expect(await driver.complete(leases)).toEqual(['done', 'done'])
      await elapse(700)
      expect(await take(driver)).toEqual([])
    })

    it('after an insert doubles a task under the one id, so that its first result counts', async () => {
      const driver = await open()
      firstCalls('publish', 1, { kind: 'cut-after' })
      expect(await insert(driver, 'a')).toEqual(['new'])
      expect(idsOf(await take(driver))).toEqual(['a', 'a'])
    })

    it('after tasks were given out brings them back within a minute', async () => {
      const driver = await open()
      await insert(driver, 'a', 'b')
      firstCalls('pull', 1, { kind: 'cut-after' })
      expect(await take(driver)).toEqual([])
      await elapse(61)
      expect(idsOf(await take(driver)).toSorted()).toEqual(['a', 'b'])
    })

    it('after tasks were finished leaves them finished', async () => {
      const driver = await open()
      await insert(driver, 'a')
      firstCalls('acknowledge', 1, { kind: 'cut-after' })
      expect(await driver.complete(await take(driver))).toEqual(['done'])
      await elapse(700)
      expect(await take(driver)).toEqual([])
    })

    it('between the new message of a charged task and the end of the old one loses none', async () => {
      const driver = await open()
      await insert(driver, 'a')
      const [lease] = await take(driver)
      if (lease === undefined) throw new Error('nothing to lease')
      firstCalls('acknowledge', 99, { kind: 'cut' })
      await expect(driver.release([{ ...lease, attempts: 1 }])).rejects.toThrow(/acknowledge/)
      proxy.fate = () => pass
      await elapse(31)
      const attempts = (await take(driver)).map(one => `${one.id} ${one.attempts}`)
      expect(attempts.toSorted()).toEqual(['a 0', 'a 1'])
    })
  })

  describe('leases that the service refuses', () => {
    /** Answers as the service does where it delivers exactly once: it names the leases it refuses. */
    function refusing(reasonOf: (ackId: string) => string | undefined): void {
      proxy.fate = async ({ action, path, body }) => {
        if (action !== 'acknowledge' && action !== 'modifyAckDeadline') return pass
        const { ackIds, ...rest } = body as { ackIds: readonly string[] }
        const metadata: Record<string, string> = {}
        for (const ackId of ackIds) {
          const reason = reasonOf(ackId)
          const headers = { 'content-type': 'application/json' }
          const one = JSON.stringify({ ...rest, ackIds: [ackId] })
          const request = { method: 'POST', headers, body: one }
          if (reason !== undefined) metadata[ackId] = reason
          else if (!(await fetch(`${emulator}${path}`, request)).ok)
            metadata[ackId] = 'PERMANENT_FAILURE_INVALID_ACK_ID'
        }
        if (Object.keys(metadata).length === 0) return answered(200, {})
        const reason = 'EXACTLY_ONCE_ACKID_FAILURE'
        const info = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, metadata }
        const message = 'Some acknowledgement ids in the request were invalid.'
        const error = { code: 400, message, status: 'INVALID_ARGUMENT', details: [info] }
        return answered(400, { error })
      }
    }

    it('are lost, each by itself, and the others of the call are done', async () => {
      const driver = await open('?exactlyOnce=true')
      refusing(() => undefined)
      await insert(driver, 'a', 'b', 'c')
      const leases = await take(driver)
      const [, b] = leases
      if (b === undefined) throw new Error('nothing to lease')
      expect(await driver.release([b])).toEqual(['done'])
      expect(await driver.extend(leases, 60)).toEqual(['done', 'lost', 'done'])
      expect(await driver.complete(leases)).toEqual(['done', 'lost', 'done'])
      expect(idsOf(await take(driver))).toEqual(['b'])
    })

    it('are lost when they have expired', async () => {
      const driver = await open('?exactlyOnce=true')
      await insert(driver, 'a')
      const leases = await take(driver, 1, 30)
      await elapse(31)
      const again = await take(driver, 1, 30)
      refusing(() => undefined)
      expect(await driver.complete(leases)).toEqual(['lost'])
      expect(await driver.complete(again)).toEqual(['done'])
    })

    it('are asked about again when it is only for now, and those alone', async () => {
      const driver = await open('?exactlyOnce=true')
      await insert(driver, 'a', 'b')
      const leases = await take(driver)
      let refusals = 2
      refusing(ackId => {
        if (!leases[0]?.token.endsWith(ackId) || refusals === 0) return undefined
        refusals -= 1
        return 'TRANSIENT_FAILURE_INVALID_ACK_ID'
      })
      expect(await driver.complete(leases)).toEqual(['done', 'done'])
      const asked = proxy.seen.filter(({ action }) => action === 'acknowledge')
      expect(asked.map(({ body }) => (body as { ackIds: unknown[] }).ackIds.length)).toEqual([
        2, 1, 1,
      ])
    })

    it('are unknown when it goes on for now', async () => {
      const driver = await open('?exactlyOnce=true')
      await insert(driver, 'a')
      const leases = await take(driver)
      refusing(() => 'TRANSIENT_FAILURE_INVALID_ACK_ID')
      await expect(driver.complete(leases)).rejects.toMatchObject({ code: 'unavailable' })
    })

    it('do not reach the caller when they are lost before they were given out', async () => {
      const driver = await open('?exactlyOnce=true')
      await insert(driver, 'a', 'b')
      let isFirst = true
      refusing(() => {
        const reason = isFirst ? 'PERMANENT_FAILURE_INVALID_ACK_ID' : undefined
        isFirst = false
        return reason
      })
      expect(idsOf(await take(driver)).length).toBe(1)
    })
  })

  describe('a refusal is a sentence that says what to do', () => {
    const refusals: readonly (readonly [string, number, string, string, RegExp])[] = [
      ['publish', 403, 'PERMISSION_DENIED', '', /roles\/pubsub\.publisher on the topic/],
      ['pull', 403, 'PERMISSION_DENIED', '', /roles\/pubsub\.subscriber on the subscription/],
      ['pull', 401, 'UNAUTHENTICATED', '', /gcloud auth application-default login/],
      ['publish', 404, 'NOT_FOUND', '', /no topic q-.*taskq create-queue 'pubsub:\/\/taskq-test/],
      ['pull', 403, 'PERMISSION_DENIED', 'SERVICE_DISABLED', /gcloud services enable pubsub/],
    ]

    it.each(refusals)('%s answered by %d %s %s', async (action, status, said, reason, sentence) => {
      const driver = await open()
      const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason }]
      const error = { code: status, message: 'no', status: said, details }
      firstCalls(action, 1, answered(status, { error }))
      const asking: Promise<unknown> = action === 'pull' ? take(driver) : insert(driver, 'a')
      await expect(asking).rejects.toMatchObject({
        code: 'invalid',
        message: expect.stringMatching(sentence),
      })
    })
  })
}

const answered = (status: number, body: unknown) =>
  ({ kind: 'answer', status, text: JSON.stringify(body) }) as const
