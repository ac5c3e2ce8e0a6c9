import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { encoderOf, range } from '../src/runtime/insert/encoder.ts'
import { insertTable } from '../src/runtime/insert/insert.ts'
import { bodyComposer, bodyFrame } from '../src/runtime/queue/envelope.ts'
import { openQueue } from '../src/runtime/queue/open.ts'
import { openTable } from '../src/runtime/tables/open.ts'
import { writeCells } from '../test/tables/feather.ts'
import { openBare } from './queue/bare.ts'
import { formatTable, median, perSecond, type Row, ratio } from './table.ts'

const rounds = 3

const ours = { composer: bodyComposer, frame: bodyFrame }

const parts = {
  bodies: 'Feather -> bodies as JSON',
  bare: 'bare node:sqlite loop, bodies at hand',
  insert: 'Feather -> durable queue',
  again: 'the same again: all there',
} as const

type Part = keyof typeof parts

/** A pandas-like LZ4 Feather file of seven columns into an embedded queue, beside a bare loop. */
export async function benchInsert({ quick = false } = {}): Promise<string> {
  const rows = quick ? 4 * 65_536 : 16 * 65_536
  const folder = await mkdtemp(join(tmpdir(), 'taskq-bench-'))
  try {
    await writeCells(join(folder, 'cells.feather'), rows)
    const measured: Record<Part, Measured[]> = { bodies: [], bare: [], insert: [], again: [] }
    for (let round = 0; round < rounds; round += 1) {
      for (const part of Object.keys(parts) as Part[])
        measured[part].push(await child(part, folder, round))
    }
    const seconds = (part: Part) => median(measured[part].map(each => each.seconds))
    const lines = (Object.keys(parts) as Part[]).map(
      (part): Row => ({
        what: parts[part],
        'rows/s': perSecond(rows, seconds(part)),
        'over bare': ratio(seconds('bare'), seconds(part)),
        'peak memory': `${Math.round(Math.max(...measured[part].map(each => each.peakMiB)))} MB`,
      }),
    )
    return formatTable(`Insert a table of ${rows.toLocaleString('en-US')} rows`, lines)
  } finally {
    await rm(folder, { recursive: true })
  }
}

interface Measured {
  readonly seconds: number
  readonly peakMiB: number
}

/** Each in a process of its own, so that memory is its own as well. */
async function child(part: Part, folder: string, round: number): Promise<Measured> {
  const args = [fileURLToPath(import.meta.url), part, folder, String(round)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout) as Measured
}

async function run(part: Part, folder: string, round: string): Promise<Measured> {
  const path = join(folder, 'cells.feather')
  const seconds = await {
    bodies: () => makeBodies(path),
    bare: () => insertBare(path, join(folder, `bare-${round}.db`)),
    insert: () => insertOurs(path, join(folder, `ours-${round}.db`)),
    again: () => insertOurs(path, join(folder, `ours-${round}.db`)),
  }[part]()
  return { seconds, peakMiB: process.resourceUsage().maxRSS / 1024 }
}

/** Opening, with its pass over the file, is part of what a user waits for. */
async function makeBodies(path: string): Promise<number> {
  const start = performance.now()
  const table = await openTable(path)
  const encoder = encoderOf(table, { code: '0123456789abcdef' }, ours)
  let characters = 0
  for await (const batch of table.batches()) {
    const named = encoder.ids(batch, 0, batch.length)
    for (const { body } of encoder.messages(batch, named, 0, range(0, batch.length)))
      characters += body.length
  }
  await table.close()
  if (characters === 0) throw new Error('no bodies were made')
  return (performance.now() - start) / 1000
}

async function insertOurs(path: string, queuePath: string): Promise<number> {
  const start = performance.now()
  const table = await openTable(path)
  const queue = await openQueue(`sqlite:${queuePath}`)
  await insertTable(queue, table, { code: '0123456789abcdef' })
  await queue.close()
  await table.close()
  return (performance.now() - start) / 1000
}

/** The same ids and bodies of the same size, made before the clock starts. */
async function insertBare(path: string, queuePath: string): Promise<number> {
  const table = await openTable(path)
  const count = table.rowCount ?? 0
  const encoder = encoderOf(table, { code: '0123456789abcdef' }, ours)
  let body = ''
  for await (const batch of table.batches()) {
    body = encoder.messages(batch, encoder.ids(batch, 0, 1), 0, [0])[0]?.body ?? ''
    break
  }
  await table.close()
  const batches: string[][] = []
  for (let from = 0; from < count; from += 10_000)
    batches.push(range(from, Math.min(count, from + 10_000)).map(row => `cells.feather:${row}`))
  const queue = openBare(queuePath)
  const start = performance.now()
  for (const ids of batches) queue.insert(ids, body)
  queue.close()
  return (performance.now() - start) / 1000
}

if (import.meta.main) {
  const [part, folder, round = ''] = process.argv.slice(2)
  if (folder === undefined) console.log(await benchInsert({ quick: part === '--quick' }))
  else console.log(JSON.stringify(await run(part as Part, folder, round)))
}
