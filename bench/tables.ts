import { execFile } from 'node:child_process'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as arrow from 'apache-arrow'
import { openTable } from '../src/runtime/tables/open.ts'
import { registerLz4, writeCells } from '../test/tables/feather.ts'

/** Rows a second of each stage over one seven-column LZ4 Feather file, and the memory the reader took. */
export interface TablesResult {
  readonly rows: number
  readonly fileBytes: number
  readonly bareDecodeRowsPerSecond: number
  readonly scanRowsPerSecond: number
  readonly jsonRowsPerSecond: number
  readonly wholeRowsPerSecond: number
  readonly peakMiB: number
  readonly jsonBytes: number
}

/** Measures reading Feather into JSON text beside apache-arrow's bare decoding, each in a process of its own. */
export async function benchTables(rows: number): Promise<TablesResult> {
  const directory = await mkdtemp(join(tmpdir(), 'taskq-bench-'))
  const path = join(directory, 'cells.feather')
  try {
    await child('write', path, rows)
    const bare = await child('bare', path, rows)
    const ours = await child('ours', path, rows)
    return {
      rows,
      fileBytes: (await stat(path)).size,
      bareDecodeRowsPerSecond: rows / bare.seconds,
      scanRowsPerSecond: rows / ours.scanSeconds,
      jsonRowsPerSecond: rows / ours.seconds,
      wholeRowsPerSecond: rows / (ours.seconds + ours.scanSeconds),
      peakMiB: ours.peakMiB,
      jsonBytes: ours.bytes,
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

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
  const [part = '10000000', path, rows] = process.argv.slice(2)
  if (path === undefined) console.log(await benchTables(Number(part)))
  else console.log(JSON.stringify(await run(part, path, Number(rows))))
}
