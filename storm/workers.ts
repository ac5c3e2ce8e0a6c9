import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openQueue, type Queue } from '../src/runtime/index.ts'
import type { Storm } from './storm.ts'
import type { Orders } from './task.ts'

/** Workers as a user starts them: each a `taskq work` in a process of its own. */
export class Workers {
  readonly living: Worker[] = []
  readonly #storm: Storm
  readonly #settings: Readonly<Record<string, string>>
  #launched = 0

  constructor(storm: Storm, settings: Readonly<Record<string, string>>) {
    this.#storm = storm
    this.#settings = settings
  }

  /** Starts one more; it ends by itself when the queue is drained. */
  launch({ env = {} }: { readonly env?: Readonly<Record<string, string>> } = {}): Worker {
    const { ground, folder } = this.#storm
    this.#launched += 1
    const says = join(folder, `worker-${this.#launched}.log`)
    const words = ['work', '--queue', ground.url, '--task', taskFile, '--until', 'drained']
    const child = spawn(process.execPath, [command, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...{ ...process.env, ...ground.env, ...this.#settings, ...env },
        STORM_HISTORIES: histories(folder),
      },
    })
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', data => appendFileSync(says, data))
    const gone = new Promise<number | NodeJS.Signals>(resolve => {
      child.on('close', (code, signal) => resolve(signal ?? code ?? -1))
    })
    const worker: Worker = { child, gone, says }
    this.living.push(worker)
    void gone.then(() => this.living.splice(this.living.indexOf(worker), 1))
    return worker
  }

  /** Resolves when all are gone; answers how those ended that were not killed. */
  async gone(): Promise<readonly (number | NodeJS.Signals)[]> {
    const ends: (number | NodeJS.Signals)[] = []
    while (this.living.length > 0) ends.push(await (this.living[0] as Worker).gone)
    return ends.filter(end => end !== 'SIGKILL')
  }

  /** Ends what a failed test left running. */
  killAll(): void {
    for (const { child } of this.living) child.kill('SIGKILL')
  }
}

export interface Worker {
  readonly child: ChildProcess
  readonly gone: Promise<number | NodeJS.Signals>
  /** The file that holds what it wrote. */
  readonly says: string
}

/** The command itself, as it lies. */
export const command = fileURLToPath(new URL('../src/runtime/cli/main.ts', import.meta.url))
const taskFile = fileURLToPath(new URL('task.ts', import.meta.url))

/** Where the runs of a storm write their histories. */
export function histories(folder: string): string {
  return join(folder, 'histories')
}

/** Fills the queue with tasks called `t0`, `t1` ... and opens it for looking. */
export async function fill(
  { ground, folder }: Storm,
  tasks: readonly Orders[],
): Promise<{ readonly queue: Queue; readonly ids: readonly string[] }> {
  await mkdir(histories(folder), { recursive: true })
  const queue = await openQueue(ground.url)
  const ids = tasks.map((_, at) => `t${at}`)
  await queue.insert(ids.map((id, at) => ({ id, params: { ...tasks[at] } })))
  return { queue, ids }
}

/** How many are finished: done or dead. */
export async function finished(queue: Queue): Promise<number> {
  const { done = 0, dead = 0 } = await queue.counts()
  return done + dead
}

/** Waits until `isSo`, looking often; rejects when it is not so after `seconds`. */
export async function until(
  isSo: () => Promise<boolean> | boolean,
  what: string,
  seconds = 300,
): Promise<void> {
  const end = performance.now() + seconds * 1000
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`${what} did not come within ${seconds} s`)
    await sleep(20)
  }
}
