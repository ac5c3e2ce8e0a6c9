import { execFile } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openDriver } from '../../src/runtime/queue/open.ts'
import { inFolder } from '../folder.ts'
import { formatTable, median, perSecond, type Row, ratio } from '../table.ts'
import { openBare } from './bare.ts'
import { type DrainOrders, type DrainReport, drain } from './member.ts'

/** A row of the fixtures as a body, about 200 bytes. */
const body = JSON.stringify({
  taskq: 1,
  params: { root_id: 1, segment: 2, small: 630, score: 0.653632, name: 'cell 2', region: 'LM' },
  meta: { table: 'cells.feather', row: 17, code: '0123456789abcdef' },
})

const rounds = 3

/** The embedded queue beside a bare loop on the same library, in one run. */
export async function benchQueue({ quick = false } = {}): Promise<string> {
  const steps = sizes(quick)
  const crowd = { batch: 1, tasks: quick ? 20_000 : 100_000, processes: 1, callers: 64 }
  const alone = steps.map(([batch, tasks]) => ({ batch, tasks, processes: 1, callers: 1 }))
  const four = steps.map(([batch, tasks]) => ({ batch, tasks, processes: 4, callers: 1 }))
  return await inFolder(async folder => {
    const inserts: Row[] = []
    for (const [batch, tasks] of steps) inserts.push(await insertRow(folder, batch, tasks))
    const drains: Row[] = []
    for (const setting of [...alone, crowd, ...four]) drains.push(await drainRow(folder, setting))
    return [
      formatTable('Insert, tasks/s (durable)', inserts),
      formatTable('Lease, record a result and complete, tasks/s (durable)', drains),
    ].join('\n')
  })
}

/** Batch and number of tasks: enough for about a second each. */
function sizes(quick: boolean): readonly (readonly [number, number])[] {
  const scale = quick ? 0.2 : 1
  return [
    [1, 5_000 * scale],
    [10, 40_000 * scale],
    [100, 200_000 * scale],
    [1000, 400_000 * scale],
  ]
}

async function insertRow(folder: string, batch: number, tasks: number): Promise<Row> {
  const bare: number[] = []
  const ours: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    bare.push(await timeInsert(join(folder, `bare-${round}.db`), batch, tasks, bareInserter))
    ours.push(await timeInsert(join(folder, `ours-${round}.db`), batch, tasks, ourInserter))
    await clear(folder)
  }
  return {
    batch: String(batch),
    'bare loop': perSecond(tasks, median(bare)),
    ours: perSecond(tasks, median(ours)),
    'ours/bare': ratio(median(bare), median(ours)),
  }
}

type Inserter = (path: string) => Promise<{
  readonly insert: (ids: readonly string[]) => Promise<unknown>
  readonly close: () => Promise<void>
}>

const bareInserter: Inserter = async path => {
  const queue = openBare(path)
  return { insert: async ids => queue.insert(ids, body), close: async () => queue.close() }
}

const ourInserter: Inserter = async path => {
  const driver = await openDriver(`sqlite:${path}`)
  return {
    insert: ids => driver.insert(ids.map(id => ({ id, body }))),
    close: () => driver.close(),
  }
}

/** Seconds to insert so many tasks. */
async function timeInsert(
  path: string,
  batch: number,
  tasks: number,
  open: Inserter,
): Promise<number> {
  const queue = await open(path)
  const start = performance.now()
  for (let at = 0; at < tasks; at += batch)
    await queue.insert(idsFrom(at, Math.min(batch, tasks - at)))
  const seconds = (performance.now() - start) / 1000
  await queue.close()
  return seconds
}

interface Drain {
  readonly batch: number
  readonly tasks: number
  readonly processes: number
  readonly callers: number
}

async function drainRow(folder: string, setting: Drain): Promise<Row> {
  const bare: Drained[] = []
  const ours: Drained[] = []
  for (let round = 0; round < rounds; round += 1) {
    bare.push(await timeDrain(folder, setting, 'bare', bareInserter))
    ours.push(await timeDrain(folder, setting, 'ours', ourInserter))
    await clear(folder)
  }
  const seconds = (runs: readonly Drained[]) => median(runs.map(run => run.seconds))
  return {
    procs: String(setting.processes),
    callers: String(setting.callers),
    batch: String(setting.batch),
    bare: perSecond(setting.tasks, seconds(bare)),
    ours: perSecond(setting.tasks, seconds(ours)),
    'ours/bare': ratio(seconds(bare), seconds(ours)),
    'longest wait': `${Math.round(Math.max(...ours.map(run => run.longestWaitMs)))} ms`,
    'least/most': setting.processes > 1 ? median(ours.map(run => run.share)).toFixed(2) : '',
    'bare l/m': setting.processes > 1 ? median(bare.map(run => run.share)).toFixed(2) : '',
  }
}

interface Drained {
  readonly seconds: number
  readonly share: number
  readonly longestWaitMs: number
}

async function timeDrain(
  folder: string,
  { batch, tasks, processes, callers }: Drain,
  kind: DrainOrders['kind'],
  open: Inserter,
): Promise<Drained> {
  const path = join(folder, `${kind}-${Math.random()}.db`)
  const queue = await open(path)
  for (let at = 0; at < tasks; at += 10_000)
    await queue.insert(idsFrom(at, Math.min(10_000, tasks - at)))
  await queue.close()
  const startAt = Date.now() + (processes > 1 ? 600 : 0)
  const orders: DrainOrders = { kind, path, batch, callers: kind === 'bare' ? 1 : callers, startAt }
  const reports = await Promise.all(
    Array.from({ length: processes }, () =>
      processes === 1 ? drain(orders) : drainElsewhere(orders),
    ),
  )
  const shares = reports.map(report => report.tasks)
  return {
    seconds:
      (Math.max(...reports.map(({ to }) => to)) - Math.min(...reports.map(({ from }) => from))) /
      1000,
    share: Math.min(...shares) / Math.max(...shares),
    longestWaitMs: Math.max(...reports.map(report => report.longestWaitMs)),
  }
}

async function drainElsewhere(orders: DrainOrders): Promise<DrainReport> {
  const script = fileURLToPath(new URL('member.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(orders)])
  return JSON.parse(stdout) as DrainReport
}

function idsFrom(start: number, count: number): readonly string[] {
  return Array.from(
    { length: count },
    (_, at) => `cells.feather:${String(start + at).padStart(8, '0')}`,
  )
}

async function clear(folder: string): Promise<void> {
  await rm(folder, { recursive: true })
  await mkdir(folder)
}

if (import.meta.main) console.log(await benchQueue({ quick: process.argv.includes('--quick') }))
