import { appendFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * What processes did to one queue, as each wrote it down before and after it asked. Times are milliseconds of
 * the clock that all processes of a host share and nobody can set (`monotonicNow`).
 */
export type Step =
  | { readonly step: 'inserted'; readonly ids: readonly string[]; readonly span: Span }
  | { readonly step: 'leased'; readonly id: string; readonly token: string; readonly span: Span }
  | {
      readonly step: 'settled'
      readonly id: string
      readonly token: string
      /** `unknown`: the store answered with an error, or nobody lived to hear it. */
      readonly answer: 'done' | 'lost' | 'unknown'
      readonly span: Span
    }
  /** User code began; `run` is a name that no other run has. */
  | { readonly step: 'began'; readonly id: string; readonly run: string; readonly attempt: number }
  /** Its signal was aborted. */
  | { readonly step: 'aborted'; readonly id: string; readonly run: string }
  | { readonly step: 'ended'; readonly id: string; readonly run: string }

/** When a store was asked, and when it had answered. */
export interface Span {
  readonly asked: number
  readonly answered: number
}

/** What is there when all is quiet. */
export interface Remains {
  /** Every result that can be read, repeats included; `run` is the run that made it, where it says. */
  readonly results: readonly { readonly id: string; readonly run?: string }[]
  readonly dead: readonly { readonly id: string; readonly attempts: number }[]
  /** Ready, delayed or leased. */
  readonly waiting: readonly string[]
  /** What the store says of itself; `undefined` is "cannot know". */
  readonly counts: {
    readonly waiting: number | undefined
    readonly done: number | undefined
    readonly dead: number | undefined
  }
}

/** Milliseconds that are comparable between the processes of one host. */
export function monotonicNow(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000
}

/** Writes steps to a history of one's own, before anybody else hears of them. */
export function noteSteps(file: string, steps: readonly Step[]): void {
  appendFileSync(file, steps.map(step => `${JSON.stringify(step)}\n`).join(''))
}

/** All histories of a folder. What a killed process wrote by half at the end of its file is left out. */
export async function readHistories(folder: string): Promise<readonly Step[]> {
  const steps: Step[] = []
  for (const file of await readdir(folder)) {
    const text = await readFile(join(folder, file), 'utf8')
    for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n'))
      if (line !== '') steps.push(JSON.parse(line) as Step)
  }
  return steps
}
