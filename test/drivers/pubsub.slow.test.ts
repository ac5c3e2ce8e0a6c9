import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { parsePlace, urlOf } from '../../src/runtime/drivers/pubsub/address.ts'
import { findEndpoint } from '../../src/runtime/drivers/pubsub/endpoint.ts'
import { type Clock, openQueue, type Queue } from '../../src/runtime/index.ts'
import { testFolder } from '../cli/taskq.ts'
import { type Emulator, findEmulator, startEmulator } from '../support/pubsub/emulator.ts'

const found = await findEmulator()

describe('the URL of a Pub/Sub queue', () => {
  const place = { project: 'my-project', topic: 'cells', subscription: 'cells' }
  const urls = [
    { rest: '//my-project/cells', expected: place },
    { rest: 'my-project/cells', expected: place, short: '//my-project/cells' },
    { rest: '//projects/my-project/topics/cells', expected: place, short: '//my-project/cells' },
    {
      rest: '//projects/my-project/topics/cells/subscriptions/workers',
      expected: { ...place, subscription: 'workers' },
    },
    {
      rest: '//my-project/cells/workers',
      expected: { ...place, subscription: 'workers' },
      short: '//projects/my-project/topics/cells/subscriptions/workers',
    },
    {
      rest: '//example.com:my-project/cells',
      expected: { ...place, project: 'example.com:my-project' },
    },
    {
      rest: '//my-project/topics',
      expected: { ...place, topic: 'topics', subscription: 'topics' },
    },
    {
      rest: '//my-project/cells?exactlyOnce=true&ordering=true&maxDeliveries=20&region=us-central1',
      expected: { exactlyOnce: true, ordering: true, maxDeliveries: 20, region: 'us-central1' },
    },
  ]

  it.each(urls)('$rest names a topic and a subscription', ({ rest, expected, short = rest }) => {
    expect(parsePlace(rest)).toMatchObject(expected)
    expect(urlOf(parsePlace(rest))).toBe(`pubsub:${short}`)
  })

  it.each([
    ['', /names no project/],
    ['//my-project', /names no topic/],
    ['//my-project/ab', /"ab".*no name of a Pub\/Sub topic/],
    ['//my-project/goog-cells', /no name of a Pub\/Sub topic/],
    ['//my-project/cells/../../x', /names no/],
    ['//my-project/cells/a b', /no name of a Pub\/Sub subscription/],
    ['//projects/my-project/topics/cells/subscriptions', /names no project/],
    ['//projects/my-project/topics/cells/subscriptions/', /names no subscription/],
    ['//my-project/cells?exactlyonce=true', /Unknown option "exactlyonce".*exactlyOnce/],
    ['//my-project/cells?exactlyOnce=yes', /true or false/],
    ['//my-project/cells?maxDeliveries=4', /5 to 100/],
    ['//my-project/cells?region=evil.example.com/', /region such as us-central1/],
  ])('%s is refused with what to write', (rest, sentence) => {
    expect(() => parsePlace(rest)).toThrow(sentence)
  })
})

