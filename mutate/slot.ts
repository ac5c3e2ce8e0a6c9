import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { type Mutation, mutationsOf } from './mutations.ts'
import { chosenBy, withSwitches } from './switches.ts'

/** What the tests made of a mistake; `endless`: they waited for something that never came. */
export type Fate = 'caught' | 'endless' | 'survived'

/** A mistake that can be chosen by its number. */
export interface Choice extends Mutation {
  readonly number: number
  /** Below `src/runtime`. */
  readonly file: string
  /** The line that it begins in. */
  readonly text: string
}

/** Told while mistakes are judged. */
export interface Listener {
  readonly onFate: (number: number, fate: Fate) => void
  /** Something was tried, however it went. */
  readonly onAlive: () => void
}

const copied = ['src/runtime', 'simulate', 'storm', 'bench', 'mutate', 'test']
const config = `export default { test: { testTimeout: 10000, include: ['test/**/*.test.ts'] } }\n`
const mostSeconds = { judge: 20, tests: 60 }

/** A copy of the code and its tests, with switches for all mistakes of a module. */
export class Slot {
  readonly choices: Choice[] = []
  readonly #folder: string
  readonly #running = new Set<number>()
  readonly #leave = () => this.close()

  private constructor(folder: string) {
    this.#folder = folder
    process.on('exit', this.#leave)
  }

  static async open(files: readonly string[]): Promise<Slot> {
    await mkdir('build', { recursive: true })
    // At once: a signal between making it and knowing of it would leave it behind.
    const slot = new Slot(mkdtempSync(resolve('build/mutate-')))
    const folder = slot.#folder
    const { choices } = slot
    for (const part of copied) await cp(part, join(folder, part), { recursive: true })
    await writeFile(join(folder, 'vitest.config.ts'), config)
    for (const file of files) {
      const path = join(folder, 'src/runtime', file)
      const source = await readFile(path, 'utf8')
      const mutations = mutationsOf(source)
      const from = choices.length + 1
      const lines = source.split('\n').map(line => line.trim())
      for (const [at, one] of mutations.entries())
        choices.push({ ...one, file, number: from + at, text: lines[one.line - 1] ?? '' })
      await writeFile(path, withSwitches(source, mutations, from))
    }
    return slot
  }

  /** Ends what runs in it and removes it, which a process does by itself when it exits. */
  close(): void {
    process.off('exit', this.#leave)
    for (const pid of this.#running) endGroup(pid)
    // What was just ended may still have written something.
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }

  /** Tries these mistakes in one process, as far as it gets; tells of each. */
  async judge(
    module: string,
    numbers: readonly number[],
    { onFate, onAlive }: Listener,
  ): Promise<void> {
    const left = [...numbers]
    while (left.length > 0) {
      const first = left[0] as number
      const code = await this.#run(
        ['mutate/judge.ts', module, ...left.map(String)],
        { first, seconds: mostSeconds.judge },
        line => {
          onAlive()
          const [number, fate] = line.split(' ')
          if (Number(number) !== left[0]) return
          onFate(left.shift() as number, fate === 'caught' ? 'caught' : 'survived')
        },
      )
      const stuck = left.shift()
      if (stuck !== undefined) onFate(stuck, code === 'late' ? 'endless' : 'caught')
    }
  }

  /** Runs tests with one mistake chosen. */
  async test(tests: readonly string[], number: number): Promise<Fate> {
    const vitest = resolve('node_modules/vitest/vitest.mjs')
    const how = { first: number, seconds: mostSeconds.tests }
    const code = await this.#run([vitest, 'run', '--bail', '1', ...tests], how)
    if (code === 'late') return 'endless'
    return code === 0 ? 'survived' : 'caught'
  }

  /** `late` where nothing was heard for so long. */
  #run(
    words: readonly string[],
    { first, seconds }: { readonly first: number; readonly seconds: number },
    onLine?: (line: string) => void,
  ): Promise<number | 'late'> {
    const child = spawn(process.execPath, ['mutate/guard.ts', ...words], {
      cwd: this.#folder,
      stdio: ['pipe', onLine === undefined ? 'ignore' : 'pipe', 'ignore'],
      // A group of its own, so that what the tests have started goes with them.
      detached: true,
      env: { ...process.env, [chosenBy]: String(first) },
    })
    const { pid } = child
    if (pid !== undefined) this.#running.add(pid)
    return new Promise((ended, fail) => {
      let isLate = false
      const give = () =>
        setTimeout(() => {
          isLate = true
          if (pid !== undefined) endGroup(pid)
        }, seconds * 1000)
      let timer = give()
      if (child.stdout !== null && onLine !== undefined)
        createInterface({ input: child.stdout }).on('line', line => {
          clearTimeout(timer)
          timer = give()
          onLine(line)
        })
      child.on('error', fail)
      child.on('close', code => {
        clearTimeout(timer)
        if (pid !== undefined) this.#running.delete(pid)
        ended(isLate ? 'late' : (code ?? 1))
      })
    })
  }
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // It may just have ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
