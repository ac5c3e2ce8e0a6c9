/** What a command costs before it does anything: beside a bare Node, in one run. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openQueue } from '../src/runtime/queue/open.ts'
import { formatTable, median, type Row, ratio } from './table.ts'

const taskq = fileURLToPath(new URL('../src/runtime/cli/main.ts', import.meta.url))

/** Median times to run `taskq` from start to end. Types are stripped at each start, as in this tree. */
export async function benchStartUp({ quick = false } = {}): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'taskq-bench-'))
  try {
    const file = join(folder, 'queue.db')
    await (await openQueue(`sqlite:${file}`)).close()
    const commands = {
      'node -e 0': ['-e', '0'],
      'taskq --help': [taskq, '--help'],
      'taskq status': [taskq, 'status', file],
    }
    const times = alternately(commands, quick ? 3 : 15)
    const bare = times['node -e 0'] ?? Number.NaN
    const rows = Object.entries(times).map(
      ([command, time]): Row => ({
        command,
        time: `${time.toFixed(0)} ms`,
        'over bare': ratio(time, bare),
      }),
    )
    return formatTable('Start to end of a command (median)', rows)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Milliseconds of each command, one round of all after the other, so that a busy moment hits all. */
function alternately(
  commands: Readonly<Record<string, readonly string[]>>,
  rounds: number,
): Readonly<Record<string, number>> {
  const times: Record<string, number[]> = {}
  for (let round = 0; round < rounds; round += 1)
    for (const [name, args] of Object.entries(commands)) {
      const start = performance.now()
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
      if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`)
      times[name] = [...(times[name] ?? []), performance.now() - start]
    }
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]))
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(await benchStartUp({ quick: process.argv.includes('--quick') }))
