import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { openDriver } from '../../src/runtime/queue/open.ts'
import { inFolder } from '../folder.ts'
import { formatTable, median, perSecond, type Row, ratio } from '../table.ts'

/** How lease, settle and status fare as the queue grows; the shallow queue is the raw limit. */
export async function benchDepth({ quick = false } = {}): Promise<string> {
  const deep = quick ? 1_000_000 : 10_000_000
  return await inFolder(async folder => {
    const shallow = await measure(folder, 10_000)
    const deepest = await measure(folder, deep)
    const rows = [shallow, deepest].map(
      (one): Row => ({
        tasks: one.tasks.toLocaleString('en-US'),
        'insert/s': perSecond(one.tasks, one.insertSeconds),
        'lease 100': milliseconds(one.lease),
        'settle 100': milliseconds(one.settle),
        status: milliseconds(one.status),
        'against shallow': `lease ${ratio(one.lease, shallow.lease)}`,
        disk: `${Math.round(one.megabytes)} MB`,
        memory: `${Math.round(one.memory)} MB`,
      }),
    )
    return formatTable('Depth: medians of 50 calls', rows)
  })
}

interface Measured {
  readonly tasks: number
  readonly insertSeconds: number
  readonly lease: number
  readonly settle: number
  readonly status: number
  readonly megabytes: number
  readonly memory: number
}

async function measure(folder: string, tasks: number): Promise<Measured> {
  const path = join(folder, 'depth.db')
  for (const suffix of ['', '-wal', '-shm']) await rm(`${path}${suffix}`, { force: true })
  const driver = await openDriver(`sqlite:${path}`)
  const body = JSON.stringify({ taskq: 1, params: { root_id: 1, score: 0.5, name: 'cell', at: 1 } })
  const start = performance.now()
  for (let at = 0; at < tasks; at += 10_000) {
    const ids = Array.from({ length: 10_000 }, (_, more) => `cells:${at + more}`)
    await driver.insert(ids.map(id => ({ id, body })))
  }
  const insertSeconds = (performance.now() - start) / 1000
  const [lease, settle, status]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < 50; round += 1) {
    const leases = await timed(lease, () =>
      driver.lease({ max: 100, seconds: 60, worker: { id: 'depth' } }),
    )
    const settlements = leases.map(({ id, token }) => ({ id, token, record: '{"ok":true}' }))
    await timed(settle, async () => await driver.results?.settle(settlements))
    await timed(status, () => driver.counts())
  }
  await driver.close()
  return {
    tasks,
    insertSeconds,
    lease: median(lease),
    settle: median(settle),
    status: median(status),
    megabytes: (await stat(path)).size / 2 ** 20,
    memory: process.memoryUsage.rss() / 2 ** 20,
  }
}

async function timed<T>(into: number[], act: () => Promise<T>): Promise<T> {
  const start = performance.now()
  const result = await act()
  into.push(performance.now() - start)
  return result
}

function milliseconds(value: number): string {
  return `${value.toFixed(2)} ms`
}

if (import.meta.main) console.log(await benchDepth({ quick: process.argv.includes('--quick') }))
