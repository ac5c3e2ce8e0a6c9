/** The worker of a benchmark: drains the queue named on its command line and tells how it went. */
import { openQueue } from '../src/runtime/queue/open.ts'
import { type DoneRecord, readRecord } from '../src/runtime/results/record.ts'
import { readSettings } from '../src/runtime/worker/settings.ts'
import { work } from '../src/runtime/worker/supervisor.ts'

/** What it answers, as JSON on standard output. */
export interface WorkerReport {
  /** From the first lease to the last result. */
  readonly seconds: number
  /** From the start of the first task to the last result. */
  readonly fromFirstSeconds: number
  /** What the tasks themselves took, of the first ten thousand. */
  readonly taskSeconds: number
  readonly firstTaskMs: number
  readonly megabytes: number
}

const {
  queue: url,
  task,
  runners,
  launchedAt,
} = JSON.parse(process.argv[2] ?? '{}') as {
  readonly queue: string
  readonly task: string
  readonly runners: number
  /** Milliseconds since 1970. */
  readonly launchedAt: number
}
const values = { TQ_CONCURRENCY: String(runners) }
const queue = await openQueue(url, { create: false })
let startedAt = Date.now()
await work({
  queue,
  task,
  settings: readSettings([{ values, place: () => 'the benchmark' }]),
  until: 'drained',
  onEvent: ({ event }) => {
    if (event === 'started') startedAt = Date.now()
  },
})
const endedAt = Date.now()
const { items } = await queue.results.read({ max: 10_000 })
const records = items.map(item => readRecord(item.record ?? '') as DoneRecord)
const firstAt = Date.parse(records[0]?.startedAt ?? '')
const report: WorkerReport = {
  seconds: (endedAt - startedAt) / 1000,
  fromFirstSeconds: (endedAt - firstAt) / 1000,
  taskSeconds: records.reduce((sum, { seconds }) => sum + seconds, 0),
  firstTaskMs: firstAt - launchedAt,
  megabytes: Math.round(process.memoryUsage.rss() / 1e6),
}
await queue.close()
console.log(JSON.stringify(report))
