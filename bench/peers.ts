import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { barsOf } from './bars.ts'
import { formatTable, type Row } from './table.ts'

const folder = fileURLToPath(new URL('../peers/', import.meta.url))
const docs = fileURLToPath(new URL('../docs/', import.meta.url))

/** What users would pick instead, side by side in one run; installs the others the first time. */
export async function benchPeers({ quick, write, machine }: PeersOptions): Promise<string> {
  if (!existsSync(`${folder}node_modules`)) {
    // Not ci: an optional part of BullMQ names platform packages that are on no registry.
    run('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'])
  }
  const [tasks, rounds] = quick ? ['50000', '1'] : ['100000', '3']
  const said = run(process.execPath, ['run.ts', tasks, rounds])
  const rows = JSON.parse(said) as readonly Row[]
  if (write) await writePage(rows, `${machine}; ${tasks} tasks, medians of ${rounds}`)
  const isShort = (name: string) => name !== 'settings' && name !== 'durability'
  const short = rows.map(row =>
    Object.fromEntries(Object.entries(row).filter(([name]) => isShort(name))),
  )
  return formatTable(`peers: ${tasks} no-op tasks, medians of ${rounds}`, short)
}

export interface PeersOptions {
  readonly quick: boolean
  /** Whether docs/benchmarks.md is written anew. */
  readonly write: boolean
  /** What it was measured on, for the page. */
  readonly machine: string
}

function run(program: string, args: readonly string[]): string {
  const ran = spawnSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (ran.status === 0) return ran.stdout
  throw new Error(`${program} ${args.join(' ')} ended with ${ran.status} in peers/`)
}

async function writePage(rows: readonly Row[], measured: string): Promise<void> {
  const rates = rows.map(row => ({
    label: row['queue'] ?? '',
    value: Number((row['drain/s, 1 process'] ?? '0').replaceAll(',', '')),
  }))
  await writeFile(`${docs}benchmarks.svg`, barsOf('tasks drained a second, one process', rates))
  const names = Object.keys(rows[0] ?? {})
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const table = [
    line(names),
    line(names.map(() => '---')),
    ...rows.map(row => line(names.map(name => row[name] ?? ''))),
  ]
  await writeFile(`${docs}benchmarks.md`, pageOf(table.join('\n'), losses(rows), measured))
}

/** Where another one is faster, which is said first. */
function losses(rows: readonly Row[]): readonly string[] {
  const ours = rows.find(row => row['queue']?.startsWith('taskq'))
  const measures = ['insert/s', 'drain/s, 1 process', '4 processes'] as const
  return measures.map(measure => {
    const numberOf = (row: Row | undefined) => Number((row?.[measure] ?? '0').replaceAll(',', ''))
    const faster = rows.filter(row => numberOf(row) > numberOf(ours))
    const named = faster.map(
      row => `${row['queue']} (${(numberOf(row) / numberOf(ours)).toFixed(1)} times ours)`,
    )
    return `- ${measure}: ${named.length === 0 ? 'nobody here' : named.join(', ')}`
  })
}

function pageOf(table: string, lost: readonly string[], measured: string): string {
  return `# Benchmarks

Written by \`npm run bench -- peers --write\`. All ran in one run on one machine, round by round in turn; the
servers of the others share its cores. The task is a JSON body of about 120 bytes, its handler returns
\`{"ok":true}\`. Quote the ratios, not the rates.

Measured on ${measured}.

## Where others are faster

${lost.join('\n')}

A bare loop on \`node:sqlite\` is the raw limit, not something to use: it has no promises, no checks, no retries,
and its least busy process of four gets next to nothing.

## All of it

${table}

![tasks drained a second](benchmarks.svg)

taskq runs tasks in a process beside the one that holds the leases and syncs every batch to disk; the others run
tasks in the process that fetches them, but for GNU parallel, which starts a process for each and is no queue.
Slow ones are given fewer tasks. Durability is what an acknowledged task survives.
`
}
