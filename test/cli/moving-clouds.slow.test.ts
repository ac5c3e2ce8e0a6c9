import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openQueue } from '../../src/runtime/index.ts'
import { type Emulator, findEmulator, startEmulator } from '../support/pubsub/emulator.ts'
import { type SqsServer, sqsCredentials, startSqs } from '../support/sqs-server.ts'
import { change, queueWith } from './queues.ts'
import { startTaskq, taskq, testFolder } from './taskq.ts'

const root = 864691135494192529n
const tasksOf = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    id: `t${n}`,
    params: { root_id: root + BigInt(n), name: 'ä' },
    bigints: ['root_id'],
  }))

const newFile = async () => `sqlite:${join(await testFolder(), 'other.db')}`
const readyIn = async (url: string) => (await change(url, queue => queue.counts())).ready ?? 0

/** Ids and bodies of a file's tasks. */
async function tasksIn(url: string): Promise<ReadonlyMap<string, string>> {
  return await change(url, async queue => {
    const tasks = new Map<string, string>()
    let after: string | undefined
    do {
      const page = await queue.tasks.list({ max: 1000, ...(after !== undefined && { after }) })
      for (const { id, body } of page.items) tasks.set(id, body)
      after = page.next
    } while (after !== undefined)
    return tasks
  })
}

/** What every cloud's queue must go through; `letTimePass` ends what a killed move had borrowed. */
function movingTests(
  newQueue: () => Promise<string>,
  letTimePass: () => Promise<void>,
  isCounted: 'counted' | 'not counted',
): void {
  it('gets tasks from a file and gives them back, each once, every digit kept', async () => {
    const cwd = await testFolder()
    const [from, cloud, to] = [
      await queueWith(queue => queue.insert(tasksOf(450))),
      await newQueue(),
      await newFile(),
    ]
    const before = await tasksIn(from)
    const there = await taskq(['mv', from, cloud], { cwd })
    expect(there).toMatchObject({ code: 0, out: expect.stringMatching(/^Moved 450 tasks to /) })
    expect(await readyIn(from)).toBe(0)
    const back = await taskq(['mv', cloud, to], { cwd })
    expect(back).toMatchObject({ code: 0, out: expect.stringMatching(/^Moved 450 tasks to /) })
    expect(back.err).toMatch(isCounted === 'counted' ? /^$/ : /does not tell what it still has/)
    expect(await tasksIn(to)).toEqual(before)
    expect(await taken(cloud)).toEqual([])
  })

  it('loses nothing when a move to it is killed, and doubles no more than is told', async () => {
    const cwd = await testFolder()
    const from = await queueWith(queue => queue.insert(tasksOf(900)))
    const cloud = await newQueue()
    const doomed = startTaskq(['mv', from, cloud], { cwd })
    await killOnce(doomed.child, async () => (await readyIn(from)) < 600)
    const { code, out, err } = await taskq(['mv', from, cloud, '--json'], { cwd })
    expect(code, err).toBe(0)
    const { doubtful } = JSON.parse(out) as { readonly doubtful: number }
    expect(await readyIn(from)).toBe(0)
    const ids = await taken(cloud)
    expect(new Set(ids).size).toBe(900)
    expect(ids.length - 900).toBeLessThanOrEqual(doubtful)
    expect(doubtful).toBeLessThanOrEqual(200)
  })

  it('loses and doubles nothing when a move from it to a file is killed', async () => {
    const cwd = await testFolder()
    const [cloud, to] = [await newQueue(), await newFile()]
    const from = await queueWith(queue => queue.insert(tasksOf(2500)))
    const before = await tasksIn(from)
    expect((await taskq(['mv', from, cloud], { cwd })).code).toBe(0)
    await change(to, async () => {})
    const doomed = startTaskq(['mv', cloud, to], { cwd })
    await killOnce(doomed.child, async () => (await readyIn(to)) > 0)
    expect(await readyIn(to)).toBeLessThan(2500)
    await letTimePass()
    const { code, err } = await taskq(['mv', cloud, to], { cwd })
    expect(code, err).toBe(0)
    expect(await tasksIn(to)).toEqual(before)
    expect(await taken(cloud)).toEqual([])
  })
}

