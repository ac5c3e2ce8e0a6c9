import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { parseSqsAddress } from '../../src/runtime/drivers/sqs/address.ts'
import { unwrapText, wrapText } from '../../src/runtime/drivers/sqs/text.ts'
import { type Driver, type Lease, openQueue, type Queue } from '../../src/runtime/index.ts'
import { parseAddress } from '../../src/runtime/queue/address.ts'
import { openDriver, takeInventory } from '../../src/runtime/queue/open.ts'
import { type SqsServer, sqsUrl, startSqs } from '../support/sqs-server.ts'

let server: SqsServer
const opened: (Driver | Queue)[] = []

beforeEach(async () => {
  server = await startSqs()
})

afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
  await server.stop()
})

async function open(name = 'jobs', attributes?: Readonly<Record<string, string>>): Promise<Driver> {
  const driver = await openDriver(server.queue(name, attributes), { clock: server.clock })
  opened.push(driver)
  return driver
}

const take = (driver: Driver, max = 10, seconds = 60) =>
  driver.lease({ max, seconds, worker: { id: 'w' } })

async function takeOne(driver: Driver): Promise<Lease> {
  const [lease] = await take(driver, 1)
  if (lease === undefined) throw new Error('nothing to lease')
  return lease
}

const bodies = (name: string) =>
  (server.fauxqs.inspectQueue(name)?.messages.ready ?? []).map(({ body }) => body)

const addresses: readonly (readonly [string, object])[] = [
  ['sqs://jobs', { name: 'jobs', region: 'us-east-1', queueUrl: undefined, endpoint: undefined }],
  ['sqs:jobs?region=eu-west-1', { name: 'jobs', region: 'eu-west-1' }],
  ['sqs://jobs.fifo', { name: 'jobs.fifo' }],
  [
    'sqs://https://sqs.eu-central-1.amazonaws.com/123456789012/jobs',
    {
      name: 'jobs',
      region: 'eu-central-1',
      queueUrl: 'https://sqs.eu-central-1.amazonaws.com/123456789012/jobs',
      endpoint: undefined,
    },
  ],
  ['https://sqs.us-west-2.amazonaws.com/123456789012/jobs', { name: 'jobs', region: 'us-west-2' }],
  ['https://eu-west-3.queue.amazonaws.com/123456789012/jobs', { region: 'eu-west-3' }],
  ['https://queue.amazonaws.com/123456789012/jobs', { region: 'us-east-1' }],
  ['https://sqs.cn-north-1.amazonaws.com.cn/123456789012/jobs', { region: 'cn-north-1' }],
  [
    'https://vpce-1-2.sqs.eu-west-1.vpce.amazonaws.com/123456789012/jobs',
    { region: 'eu-west-1', endpoint: 'https://vpce-1-2.sqs.eu-west-1.vpce.amazonaws.com' },
  ],
  ['sqs://http://localhost:4566/000000000000/jobs', { endpoint: 'http://localhost:4566' }],
  ['sqs://jobs?endpoint=http://localhost:9324', { endpoint: 'http://localhost:9324' }],
]

it.each(addresses)('%s is understood', (url, expected) => {
  const { scheme, rest } = parseAddress(url)
  expect(scheme).toBe('sqs')
  expect(parseSqsAddress(rest, {})).toMatchObject(expected)
})