describe('Google credentials', () => {
  const place = { project: 'my-project', region: undefined }

  it('of Workload Identity become a token, asked for once', async () => {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.setHeader('content-type', 'application/json')
      response.end('{"access_token":"of-the-test","expires_in":3600,"token_type":"Bearer"}')
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    setVariable('GOOGLE_APPLICATION_CREDENTIALS', await workloadIdentity(port))
    const endpoint = await findEndpoint({ ...place, region: 'us-central1' }, {})
    expect(endpoint.origin).toBe('https://us-central1-pubsub.googleapis.com')
    for (let call = 0; call < 2; call += 1)
      expect(await endpoint.headers()).toMatchObject({ authorization: 'Bearer of-the-test' })
    expect(asked).toEqual(['/token'])
  })

  it('that nobody can be asked for just now are worth another try', async () => {
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address() as AddressInfo
    closed.close()
    setVariable('GOOGLE_APPLICATION_CREDENTIALS', await workloadIdentity(port))
    const { headers } = await findEndpoint(place, {})
    await expect(headers()).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('that are missing are told of with the ways to log in', async () => {
    setVariable('GOOGLE_APPLICATION_CREDENTIALS', join(await testFolder(), 'nothing.json'))
    const { headers } = await findEndpoint(place, {})
    await expect(headers()).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/my-project.*nothing\.json.*gcloud auth application-default/),
    })
  })

  it('that nobody has are told of once, without a warning of the library', async () => {
    const server = createServer((_, response) => {
      response.writeHead(403).end()
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const folder = await testFolder()
    setVariable('GCE_METADATA_HOST', `127.0.0.1:${(server.address() as AddressInfo).port}`)
    for (const name of ['HOME', 'CLOUDSDK_CONFIG']) setVariable(name, folder)
    const warnings: string[] = []
    const hear = ({ name }: Error) => warnings.push(name)
    process.on('warning', hear)
    onTestFinished(() => void process.off('warning', hear))
    const { headers } = await findEndpoint(place, {})
    await expect(headers()).rejects.toMatchObject({ code: 'invalid' })
    process.emitWarning('of somebody else', 'OtherWarning')
    await new Promise(setImmediate)
    expect(warnings).toEqual(['OtherWarning'])
  })

  it('are not asked for where an emulator is named', async () => {
    const env = { PUBSUB_EMULATOR_HOST: '127.0.0.1:8085' }
    const endpoint = await findEndpoint(place, env)
    expect(endpoint.origin).toBe('http://127.0.0.1:8085')
    expect(await endpoint.headers()).toEqual({})
  })
})

/** Credentials whose tokens come from a server on loopback. */
async function workloadIdentity(port: number): Promise<string> {
  const folder = await testFolder()
  const [file, path] = [join(folder, 'subject'), join(folder, 'credentials.json')]
  await writeFile(file, 'who I am')
  await writeFile(
    path,
    JSON.stringify({
      type: 'external_account',
      audience:
        '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `http://127.0.0.1:${port}/token`,
      credential_source: { file },
    }),
  )
  return path
}

describe('Pub/Sub emulator', () => {
  if (found.kind === 'missing') it.skip(`keeps what the driver promises (${found.reason})`)
  else emulatorTests(found.jar)
})

function emulatorTests(jar: string): void {
  let emulator: Emulator
  let now: number
  const name = () => `q-${crypto.randomUUID()}`
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    bootId: undefined,
    sleep: () => Promise.resolve(),
  }
  beforeAll(async () => {
    emulator = await startEmulator(jar, 'manual')
    process.env['PUBSUB_EMULATOR_HOST'] = emulator.host
  })
  afterAll(() => emulator.stop())
  beforeEach(async () => {
    now = Date.now() + 3_600_000
    await emulator.setTime(now)
  })

  async function elapse(seconds: number): Promise<void> {
    now += seconds * 1000
    await emulator.setTime(now)
  }

  async function open(rest: string, create = true): Promise<Queue> {
    const queue = await openQueue(`pubsub://taskq-test/${rest}`, { create, clock })
    onTestFinished(() => queue.close())
    return queue
  }

  const take = (queue: Queue, max = 10) => queue.lease({ max, seconds: 30, worker: { id: 'w' } })

  async function rest(method: string, path: string, body: object): Promise<void> {
    const headers = { 'content-type': 'application/json' }
    const request = { method, headers, body: JSON.stringify(body) }
    const response = await fetch(`http://${emulator.host}/v1/projects/taskq-test/${path}`, request)
    if (!response.ok) throw new Error(await response.text())
  }

  it('opening a queue makes nothing unless it is asked to', async () => {
    const topic = name()
    await expect(openQueue(`pubsub://taskq-test/${topic}`, { clock })).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('taskq create-queue'),
    })
    await expect(rest('DELETE', `topics/${topic}`, {})).rejects.toThrow('not found')
  })

  it('a message of python-task-queue is a task under the id that the service gave it', async () => {
    const topic = name()
    const queue = await open(topic)
    const message = { payload: [['other.task', 'run'], [], { x: 1 }, -1], queueName: topic }
    const data = Buffer.from(JSON.stringify(message)).toString('base64')
    await rest('POST', `topics/${topic}:publish`, { messages: [{ data }] })
    const [lease] = await take(queue)
    expect(lease?.id).toMatch(/^\d+$/)
    expect(lease && queue.decode(lease)).toMatchObject({ params: { x: 1 } })
    expect(lease && (await queue.complete([lease]))).toEqual(['done'])
  })

  it('attributes that are none of ours are data: the task is named by the service and can be finished', async () => {
    const topic = name()
    const queue = await open(topic)
    const attributes = { 'taskq-attempts': '9'.repeat(15), 'taskq-not-before': '9'.repeat(15) }
    const ids = ['x'.repeat(600), 'a\u001b[2Jb', '']
    const messages = ids.map(id => ({
      data: 'e30=',
      attributes: { ...attributes, 'taskq-id': id },
    }))
    await rest('POST', `topics/${topic}:publish`, { messages })
    for (let hours = 0; hours < 24; hours += 1) {
      expect(await take(queue)).toEqual([])
      await elapse(3600)
    }
    const leases = await take(queue)
    for (const { id } of leases) expect(id).toMatch(/^\d+$/)
    expect(await queue.complete(leases)).toEqual(['done', 'done', 'done'])
  })

  it('a task of ours is a message that python-task-queue reads', async () => {
    const topic = name()
    const queue = await open(topic)
    await queue.insert([{ id: 'cell-1', params: { root_id: 864691135494192529n } }])
    const [lease] = await take(queue)
    expect(lease?.body).toMatch(
      /^\{"payload":\[\["\w+\.task","_run_task"\],\[\],\{"root_id":864691135494192529\},-1\],"queueName":"q-/,
    )
  })

  it('a delay of many times the longest deadline is kept to the moment', async () => {
    const queue = await open(name())
    await queue.insert([{ id: 'late', params: {}, delaySeconds: 2000.5 }])
    for (const seconds of [1, 599, 600, 400, 400, 0.4]) {
      expect(await take(queue)).toEqual([])
      await elapse(seconds)
    }
    expect(await take(queue)).toEqual([])
    await elapse(0.1)
    expect((await take(queue)).map(({ id }) => id)).toEqual(['late'])
  })

  it('with ordering=true tasks come in the order inserted, one batch after the other', async () => {
    const queue = await open(`${name()}?ordering=true`)
    const ids = Array.from({ length: 30 }, (_, at) => `t${at}`)
    for (const id of ids) await queue.insert([{ id, params: {} }])
    const seen: string[] = []
    for (;;) {
      const leases = await take(queue, 7)
      if (leases.length === 0) break
      seen.push(...leases.map(({ id }) => id))
      expect(new Set(await queue.complete(leases))).toEqual(new Set(['done']))
    }
    expect(seen).toEqual(ids)
  })

  it('with maxDeliveries the service moves a task to the dead ones that nobody finishes', async () => {
    const topic = name()
    const queue = await open(`${topic}?maxDeliveries=5`)
    await queue.insert([{ id: 'poison', params: {} }])
    const deliveries: (number | undefined)[] = []
    for (;;) {
      const [lease] = await take(queue)
      if (lease === undefined) break
      deliveries.push(lease.deliveries)
      await elapse(31)
    }
    expect(deliveries).toEqual([1, 2, 3, 4, 5])
    const dead = await open(`${topic}-dead`, false)
    expect((await take(dead)).map(({ id }) => id)).toEqual(['poison'])
  })

  it('purge also takes the results and the dead tasks', async () => {
    const topic = name()
    const queue = await open(topic)
    await queue.insert(['a', 'b', 'c'].map(id => ({ id, params: {} })))
    const [a, b] = await take(queue, 2)
    if (a === undefined || b === undefined) throw new Error('nothing to lease')
    await queue.settle([{ lease: a, record: '1' }])
    await queue.bury([{ lease: b, reason: 'bad' }])
    await queue.purge()
    for (const ending of ['', '-results', '-dead'])
      expect(await take(await open(topic + ending, false))).toEqual([])
    await queue.insert([{ id: 'a', params: {} }])
    expect((await take(queue)).length).toBe(1)
  })

  it('says for how long the subscription keeps what nobody took', async () => {
    const queue = await open(name())
    expect(queue.driver.limits.keptSeconds).toBe(7 * 86_400)
  })

  it('a priority is refused, for there are none', async () => {
    const queue = await open(name())
    await expect(queue.insert([{ id: 'a', params: {}, priority: 1 }])).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('has no priorities'),
    })
  })

  describe('a subscription that is not what the URL says is refused', () => {
    it.each([
      ['?exactlyOnce=true', /does not deliver exactly once.*--enable-exactly-once-delivery/],
      ['?ordering=true', /does not keep the order/],
    ])('%s', async (options, sentence) => {
      const topic = name()
      await open(topic)
      await expect(open(topic + options, false)).rejects.toMatchObject({
        code: 'invalid',
        message: expect.stringMatching(sentence),
      })
    })

    it('of another topic', async () => {
      const [one, other] = [name(), name()]
      await open(one)
      await open(other)
      await expect(open(`${one}/${other}`, false)).rejects.toThrow(/belongs to .*not to topic/)
    })

    it('of a topic that was deleted', async () => {
      const topic = name()
      await open(topic)
      await rest('DELETE', `topics/${topic}`, {})
      await expect(open(topic, false)).rejects.toThrow(/was deleted.*taskq create-queue/)
    })
  })
}

/** Sets a variable for the length of a test. */
function setVariable(variable: string, value: string): void {
  const before = process.env[variable]
  process.env[variable] = value
  onTestFinished(() => {
    if (before === undefined) delete process.env[variable]
    else process.env[variable] = before
  })
}
