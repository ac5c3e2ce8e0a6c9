import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
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
}

const copied = ['src/runtime', 'simulate', 'storm', 'bench', 'mutate', 'test']
const config = `export default { test: { testTimeout: 30000, include: ['test/**/*.test.ts'] } }\n`
const mostSeconds = { judge: 60, tests: 120 }

/** A copy of the code and its tests, with switches for all mistakes of a module. */
export class Slot {
  readonly choices: readonly Choice[]
  readonly #folder: string

  private constructor(folder: string, choices: readonly Choice[]) {
    this.#folder = folder
    this.choices = choices
  }

  static async open(files: readonly string[]): Promise<Slot> {
    await mkdir('build', { recursive: true })
    const folder = await mkdtemp(resolve('build/mutate-'))
    for (const part of copied) await cp(part, join(folder, part), { recursive: true })
    await writeFile(join(folder, 'vitest.config.ts'), config)
    const choices: Choice[] = []
    for (const file of files) {
      const path = join(folder, 'src/runtime', file)
      const source = await readFile(path, 'utf8')
      const mutations = mutationsOf(source)
      const from = choices.length + 1
      choices.push(...mutations.map((one, at) => ({ ...one, file, number: from + at })))
      await writeFile(path, withSwitches(source, mutations, from))
    }
    return new Slot(folder, choices)
  }

  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true })
  }

  /** Tries these mistakes in one process, as far as it gets; tells of each. */
  async judge(
    module: string,
    numbers: readonly number[],
    onFate: (number: number, fate: Fate) => void,
  ): Promise<void> {
    const left = [...numbers]
    while (left.length > 0) {
      const first = left[0] as number
      const code = await this.#run(
        ['mutate/judge.ts', module, ...left.map(String)],
        { first, seconds: mostSeconds.judge },
        line => {
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
    const child = spawn(process.execPath, words, {
      cwd: this.#folder,
      stdio: ['ignore', onLine === undefined ? 'ignore' : 'pipe', 'ignore'],
      // A group of its own, so that what the tests have started goes with them.
      detached: true,
      env: { ...process.env, [chosenBy]: String(first) },
    })
    return new Promise((ended, fail) => {
      let isLate = false
      const give = () =>
        setTimeout(() => {
          isLate = true
          if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
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
        ended(isLate ? 'late' : (code ?? 1))
      })
    })
  }
}
