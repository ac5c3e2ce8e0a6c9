import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openDriver } from '../src/runtime/queue/open.ts'
import { openBare } from './queue/bare.ts'
import { formatTable, median, perSecond, type Row, ratio } from './table.ts'
import type { WorkerReport } from './worker-member.ts'

/** A row of the fixtures as a body, about 200 bytes. */
const body = JSON.stringify({
  taskq: 1,
  params: { root_id: 1, segment: 2, small: 630, score: 0.653632, name: 'cell 2', region: 'LM' },
  meta: { table: 'cells.feather', row: 17, code: '0123456789abcdef' },
})

const rounds = 3

/** One worker with processes for its tasks, beside a bare loop that runs nothing, in one run. */
export async function benchWorker({ quick = false } = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'taskq-bench-'))
  try {
    const tasks = quick ? 100_000 : 400_000
    const rows = [await drainRow(folder, tasks, 1), await drainRow(folder, tasks, 2)]
    return [
      formatTable('No-op tasks, durable, in processes, one worker, tasks/s', rows),
      formatTable('Around the tasks', [await overheadRow(folder, quick), await launchRow(folder)]),
    ].join('\n')
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The bare loop leases and records by 100; the two take turns, for the machine's mood changes. */
async function drainRow(folder: string, tasks: number, runners: number): Promise<Row> {
  const bare: number[] = []
  const ours: WorkerReport[] = []
  for (let round = 0; round < rounds; round += 1) {
    bare.push(await timeBare(join(folder, `bare-${runners}-${round}.db`), tasks))
    ours.push(await runWorker(folder, tasks, { runners, task: 'return { ok: true }' }))
  }
  const seconds = median(ours.map(report => report.seconds))
  return {
    runners: String(runners),
    'bare loop by 100': perSecond(tasks, median(bare)),
    worker: perSecond(tasks, seconds),
    'worker/bare': ratio(median(bare), seconds),
    'supervisor memory': `${Math.max(...ours.map(report => report.megabytes))} MB`,
  }
}

async function overheadRow(folder: string, quick: boolean): Promise<Row> {
  const tasks = quick ? 200 : 1000
  const task = 'const end = performance.now() + 10; while (performance.now() < end); return 1'
  const reports: WorkerReport[] = []
  for (let round = 0; round < rounds; round += 1)
    reports.push(await runWorker(folder, tasks, { runners: 1, task }))
  // What the machine does meanwhile to a task of 10 ms is not ours: its own time is what it measured.
  const overhead = median(
    reports.map(({ fromFirstSeconds, taskSeconds }) => fromFirstSeconds / taskSeconds - 1),
  )
  return { what: 'overhead on tasks of 10 ms', value: `${(overhead * 100).toFixed(1)} %` }
}

async function launchRow(folder: string): Promise<Row> {
  const reports: WorkerReport[] = []
  for (let round = 0; round < rounds * 2; round += 1)
    reports.push(await runWorker(folder, 1, { runners: 2, task: 'return 1' }))
  const first = median(reports.map(report => report.firstTaskMs))
  return { what: 'from launch to the first task', value: `${Math.round(first)} ms` }
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

let workers = 0

async function runWorker(
  folder: string,
  tasks: number,
  { runners, task }: { readonly runners: number; readonly task: string },
): Promise<WorkerReport> {
  workers += 1
  const path = join(folder, `ours-${workers}.db`)
  const file = join(folder, `task-${workers}.mjs`)
  await writeFile(file, `export function _runTask(params) { ${task} }`)
  const driver = await openDriver(`sqlite:${path}`)
  for (let at = 0; at < tasks; at += 10_000)
    await driver.insert(idsFrom(at, Math.min(10_000, tasks - at)).map(id => ({ id, body })))
  await driver.close()
  const member = fileURLToPath(new URL('worker-member.ts', import.meta.url))
  const orders = { queue: `sqlite:${path}`, task: file, runners, launchedAt: Date.now() }
  const child = spawn(process.execPath, [member, JSON.stringify(orders)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  for await (const piece of child.stdout) text += String(piece)
  return JSON.parse(text) as WorkerReport
}

function idsFrom(start: number, count: number): readonly string[] {
  return Array.from(
    { length: count },
    (_, at) => `cells.feather:${String(start + at).padStart(8, '0')}`,
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(await benchWorker({ quick: process.argv.includes('--quick') }))