it('the region of the URL goes before the option, the option before the environment', () => {
  const env = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' }
  const regionOf = (rest: string, variables: Readonly<Record<string, string>> = env) =>
    parseSqsAddress(rest, variables).region
  expect(regionOf('//https://sqs.us-west-2.amazonaws.com/1/jobs?region=eu-west-3')).toBe(
    'us-west-2',
  )
  expect(regionOf('//jobs?region=eu-west-3')).toBe('eu-west-3')
  expect(regionOf('//jobs')).toBe('eu-west-1')
  expect(regionOf('//jobs', { AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-2' })).toBe('eu-west-2')
  expect(regionOf('//jobs', {})).toBe('us-east-1')
})

it('an endpoint set on purpose goes before the host that a URL happens to carry', () => {
  const own = '//http://sqs.us-east-1.localhost:4566/000000000000/jobs'
  const env = { AWS_ENDPOINT_URL: 'http://one:1', AWS_ENDPOINT_URL_SQS: 'http://two:2' }
  expect(parseSqsAddress(own, env).endpoint).toBe('http://two:2')
  expect(parseSqsAddress(`${own}?endpoint=http://three:3`, env).endpoint).toBe('http://three:3')
})

it.each([
  'sqs://',
  'sqs://a b',
  'sqs://../x',
  'sqs://jobs?regoin=x',
  'sqs://jobs?region=$(touch x)',
  'sqs://jobs?settleSeconds=soon',
  'sqs://jobs?endpoint=nowhere',
  `sqs://${'x'.repeat(81)}`,
])('%s is refused with a sentence', async url => {
  await expect(openDriver(url)).rejects.toMatchObject({ code: 'invalid' })
})

it('a password in a URL is refused and not shown', async () => {
  for (const url of [
    'sqs://https://me:secret@sqs.us-east-1.amazonaws.com/1/jobs',
    'sqs://me:secret@jobs',
    'sqs://https://me:p/secret@sqs.us-east-1.amazonaws.com/1/jobs',
    'sqs://jobs?endpoint=http://me:secret@localhost:4566',
  ]) {
    const error = await openDriver(url).catch((fault: unknown) => fault)
    expect(error).toMatchObject({ code: 'invalid' })
    expect(String(error)).not.toContain('secret')
  }
})

it('a queue is the same one under every spelling of its URL', async () => {
  const one = await open('jobs')
  const { port } = new URL(server.endpoint)
  for (const url of [
    `sqs://http://localhost:${port}//000000000000/jobs/`,
    `sqs://jobs?region=us-east-1&endpoint=http://localhost:${port}`,
  ]) {
    const other = await openDriver(url, { clock: server.clock })
    opened.push(other)
    expect(other.identity).toBe(one.identity)
  }
  expect((await open('other')).identity).not.toBe(one.identity)
})

it('a lease says how old its task is', async () => {
  const driver = await open()
  await driver.insert([{ id: 'a', body: '{}' }])
  server.pass(5000)
  expect((await takeOne(driver)).ageSeconds).toBeCloseTo(5000, -1)
})

it('a queue that does not exist is named with its place, and nothing is made', async () => {
  const url = sqsUrl('absent', server.endpoint)
  await expect(openDriver(url)).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(/no queue absent in http.*taskq create-queue/),
  })
  expect(server.fauxqs.inspectQueue('absent')).toBeUndefined()
})

it.each([
  ['a region without the queue', { AWS_REGION: 'eu-west-3' }, /no queue jobs in/],
  [
    'no credentials',
    { AWS_ACCESS_KEY_ID: '', AWS_SHARED_CREDENTIALS_FILE: '/nowhere', AWS_CONFIG_FILE: '/nowhere' },
    /There are no AWS credentials for jobs\. Set AWS_PROFILE/,
  ],
  [
    'a server that is not there',
    { AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9' },
    /Nothing answers at http:\/\/127\.0\.0\.1:9/,
  ],
])('%s is told in a sentence', async (_, env, sentence) => {
  server.queue('jobs')
  const before = process.env
  process.env = { ...before, AWS_ENDPOINT_URL_SQS: server.endpoint, ...env }
  const error = await openDriver('sqs://jobs').catch((fault: unknown) => fault)
  process.env = before
  expect(String(error)).toMatch(sentence)
})

it('a worker hears before it runs anything that its results could not be kept', async () => {
  const queue = await openQueue(server.queue('jobs'), { clock: server.clock })
  opened.push(queue)
  await expect(queue.prepare()).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(
      /no queue jobs-(dead|results) .*taskq create-queue 'sqs:\/\/jobs\?endpoint=.*' \(/,
    ),
  })
})

it('a queue that is asked for is made with the two beside it, and deleted with them', async () => {
  const url = sqsUrl('fresh', server.endpoint)
  const options = { clock: server.clock }
  opened.push(await openDriver(url, { ...options, create: true }))
  opened.push(await openDriver(url, { ...options, create: true }))
  for (const name of ['fresh', 'fresh-dead', 'fresh-results'])
    expect(server.fauxqs.inspectQueue(name)?.attributes['MessageRetentionPeriod']).toBe('1209600')
  server.queue('other')
  const inventory = await takeInventory(url, options)
  expect(inventory?.parts).toEqual(['queue fresh-dead', 'queue fresh-results', 'queue fresh'])
  await inventory?.remove()
  expect(server.fauxqs.inspectQueue('fresh')).toBeUndefined()
})

it('a queue that was made by others is never deleted', async () => {
  const url = server.queue('theirs')
  const inventory = await takeInventory(url, { clock: server.clock })
  expect(inventory?.parts).toEqual([])
  expect(inventory?.left).toEqual([{ name: 'queue theirs', why: 'not made by taskq create-queue' }])
  await inventory?.remove()
  expect(server.fauxqs.inspectQueue('theirs')).toBeDefined()
})

it('messages of Python are understood', async () => {
  const queue = await openQueue(server.queue('jobs'), { clock: server.clock })
  opened.push(queue)
  const lines = readFileSync('test/fixtures/fq/sqs-bodies.jsonl', 'utf8').trim().split('\n')
  for (const line of lines) server.fauxqs.sendMessage('jobs', line)
  const leases = await queue.lease({ max: 10, seconds: 60, worker: { id: 'w' } })
  expect(leases.map(({ body }) => body).toSorted()).toEqual(lines.toSorted())
  const tasks = leases.map(lease => queue.decode(lease))
  const called = tasks.filter(({ params }) => 'root_id' in params)
  expect(called.length).toBe(lines.length / 2)
  expect(called[0]?.params['root_id']).toBe(864691135012345678n)
  // Python names no task; SQS does.
  expect(new Set(leases.map(({ id }) => id)).size).toBe(lines.length)
  expect(leases[0]?.id).toMatch(/^[0-9a-f-]{36}$/)
})

it('our messages have the shape of those of Python', async () => {
  const queue = await openQueue(server.queue('jobs'), {
    clock: server.clock,
    callee: 'my_project.task:_run_task',
  })
  opened.push(queue)
  await queue.insert([{ id: 'cells:1', params: { root_id: 864691135012345678n, text: '🧠' } }])
  const [body = ''] = bodies('jobs')
  const theirs = JSON.parse(
    readFileSync('test/fixtures/fq/sqs-bodies.jsonl', 'utf8').split('\n')[0] ?? '',
  )
  const ours = JSON.parse(body)
  expect(body).toContain('"root_id":864691135012345678')
  expect(ours.payload[0]).toEqual(theirs.payload[0])
  expect(ours.payload[1]).toEqual([])
  expect(ours.payload[2].text).toBe('🧠')
  expect(ours.payload.length).toBe(theirs.payload.length)
  expect(ours.queueName).toBe('jobs')
  expect(ours).not.toHaveProperty('id')
})

it('texts that SQS would refuse come back as they were', () => {
  for (const text of ['', '=', 'plain', '\0', '🧠', '\\🧠', '\\u0041 🧠', '\uffff', 'é\ufffe\\u'])
    expect(unwrapText(wrapText(text).text, wrapText(text).form)).toBe(text)
  expect(wrapText('{"x":"🧠"}').text).toBe('{"x":"\\ud83e\\udde0"}')
})

it('a tag that is none of ours is data like any other', async () => {
  const driver = await open()
  for (const StringValue of ['{', '[]', '{"id":7}', '{"id":"\\u0000"}', '{"id":"x","attempts":-1}'])
    server.fauxqs.sendMessage('jobs', 'body', {
      messageAttributes: { taskq: { DataType: 'String', StringValue } },
    })
  const leases = await take(driver)
  expect(leases.length).toBe(5)
  for (const { body, attempts } of leases) expect([body, attempts]).toEqual(['body', 0])
})

it('attempts travel with a released task, whatever the number of its leases', async () => {
  const driver = await open()
  await driver.insert([{ id: 'x', body: 'b' }])
  for (const attempts of [1, 2]) {
    await driver.release([{ ...(await takeOne(driver)), attempts }])
    const again = await takeOne(driver)
    expect(again).toMatchObject({ id: 'x', attempts, body: 'b' })
    await driver.release([again])
  }
})

it('giving a task back often does not bring it to the dead ones of a redrive policy', async () => {
  server.queue('jobs-dead')
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: server.fauxqs.inspectQueue('jobs-dead')?.arn,
    maxReceiveCount: 3,
  })
  const driver = await open('jobs', { RedrivePolicy })
  await driver.insert([{ id: 'x', body: 'b' }])
  for (let round = 0; round < 10; round += 1) await driver.release([await takeOne(driver)])
  expect((await takeOne(driver)).attempts).toBe(0)
  for (let death = 0; death < 5; death += 1) {
    server.pass(61)
    await take(driver)
  }
  expect(bodies('jobs-dead')).toEqual(['b'])
})

