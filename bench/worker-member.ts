/** The worker of a benchmark: drains the queue named on its command line and tells how it went. */
import { openQueue } from '../src/runtime/queue/open.ts'
import { type DoneRecord, readRecord } from '../src/runtime/results/record.ts'
import { readSettings } from '../src/runtime/worker/settings.ts'
import { work } from '../src/runtime/worker/supervisor.ts'

/** What it answers, as JSON on standard output. */
export interface WorkerReport {
  /** Tasks that this worker finished. */
  readonly done: number
  /** When the first task of the queue began and when this worker was done, in seconds since 1970. */
  readonly firstAt: number
  readonly endedAt: number
  /** From the start of the first to the end of the last of the first ten thousand tasks. */
  readonly taskSpanSeconds: number
  /** What these took themselves. */
  readonly taskSeconds: number
  readonly megabytes: number
}

const {
  queue: url,
  task,
  runners,
} = JSON.parse(process.argv[2] ?? '{}') as {
  readonly queue: string
  readonly task: string
  readonly runners: number
}
const values = { TQ_CONCURRENCY: String(runners) }
const queue = await openQueue(url, { create: false })
const { done } = await work({
  queue,
  task,
  settings: readSettings([{ values, place: () => 'the benchmark' }]),
  until: 'drained',
})
const endedAt = Date.now() / 1000
const { items } = await queue.results.read({ max: 10_000 })
const records = items.map(item => readRecord(item.record ?? '') as DoneRecord)
const firstAt = Math.min(...records.map(({ startedAt }) => Date.parse(startedAt))) / 1000
const lastAt = Math.max(...records.map(one => Date.parse(one.endedAt))) / 1000
const report: WorkerReport = {
  ...{ done, firstAt, endedAt, taskSpanSeconds: lastAt - firstAt },
  taskSeconds: records.reduce((sum, { seconds }) => sum + seconds, 0),
  megabytes: Math.round(process.memoryUsage.rss() / 1e6),
}
await queue.close()
console.log(JSON.stringify(report))
