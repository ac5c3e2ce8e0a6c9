import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Step } from '../src/runtime/testing/index.ts'

/** Follows the histories that runners write, each byte once: how far the work is, on any kind of queue. */
export class Runs {
  /** Runs that began. */
  began = 0
  /** Runs that were told by their signal. */
  aborted = 0
  /** Tasks of which a run came to its end. */
  readonly ended = new Set<string>()
  readonly #folder: string
  readonly #readTo = new Map<string, number>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The processes that ran tasks, those that are gone included. */
  get runners(): readonly number[] {
    const pids = [...this.#readTo.keys()].map(name => Number(/^run-(\d+)-/.exec(name)?.[1]))
    return [...new Set(pids)].sort((one, other) => one - other)
  }

  /** Reads what was written since the last time. */
  async refresh(): Promise<this> {
    for (const name of await readdir(this.#folder)) await this.#readOn(name)
    return this
  }

  async #readOn(name: string): Promise<void> {
    const from = this.#readTo.get(name) ?? 0
    await using file = await open(join(this.#folder, name))
    const size = (await file.stat()).size
    if (size === from && this.#readTo.has(name)) return
    const { buffer } = await file.read(Buffer.alloc(size - from), 0, size - from, from)
    const whole = buffer.subarray(0, buffer.lastIndexOf('\n') + 1)
    this.#readTo.set(name, from + whole.length)
    for (const line of whole.toString().split('\n')) if (line !== '') this.#note(line)
  }

  #note(line: string): void {
    const step = JSON.parse(line) as Step
    if (step.step === 'began') this.began += 1
    if (step.step === 'aborted') this.aborted += 1
    if (step.step === 'ended') this.ended.add(step.id)
  }
}
