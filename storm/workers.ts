import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Storm } from './storm.ts'
import type { Watch } from './watch.ts'

/** Workers as a user starts them: each a `taskq work` in a process of its own. */
export class Workers {
  readonly living: Worker[] = []
  readonly #storm: Storm
  readonly #settings: Readonly<Record<string, string>>
  readonly #ends: (number | NodeJS.Signals)[] = []
  #launched = 0

  constructor(storm: Storm, settings: Readonly<Record<string, string>>) {
    this.#storm = storm
    this.#settings = settings
  }

  /** Starts one more; it ends by itself when the queue is drained, where that can be known. */
  launch({ env = {}, under = [], url }: Launch = {}): Worker {
    const { ground, folder } = this.#storm
    this.#launched += 1
    const says = join(folder, `worker-${this.#launched}.log`)
    const ending = ground.ending === 'drained' ? ['--until', 'drained'] : []
    const words = ['work', '--queue', url ?? ground.url, '--task', taskFile, ...ending]
    const [program = '', ...args] = [...under, process.execPath, command, ...words]
    const child = spawn(program, args, {
      cwd: folder,
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
    children.add(child)
    void gone.then(end => {
      children.delete(child)
      this.living.splice(this.living.indexOf(worker), 1)
      this.#ends.push(end)
    })
    return worker
  }

  /** Resolves when so many tasks are finished and all workers gone; tells of those that did not end well. */
  async gone(watch: Watch, tasks: number): Promise<readonly string[]> {
    const isTold = this.#storm.ground.ending === 'told'
    if (isTold) {
      const isOver = async () => (await watch.finished()) >= tasks
      await until(isOver, 'the end of all tasks', this.#patienceSeconds)
      for (const { child } of this.living) child.kill('SIGTERM')
    }
    await until(() => this.living.length === 0, 'the end of all workers', this.#patienceSeconds)
    const good: (number | string)[] = ['SIGKILL', isTold ? 143 : 0]
    return this.#ends.filter(end => !good.includes(end)).map(end => `a worker ended with ${end}`)
  }

  get #patienceSeconds(): number {
    return this.#storm.isLong ? 7200 : 180
  }

  /** Ends what a failed test left running. */
  killAll(): void {
    for (const { child } of this.living) child.kill('SIGKILL')
  }
}

/** A storm that breaks off must not leave workers behind. */
const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/** How one worker differs from the others. */
export interface Launch {
  readonly env?: Readonly<Record<string, string>>
  /** A program that starts it, with its words: `strace -f`. */
  readonly under?: readonly string[]
  /** Default: the ground's. */
  readonly url?: string
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

/** Waits until `isSo`, looking often; rejects when it is not so after `seconds`. */
export async function until(
  isSo: () => Promise<boolean> | boolean,
  what: string,
  seconds = 120,
): Promise<void> {
  const end = performance.now() + seconds * 1000
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`${what} did not come within ${seconds} s`)
    await sleep(20)
  }
}