it('a task whose holders all die is charged for it in the end', async () => {
  const driver = await open()
  await driver.insert([{ id: 'x', body: 'b' }])
  const charged: number[] = []
  for (let death = 0; death < 5; death += 1) {
    charged.push((await takeOne(driver)).attempts)
    server.pass(61)
  }
  expect(charged).toEqual([0, 0, 1, 2, 3])
})

it('a lease that ended is lost, and what it did is not counted', async () => {
  const driver = await open()
  await driver.insert([{ id: 'x', body: 'b' }])
  const lease = await takeOne(driver)
  server.pass(61)
  expect(await driver.extend([lease], 60)).toEqual(['lost'])
  expect(await driver.release([{ ...lease, attempts: 3 }])).toEqual(['lost'])
  expect(await driver.complete([lease])).toEqual(['lost'])
  expect((await takeOne(driver)).attempts).toBe(0)
})

it('a message is held for twelve hours at most, and its holder hears of the end before it', async () => {
  const driver = await open()
  await driver.insert([{ id: 'x', body: 'b' }])
  const [lease] = await take(driver, 1, 3600)
  let hours = 0
  for (; lease !== undefined; hours += 0.5) {
    server.pass(1800)
    const [answer] = await driver.extend([lease], 3600)
    if (answer === 'lost') break
  }
  expect(hours).toBe(11)
  expect(await take(driver)).toEqual([])
})

