import { spawnSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compile } from '../tools/compile.ts'
import { ROOT } from '../tools/workspaces.ts'
import { median, type Row } from './table.ts'
import { fill } from './worker-runs.ts'

const rounds = 7

/** `taskq work` as users have it, compiled, and from the sources of this tree, whose types are stripped. */
export async function launchRows(folder: string): Promise<readonly Row[]> {
  const compiled = join(ROOT, 'build/bench')
  compile(compiled, 'published')
  try {
    const from = 'src/runtime/package.json'
    copyFileSync(join(ROOT, from), join(compiled, from))
    return [
      await launchRow(folder, 'as installed', join(compiled, 'src/runtime/cli/main.js')),
      await launchRow(folder, 'from sources', join(ROOT, 'src/runtime/cli/main.ts')),
    ]
  } finally {
    await rm(compiled, { recursive: true })
  }
}

async function launchRow(folder: string, what: string, main: string): Promise<Row> {
  const stamp = join(folder, 'first')
  const task = join(folder, 'task-first.mjs')
  await writeFile(
    task,
    `import { writeFileSync } from 'node:fs'
     export function _runTask() { writeFileSync(${JSON.stringify(stamp)}, String(Date.now())) }`,
  )
  const first: number[] = []
  const whole: number[] = []
  // Of the first launch the compile cache is not warm.
  for (let round = 0; round <= rounds; round += 1) {
    const queue = `sqlite:${join(folder, `${what.replace(' ', '-')}-${round}.db`)}`
    await fill(queue, 1)
    const launchedAt = Date.now()
    const args = [main, 'work', queue, '--until', 'drained', '--task', task, '--concurrency', '2']
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`taskq work ended with ${status}: ${stderr}`)
    if (round === 0) continue
    whole.push(Date.now() - launchedAt)
    first.push(Number(await readFile(stamp, 'utf8')) - launchedAt)
  }
  return { what, 'first task': `${median(first)} ms`, 'whole run': `${median(whole)} ms` }
}
