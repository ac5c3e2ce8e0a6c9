import { execFile } from 'node:child_process'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as arrow from 'apache-arrow'
import { openTable } from '../src/runtime/tables/open.ts'
import { registerLz4, writeCells } from '../test/tables/feather.ts'
import { inFolder } from './folder.ts'
import { formatTable, perSecond, type Row, ratio } from './table.ts'

/** Reading Feather into JSON text beside apache-arrow's bare decoding, each in a process of its own. */
export async function benchTables({ quick = false } = {}): Promise<string> {
  const rows = quick ? 1_000_000 : 10_000_000
  return await inFolder(async folder => {
    const path = join(folder, 'cells.feather')
    await child('write', path, rows)
    const bare = await child('bare', path, rows)
    const ours = await child('ours', path, rows)
    const row = (what: string, seconds: number, peakMiB?: number): Row => ({
      what,
      'rows/s': perSecond(rows, seconds),
      'against bare': ratio(bare.seconds, seconds),
      'peak memory': peakMiB === undefined ? '' : `${Math.round(peakMiB)} MB`,
    })
    return formatTable(`Feather, LZ4, ${rows.toLocaleString('en-US')} rows of 7 columns`, [
      row('apache-arrow, decoding only', bare.seconds, bare.peakMiB),
      row('first pass: decode and check', ours.scanSeconds),
      row('second pass: decode to JSON text', ours.seconds),
      row('both', ours.scanSeconds + ours.seconds, ours.peakMiB),
    ])
  })
}

/** What one process of this benchmark saw. */
interface Measured {
  readonly seconds: number
  readonly scanSeconds: number
  readonly peakMiB: number
  readonly bytes: number
}

async function child(part: string, path: string, rows: number): Promise<Measured> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    fileURLToPath(import.meta.url),
    part,
    path,
    String(rows),
  ])
  return JSON.parse(stdout) as Measured
}

async function run(part: string, path: string, rows: number): Promise<Measured> {
  const start = performance.now()
  let scanSeconds = 0
  let bytes = 0
  if (part === 'write') await writeCells(path, rows)
  else if (part === 'bare') {
    registerLz4()
    const handle = await open(path)
    const reader = await arrow.RecordBatchReader.from(handle)
    for await (const batch of reader) bytes += batch.numRows
    await handle.close()
  } else {
    const table = await openTable(path)
    scanSeconds = (performance.now() - start) / 1000
    for await (const batch of table.batches()) for (const text of batch.json()) bytes += text.length
    await table.close()
  }
  return {
    seconds: (performance.now() - start) / 1000 - scanSeconds,
    scanSeconds,
    peakMiB: process.resourceUsage().maxRSS / 1024,
    bytes,
  }
}

if (import.meta.main) {
  const [part, path, rows] = process.argv.slice(2)
  if (part === undefined || path === undefined)
    console.log(await benchTables({ quick: part === '--quick' }))
  else console.log(JSON.stringify(await run(part, path, Number(rows))))
}
