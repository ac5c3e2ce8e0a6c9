/** The Pub/Sub driver beside a bare loop over the same REST interface, on Google's emulator. */
import { fileURLToPath } from 'node:url'
import type { Driver } from '../src/runtime/queue/driver.ts'
import { openDriver } from '../src/runtime/queue/open.ts'
import { google, startFaultProxy } from '../test/support/fault-proxy.ts'
import { findEmulator, startEmulator } from '../test/support/pubsub/emulator.ts'
import { formatTable, median, perSecond, type Row, ratio } from './table.ts'

const body = JSON.stringify({
  payload: [['my_job.task', '_run_task'], [], { root_id: 1, score: 0.653632, name: 'cell 2' }, -1],
  queueName: 'cells',
})

const rounds = 3
/** What Pub/Sub takes in one call. */
const batch = 1000

/** One way to use a queue: seconds to fill it and to empty it. */
interface Way {
  readonly fill: (tasks: number) => Promise<void>
  readonly empty: () => Promise<number>
}

/** Tasks a second with nothing between, and with a round trip of 20 ms as to a cloud. */
export async function benchPubsub({ quick = false } = {}): Promise<string> {
  const found = await findEmulator()
  if (found.kind === 'missing') return `Pub/Sub: not measured, ${found.reason}.\n`
  const emulator = await startEmulator(found.jar)
  const proxy = await startFaultProxy(`http://${emulator.host}`, google)
  try {
    const tasks = quick ? 5_000 : 20_000
    // The first calls of an emulator find it cold.
    await measure(emulator.host, batch)
    const rows: Row[] = await measure(emulator.host, tasks)
    proxy.delayMilliseconds = 20
    const far = await measure(new URL(proxy.endpoint).host, tasks)
    return [
      formatTable('Pub/Sub emulator, tasks/s in calls of 1,000', rows),
      formatTable('The same, 20 ms away', far),
    ].join('\n')
  } finally {
    await proxy.stop()
    await emulator.stop()
  }
}

async function measure(host: string, tasks: number): Promise<Row[]> {
  const times = { fill: { bare: [], ours: [] }, empty: { bare: [], ours: [] } } as Record<
    'fill' | 'empty',
    Record<'bare' | 'ours', number[]>
  >
  process.env['PUBSUB_EMULATOR_HOST'] = host
  for (let round = 0; round < rounds; round += 1)
    for (const name of ['bare', 'ours'] as const) {
      const topic = `bench-${crypto.randomUUID()}`
      const driver = await openDriver(`pubsub://bench/${topic}`, { create: true })
      const way =
        name === 'bare' ? bareWay(`http://${host}/v1/projects/bench`, topic) : ours(driver)
      times.fill[name].push(await seconds(() => way.fill(tasks)))
      times.empty[name].push(
        await seconds(async () => {
          const emptied = await way.empty()
          if (emptied !== tasks) throw new Error(`${name} emptied ${emptied} of ${tasks} tasks`)
        }),
      )
      await driver.close()
    }
  return (['fill', 'empty'] as const).map(step => ({
    step: step === 'fill' ? 'insert' : 'lease and complete',
    'bare REST': perSecond(tasks, median(times[step].bare)),
    ours: perSecond(tasks, median(times[step].ours)),
    'ours/bare': ratio(median(times[step].bare), median(times[step].ours)),
  }))
}

function ours(driver: Driver): Way {
  return {
    async fill(tasks) {
      for (let at = 0; at < tasks; at += batch)
        await driver.insert(Array.from({ length: batch }, (_, n) => ({ id: `t${at + n}`, body })))
    },
    async empty() {
      for (let emptied = 0; ; ) {
        // As long as the subscription's own deadline, as the bare loop has it too.
        const leases = await driver.lease({ max: batch, seconds: 60, worker: { id: 'w' } })
        if (leases.length === 0) return emptied
        await driver.complete(leases)
        emptied += leases.length
      }
    },
  }
}

function bareWay(project: string, name: string): Way {
  const ask = async (path: string, asked: object) => {
    const headers = { 'content-type': 'application/json' }
    const request = { method: 'POST', headers, body: JSON.stringify(asked) }
    const response = await fetch(`${project}/${path}`, request)
    if (!response.ok) throw new Error(await response.text())
    return (await response.json()) as { receivedMessages?: { ackId: string }[] }
  }
  const data = Buffer.from(body).toString('base64')
  return {
    async fill(tasks) {
      for (let at = 0; at < tasks; at += batch)
        await ask(`topics/${name}:publish`, {
          messages: Array.from({ length: batch }, (_, n) => ({
            data,
            attributes: { id: `cells:${at + n}` },
          })),
        })
    },
    async empty() {
      for (let emptied = 0; ; ) {
        const path = `subscriptions/${name}`
        const pull = { maxMessages: batch, returnImmediately: true }
        const { receivedMessages = [] } = await ask(`${path}:pull`, pull)
        if (receivedMessages.length === 0) return emptied
        const ackIds = receivedMessages.map(({ ackId }) => ackId)
        await ask(`${path}:acknowledge`, { ackIds })
        emptied += ackIds.length
      }
    },
  }
}

async function seconds(act: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await act()
  return (performance.now() - start) / 1000
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(await benchPubsub({ quick: process.argv.includes('--quick') }))
