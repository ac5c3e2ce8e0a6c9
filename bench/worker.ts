import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { launchRows } from './launch.ts'
import { openBare } from './queue/bare.ts'
import { formatTable, median, perSecond, type Row, ratio } from './table.ts'
import type { WorkerReport } from './worker-member.ts'
import { body, idsFrom, type Plan, runBare, runWorkers } from './worker-runs.ts'

const rounds = 3
/** Many workers get so many times the tasks: each has its own code to warm up, which is not in question. */
const crowdTasks = 5
const noOp = 'return { ok: true }'

/** One worker with processes for its tasks, beside a bare loop that runs nothing, in one run. */
export async function benchWorker({ quick = false } = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'taskq-bench-'))
  try {
    const tasks = quick ? 100_000 : 400_000
    const rows = [await drainRow(folder, tasks, 1), await drainRow(folder, tasks, 2)]
    const shared = tasks * crowdTasks
    const crowd = [await crowdRow(folder, shared, 1), await crowdRow(folder, shared, 8)]
    return [
      formatTable('No-op tasks, durable, in processes, one worker, tasks/s', rows),
      formatTable('The same with several workers on one queue, a runner each', crowd),
      formatTable('What a task of 10 ms (busy, one runner) costs beside itself', [
        await overheadRow(folder, quick),
      ]),
      formatTable('From the launch of taskq work to its first task', await launchRows(folder)),
    ].join('\n')
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The bare loop leases and records by 100; the two take turns, for the machine's mood changes. */
async function drainRow(folder: string, tasks: number, runners: number): Promise<Row> {
  const bare: number[] = []
  const ours: number[] = []
  let megabytes = 0
  for (let round = 0; round < rounds; round += 1) {
    bare.push(await timeBare(join(folder, `bare-${runners}-${round}.db`), tasks))
    const reports = await runWorkers({ folder, tasks, runners, task: noOp })
    ours.push(secondsOf(reports))
    megabytes = Math.max(megabytes, ...reports.map(report => report.megabytes))
  }
  return {
    runners: String(runners),
    'bare loop by 100': perSecond(tasks, median(bare)),
    worker: perSecond(tasks, median(ours)),
    'worker/bare': ratio(median(bare), median(ours)),
    'supervisor memory': `${megabytes} MB`,
  }
}

async function crowdRow(folder: string, tasks: number, supervisors: number): Promise<Row> {
  const reports = await runWorkers({ folder, tasks, runners: 1, task: noOp, supervisors })
  const shares = reports.map(({ done }) => done)
  return {
    workers: String(supervisors),
    'in all': perSecond(tasks, secondsOf(reports)),
    'least/most tasks': ratio(Math.min(...shares), Math.max(...shares)),
  }
}

/** What the machine does meanwhile to a task is not ours: its own time is what it measured. */
async function overheadRow(folder: string, quick: boolean): Promise<Row> {
  const task = 'const end = performance.now() + 10; while (performance.now() < end); return 1'
  const plan: Plan = { folder, tasks: quick ? 200 : 1000, runners: 1, task }
  const bare: number[] = []
  const ours: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const { seconds, taskSeconds } = await runBare(plan)
    bare.push(seconds / taskSeconds - 1)
    ours.push(...(await runWorkers(plan)).map(one => one.taskSpanSeconds / one.taskSeconds - 1))
  }
  return {
    'bare loop that tells each end through a pipe': percent(median(bare)),
    worker: percent(median(ours)),
    'ours alone': percent(median(ours) - median(bare)),
  }
}

async function timeBare(path: string, tasks: number): Promise<number> {
  const queue = openBare(path)
  for (let at = 0; at < tasks; at += 10_000)
    queue.insert(idsFrom(at, Math.min(10_000, tasks - at)), body)
  const start = performance.now()
  while (queue.leaseAndComplete(100) !== undefined);
  const seconds = (performance.now() - start) / 1000
  queue.close()
  return seconds
}

/** From the first task to the last result. */
function secondsOf(reports: readonly WorkerReport[]): number {
  const ends = reports.map(({ endedAt }) => endedAt)
  return Math.max(...ends) - Math.min(...reports.map(({ firstAt }) => firstAt))
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(await benchWorker({ quick: process.argv.includes('--quick') }))
