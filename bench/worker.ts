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
    const shared = tasks * crowdTasks
    const rows = [
      { ...(await drainRow(folder, tasks, 1)), aim: 'worker 100,000, worker/bare 0.60' },
      await drainRow(folder, tasks, 2),
    ]
    const alone = await timeCrowd(folder, shared, 1)
    const many = await timeCrowd(folder, shared, 8)
    const crowd = [
      { ...crowdRow(alone, alone), aim: 'memory no more than above' },
      { ...crowdRow(many, alone), aim: 'against one 1.00, least/most 0.50' },
    ]
    const overhead = { ...(await overheadRow(folder, quick)), aim: 'worker below 2 %' }
    const launch = (await launchRows(folder)).map(row => ({ ...row, aim: 'first task 250 ms' }))
    return [
      formatTable(
        `No-op tasks, durable, in processes, one worker, tasks/s (${several(tasks)}, warm-up included)`,
        rows,
      ),
      formatTable(
        `Several workers on one queue, a runner each, tasks/s (${several(shared)}, warm-up included)`,
        crowd,
      ),
      formatTable('What a task of 10 ms (busy, one runner) costs beside itself', [overhead]),
      formatTable('From the launch of taskq work to its first task', launch),
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

interface Crowd {
  readonly supervisors: number
  readonly perSecond: number
  readonly leastToMost: string
  readonly megabytes: number
}

async function timeCrowd(folder: string, tasks: number, supervisors: number): Promise<Crowd> {
  const reports = await runWorkers({ folder, tasks, runners: 1, task: noOp, supervisors })
  const shares = reports.map(({ done }) => done)
  return {
    supervisors,
    perSecond: tasks / secondsOf(reports),
    leastToMost: ratio(Math.min(...shares), Math.max(...shares)),
    megabytes: Math.max(...reports.map(({ megabytes }) => megabytes)),
  }
}

function crowdRow(crowd: Crowd, alone: Crowd): Row {
  return {
    workers: String(crowd.supervisors),
    'in all': perSecond(crowd.perSecond, 1),
    'against one': ratio(crowd.perSecond, alone.perSecond),
    'least/most tasks': crowd.leastToMost,
    'supervisor memory': `${crowd.megabytes} MB`,
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

function several(tasks: number): string {
  return `${tasks.toLocaleString('en-US')} tasks a run`
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(await benchWorker({ quick: process.argv.includes('--quick') }))
