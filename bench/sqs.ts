import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { SQS } from '@aws-sdk/client-sqs'
import { openDriver } from '../src/runtime/queue/open.ts'
import { formatTable, median, perSecond, type Row, ratio } from './table.ts'

/** Added to every answer of the server: what a region that is not next door costs. */
const roundTripMilliseconds = 20

/** Requests of the bare loop that are under way at once: as many as the driver makes. */
const requestsAtOnce = 16

const rounds = 3

/** A row of the fixtures as a message of Python, about 200 bytes. */
const body = JSON.stringify({
  payload: [['cells.task', '_run_task'], [], { root_id: 1, segment: 2, name: 'cell 2' }, -1],
  queueName: 'jobs',
  taskq: 1,
  meta: { table: 'cells.feather', row: 17, code: '0123456789abcdef' },
})

/** The driver beside a loop of the bare SDK, both through the same delay, taking turns. */
export async function benchSqs({ quick = false } = {}): Promise<string> {
  const tasks = quick ? 2_000 : 10_000
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' })
  const server = fork(fileURLToPath(new URL('sqs-server.ts', import.meta.url)), [
    String(roundTripMilliseconds),
  ])
  try {
    const [{ endpoint }] = (await once(server, 'message')) as [{ readonly endpoint: string }]
    const bare = { insert: [] as number[], drain: [] as number[] }
    const ours = { insert: [] as number[], drain: [] as number[] }
    // The first round warms both up and does not count.
    for (let round = 0; round <= rounds; round += 1) {
      await runBare(endpoint, tasks, bare)
      await runOurs(endpoint, tasks, ours)
    }
    for (const each of [bare, ours]) for (const times of [each.insert, each.drain]) times.shift()
    const rows = (['insert', 'drain'] as const).map(
      (what): Row => ({
        what: what === 'insert' ? 'insert' : 'lease and complete',
        'bare SDK': perSecond(tasks, median(bare[what])),
        driver: perSecond(tasks, median(ours[what])),
        'driver/bare': ratio(median(bare[what]), median(ours[what])),
      }),
    )
    return formatTable(
      `sqs: ${tasks.toLocaleString('en-US')} tasks, ${roundTripMilliseconds} ms of round trip, tasks/s`,
      rows,
    )
  } finally {
    server.kill()
  }
}

interface Times {
  readonly insert: number[]
  readonly drain: number[]
}

/** What somebody writes who wants speed and nothing else: batches of ten, sixteen at once. */
async function runBare(endpoint: string, tasks: number, times: Times): Promise<void> {
  const sqs = new SQS({ region: 'us-east-1', endpoint, useQueueUrlAsEndpoint: false })
  const { QueueUrl } = await sqs.getQueueUrl({ QueueName: 'jobs' })
  let next = 0
  const send = async () => {
    while (next < tasks) {
      const from = next
      next += 10
      await sqs.sendMessageBatch({
        QueueUrl,
        Entries: Array.from({ length: Math.min(10, tasks - from) }, (_, at) => ({
          Id: String(at),
          MessageBody: body,
          MessageAttributes: { id: { DataType: 'String', StringValue: `cells:${from + at}` } },
        })),
      })
    }
  }
  times.insert.push(await timed(() => atOnce(send)))
  let left = tasks
  const drain = async () => {
    while (left > 0) {
      const { Messages = [] } = await sqs.receiveMessage({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp'],
      })
      left -= Messages.length
      if (Messages.length > 0)
        await sqs.deleteMessageBatch({
          QueueUrl,
          Entries: Messages.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle })),
        })
    }
  }
  times.drain.push(await timed(() => atOnce(drain)))
  sqs.destroy()
}

async function runOurs(endpoint: string, tasks: number, times: Times): Promise<void> {
  const driver = await openDriver(`sqs://jobs?endpoint=${encodeURIComponent(endpoint)}`)
  const { batch } = driver.limits
  const messages = Array.from({ length: tasks }, (_, at) => ({ id: `cells:${at}`, body }))
  times.insert.push(
    await timed(async () => {
      for (let at = 0; at < tasks; at += batch) await driver.insert(messages.slice(at, at + batch))
    }),
  )
  let left = tasks
  times.drain.push(
    await timed(async () => {
      // As the worker does it: what is done is told while more is asked for.
      let done: Promise<unknown> = Promise.resolve()
      while (left > 0) {
        const leases = await driver.lease({ max: batch, seconds: 300, worker: { id: 'bench' } })
        left -= leases.length
        await done
        done = driver.complete(leases)
      }
      await done
    }),
  )
  await driver.close()
}

async function atOnce(act: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: requestsAtOnce }, act))
}

async function timed(act: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await act()
  return (performance.now() - start) / 1000
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(await benchSqs({ quick: process.argv.includes('--quick') }))
