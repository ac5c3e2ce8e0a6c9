import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openDriver } from '../src/runtime/queue/open.ts'
import type { BareRun } from './bare-runner.ts'
import type { WorkerReport } from './worker-member.ts'

/** A row of the fixtures as a body, about 200 bytes. */
export const body = JSON.stringify({
  taskq: 1,
  params: { root_id: 1, segment: 2, small: 630, score: 0.653632, name: 'cell 2', region: 'LM' },
  meta: { table: 'cells.feather', row: 17, code: '0123456789abcdef' },
})

/** What workers of a benchmark are to do. */
export interface Plan {
  readonly folder: string
  readonly tasks: number
  readonly runners: number
  /** The body of `_runTask`. */
  readonly task: string
  /** Supervisors on the one queue; default 1. */
  readonly supervisors?: number
}

/** Several supervisors begin at the same time: no task can be leased before all of them wait. */
const gatherSeconds = 8

let queues = 0

/** Fills a queue and has it drained, each supervisor in a process of its own; answers their reports. */
export async function runWorkers(plan: Plan): Promise<readonly WorkerReport[]> {
  const { folder, tasks, runners, task, supervisors = 1 } = plan
  queues += 1
  const queue = `sqlite:${join(folder, `ours-${queues}.db`)}`
  const file = join(folder, `task-${queues}.mjs`)
  await writeFile(file, `export function _runTask(params) { ${task} }`)
  await fill(queue, tasks, supervisors > 1 ? gatherSeconds : 0)
  const orders = JSON.stringify({ queue, task: file, runners })
  return await Promise.all(
    Array.from({ length: supervisors }, async () => {
      return JSON.parse(await outputOf('worker-member.ts', [orders])) as WorkerReport
    }),
  )
}

/** Runs tasks in a process that does nothing else and tells this one of each end. */
export async function runBare({ folder, tasks, task }: Omit<Plan, 'runners'>): Promise<BareRun> {
  const file = join(folder, 'task-bare.mjs')
  await writeFile(file, `export function _runTask() { ${task} }`)
  const lines = (await outputOf('bare-runner.ts', [file, String(tasks)])).trimEnd().split('\n')
  return JSON.parse(lines.at(-1) ?? '') as BareRun
}

/** Inserts tasks that have the same body, in batches. */
export async function fill(queue: string, tasks: number, delaySeconds = 0): Promise<void> {
  const driver = await openDriver(queue)
  for (let at = 0; at < tasks; at += 10_000) {
    const ids = idsFrom(at, Math.min(10_000, tasks - at))
    await driver.insert(
      ids.map(id => ({ id, body, ...(delaySeconds > 0 && { headers: { delaySeconds } }) })),
    )
  }
  await driver.close()
}

export function idsFrom(start: number, count: number): readonly string[] {
  return Array.from(
    { length: count },
    (_, at) => `cells.feather:${String(start + at).padStart(8, '0')}`,
  )
}

async function outputOf(script: string, args: readonly string[]): Promise<string> {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const piece of child.stdout) text += String(piece)
  return text
}
