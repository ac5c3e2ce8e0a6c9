import { execFile } from 'node:child_process'
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Driver, Message } from '../src/runtime/queue/driver.ts'
import { openDriver } from '../src/runtime/queue/open.ts'
import { inFolder } from './folder.ts'
import { formatTable, median, perSecond, type Row, ratio } from './table.ts'

const rounds = 3

/** What python-task-queue 2.14.3 reached on two cores of such a machine, each with its best settings. */
const python = { insert: 2400, drainOne: 1085, drainFour: 356, leaseMilliseconds: 120 }

/** Queues of files: what they take in and give out, beside a bare loop on the disk and Python's recorded figures. */
export async function benchFq({ quick = false } = {}): Promise<string> {
  const tasks = quick ? 4000 : 20_000
  return await inFolder(async folder => {
    const rows = [
      await insertRow(folder, tasks),
      await durableRow(folder, quick ? 500 : 2000),
      await drainRow(folder, tasks, 1, python.drainOne),
      await drainRow(folder, tasks, 4, python.drainFour),
    ]
    const deep = await leaseRow(folder, quick ? 20_000 : 100_000)
    return [
      formatTable('Queues of files (fq:), tasks/s', rows),
      formatTable('One lease among leased tasks', [deep]),
    ].join('\n')
  })
}

/**
 * The two take turns, for the machine's mood changes: for minutes after many files were removed ext4
 * makes new ones ten times as slowly.
 */
async function insertRow(folder: string, tasks: number): Promise<Row> {
  const ours: number[] = []
  const bare: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    bare.push(timeBare(join(folder, `two-${round}`), tasks, 'as Python reads it'))
    ours.push(await timeInsert(`fq://${folder}/insert-${round}?durable=false`, tasks))
  }
  const beside = { python: python.insert, bareSeconds: median(bare) }
  return row('insert, durable=false', tasks, median(ours), beside)
}

async function durableRow(folder: string, tasks: number): Promise<Row> {
  const ours: number[] = []
  const bare: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    bare.push(timeBare(join(folder, `bare-${round}`), tasks, 'synced'))
    ours.push(await timeInsert(`fq://${folder}/durable-${round}`, tasks))
  }
  return row('insert, durable', tasks, median(ours), { bareSeconds: median(bare) })
}

async function drainRow(
  folder: string,
  tasks: number,
  processes: number,
  reference: number,
): Promise<Row> {
  const seconds: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const url = `fq://${folder}/drain-${processes}-${round}?durable=false`
    await timeInsert(url, tasks)
    const members = await Promise.all(Array.from({ length: processes }, () => drain(url)))
    const started = Math.min(...members.map(member => member.started))
    const ended = Math.max(...members.map(member => member.ended))
    seconds.push((ended - started) / 1000)
    const done = members.reduce((sum, member) => sum + member.tasks, 0)
    if (done !== tasks) throw new Error(`${done} of ${tasks} tasks were drained`)
  }
  const name = `drain, ${processes} process${processes === 1 ? '' : 'es'}`
  return row(name, tasks, median(seconds), { python: reference })
}

/** Leases one at a time while the folder is full of what others hold. */
async function leaseRow(folder: string, held: number): Promise<Row> {
  const url = `fq://${folder}/deep?durable=false`
  const driver = await openDriver(url)
  await insertAll(driver, held)
  for (let taken = 0; taken < held; taken += 1000)
    await driver.lease({ max: 1000, seconds: 3600, worker: { id: 'others' } })
  const leases = 1000
  await insertAll(driver, leases, 'ready')
  await driver.close()
  const fresh = await openDriver(url)
  const began = performance.now()
  for (let n = 0; n < leases; n += 1) {
    const [lease] = await fresh.lease({ max: 1, seconds: 3600, worker: { id: 'bench' } })
    if (lease === undefined) throw new Error(`lease ${n} found nothing`)
  }
  const milliseconds = (performance.now() - began) / leases
  await fresh.close()
  return {
    leased: held.toLocaleString('en-US'),
    ours: `${milliseconds.toFixed(2)} ms`,
    'Python (recorded)': `${python.leaseMilliseconds.toFixed(0)} ms`,
  }
}

/** Without the start: opening tries the file system, which a short run would feel. */
async function timeInsert(url: string, tasks: number): Promise<number> {
  const driver = await openDriver(url)
  await insertAll(driver, 100, 'warm')
  await driver.purge()
  const began = performance.now()
  await insertAll(driver, tasks)
  const seconds = (performance.now() - began) / 1000
  await driver.close()
  return seconds
}

async function insertAll(driver: Driver, tasks: number, prefix = 'task'): Promise<void> {
  const { batch } = driver.limits
  for (let from = 0; from < tasks; from += batch) {
    const count = Math.min(batch, tasks - from)
    const some: Message[] = Array.from({ length: count }, (_, at) => ({
      id: `${prefix}-${from + at}`,
      body: bodyOf(from + at),
    }))
    await driver.insert(some)
  }
}

/** About 200 bytes, as a row of a table makes it. */
function bodyOf(n: number): string {
  return `{"payload":[["my_project.task","_run_task"],[],{"root_id":864691135012${100_000 + n},"cloudpath":"gs://bucket/out"},-1],"queueName":"q","taskq":1,"meta":{"row":${n}}}`
}

/**
 * The least that an insert can do. `synced`: a file a task, on the disk. `as Python reads it`: its
 * movement file, and the task itself, renamed into its place when it is whole.
 */
function timeBare(folder: string, tasks: number, how: 'synced' | 'as Python reads it'): number {
  const write = (path: string, text: string) => {
    const file = openSync(path, 'wx')
    writeSync(file, text)
    if (how === 'synced') fsyncSync(file)
    closeSync(file)
  }
  for (const part of ['queue', 'movement', 'temp'])
    mkdirSync(join(folder, part), { recursive: true })
  writeFileSync(join(folder, 'queue/first'), '')
  const began = performance.now()
  for (let n = 0; n < tasks; n += 1) {
    const [queued, temp] = [join(folder, 'queue', `0--${n}.json`), join(folder, 'temp', String(n))]
    if (how === 'synced') write(queued, bodyOf(n))
    else {
      write(join(folder, 'movement', String(n)), `0--${n}.json\n`)
      write(temp, bodyOf(n))
      renameSync(temp, queued)
    }
  }
  return (performance.now() - began) / 1000
}

async function drain(
  url: string,
): Promise<{ readonly tasks: number; readonly started: number; readonly ended: number }> {
  const member = fileURLToPath(new URL('fq-member.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [member, url])
  return JSON.parse(stdout) as Awaited<ReturnType<typeof drain>>
}

function row(
  what: string,
  tasks: number,
  seconds: number,
  beside: { readonly python?: number; readonly bareSeconds?: number },
): Row {
  const { python: reference, bareSeconds } = beside
  return {
    what,
    ours: perSecond(tasks, seconds),
    'bare loop': bareSeconds === undefined ? '' : perSecond(tasks, bareSeconds),
    'ours/bare': bareSeconds === undefined ? '' : ratio(bareSeconds, seconds),
    'Python (recorded)': reference === undefined ? '' : reference.toLocaleString('en-US'),
    'ours/Python': reference === undefined ? '' : ratio(tasks / seconds, reference),
  }
}