describe('mv with SQS', () => {
  let server: SqsServer
  beforeAll(async () => {
    server = await startSqs()
    Object.assign(process.env, { ...sqsCredentials, AWS_ENDPOINT_URL: server.endpoint })
  })
  afterAll(async () => {
    delete process.env['AWS_ENDPOINT_URL']
    await server.stop()
  })

  let made = 0
  const newQueue = async () => {
    made += 1
    server.fauxqs.createQueue(`jobs-${made}`)
    return `sqs://jobs-${made}?settleSeconds=0`
  }
  movingTests(newQueue, async () => server.pass(130), 'counted')

  it('brings tasks back to a FIFO queue that had them a moment ago', async () => {
    const cwd = await testFolder()
    server.fauxqs.createQueue('jobs.fifo', { attributes: { FifoQueue: 'true' } })
    const [fifo, file] = ['sqs://jobs.fifo?settleSeconds=0', await newFile()]
    await change(fifo, queue => queue.insert(tasksOf(25)))
    expect(await taskq(['mv', fifo, file], { cwd })).toMatchObject({ code: 0 })
    const back = await taskq(['mv', file, fifo], { cwd })
    expect(back).toMatchObject({ code: 0, out: expect.stringMatching(/^Moved 25 tasks to /) })
    expect((await taken(fifo)).length).toBe(25)
  })

  it('refuses a queue that is both, however its URL is spelled', async () => {
    const from = await newQueue()
    const port = new URL(server.endpoint).port
    await change(from, queue => queue.insert(tasksOf(3)))
    const name = /jobs-\d+/.exec(from)?.[0] ?? ''
    for (const to of [
      `sqs://${name}`,
      `sqs://http://127.0.0.1:${port}/000000000000/${name}`,
      `sqs://http://localhost:${port}//000000000000/${name}/`,
      `sqs://${name}?endpoint=http://localhost:${port}`,
    ]) {
      const { code, err } = await taskq(['mv', from, to])
      expect({ to, code }).toEqual({ to, code: 64 })
      expect(err).toContain('is both queues')
    }
    expect((await taken(from)).length).toBe(3)
  })
})

const found = await findEmulator()

describe('mv with the Pub/Sub emulator', () => {
  if (found.kind === 'missing') it.skip(`takes tasks along (${found.reason})`)
  else pubsubTests(found.jar)
})

function pubsubTests(jar: string): void {
  let emulator: Emulator
  let now = Date.now()
  beforeAll(async () => {
    emulator = await startEmulator(jar, 'manual')
    await emulator.setTime(now)
    process.env['PUBSUB_EMULATOR_HOST'] = emulator.host
  })
  afterAll(() => emulator.stop())

  const newQueue = async () => {
    const url = `pubsub://taskq-test/m-${crypto.randomUUID()}`
    await (await openQueue(url, { create: true })).close()
    return url
  }
  const letTimePass = async () => {
    now += 130_000
    await emulator.setTime(now)
  }
  movingTests(newQueue, letTimePass, 'not counted')

  it('refuses a topic that is both, also by another subscription of it', async () => {
    const from = await newQueue()
    await change(from, queue => queue.insert(tasksOf(3)))
    const topic = from.split('/').at(-1) ?? ''
    const subscription = `projects/taskq-test/subscriptions/other-${topic}`
    await fetch(`http://${emulator.host}/v1/${subscription}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ topic: `projects/taskq-test/topics/${topic}` }),
    })
    for (const to of [
      `pubsub://projects/taskq-test/topics/${topic}/subscriptions/${topic}`,
      `${from}?region=us-central1`,
      `${from}/other-${topic}`,
    ]) {
      const { code, err } = await taskq(['mv', from, to])
      expect({ to, code }).toEqual({ to, code: 64 })
      expect(err).toContain('is both queues')
    }
    expect((await taken(from)).length).toBe(3)
  })
}

/** The ids of all that a queue hands out, with repetitions. */
async function taken(url: string): Promise<readonly string[]> {
  return await change(url, async queue => {
    const ids: string[] = []
    for (;;) {
      const leases = await queue.lease({
        ...{ max: 500, seconds: 600, waitSeconds: 2, worker: { id: 'test' } },
      })
      if (leases.length === 0) return ids
      ids.push(...leases.map(({ id }) => id))
    }
  })
}

/** Kills a move that is under way once something is so. */
async function killOnce(
  child: ReturnType<typeof startTaskq>['child'],
  isSo: () => Promise<boolean>,
): Promise<void> {
  const ended = once(child, 'exit')
  while (!(await isSo())) {
    if (child.exitCode !== null) throw new Error('the move ended before it could be killed')
    await new Promise(setImmediate)
  }
  child.kill('SIGKILL')
  onTestFinished(() => void child.kill('SIGKILL'))
  await ended
}