it('on a FIFO queue an id is there once, and a copy of it is not taken for the first', async () => {
  const driver = await open('jobs.fifo')
  await driver.insert([{ id: 'x', body: 'b' }])
  await driver.insert([{ id: 'x', body: 'b' }])
  expect(bodies('jobs.fifo')).toEqual(['b'])
  for (const attempts of [1, 2]) {
    await driver.release([{ ...(await takeOne(driver)), attempts }])
    expect(bodies('jobs.fifo')).toEqual(['b'])
  }
  expect((await takeOne(driver)).attempts).toBe(2)
  expect(await take(driver)).toEqual([])
})

it('on a FIFO queue a task that is wanted again is not dropped, however fast its attempts were', async () => {
  const driver = await open('jobs.fifo')
  await driver.insert([{ id: 'x', body: 'b' }])
  await driver.complete([await takeOne(driver)])
  for (let life = 0; life < 3; life += 1) {
    await driver.insert([{ id: 'x', body: 'b', again: true }])
    for (const attempts of [1, 2, 3]) {
      server.pass(0.05)
      await driver.release([{ ...(await takeOne(driver)), attempts }])
    }
    await driver.complete([await takeOne(driver)])
  }
})

it.each(['jobs', 'jobs.fifo'])('what is inserted after a purge of %s is there', async name => {
  const driver = await open(name)
  await driver.insert([{ id: 'x', body: 'b' }])
  const before = server.clock.now()
  await driver.purge()
  await driver.insert([{ id: 'x', body: 'b' }])
  expect(bodies(name)).toEqual(['b'])
  expect(server.clock.now() - before).toBeGreaterThanOrEqual(60_000)
})

it('the size of a message is what the queue allows, and one too large is named', async () => {
  const driver = await open('small', { MaximumMessageSize: '4096' })
  expect(driver.limits.bodyBytes).toBeLessThan(4096)
  await driver.insert([{ id: 'x'.repeat(512), body: 'b'.repeat(driver.limits.bodyBytes) }])
  await expect(driver.insert([{ id: 'x', body: 'b'.repeat(5000) }])).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringContaining('"x" makes a message of'),
  })
  await expect(driver.insert([{ id: 'x', body: '🧠'.repeat(1000) }])).rejects.toMatchObject({
    code: 'invalid',
  })
})

it('a priority is refused, for SQS could not honour it', async () => {
  const driver = await open()
  const message = { id: 'x', body: 'b', headers: { priority: 1 } }
  await expect(driver.insert([message])).rejects.toMatchObject({ code: 'unsupported' })
  expect(bodies('jobs')).toEqual([])
})
