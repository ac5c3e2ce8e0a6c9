import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  checkHistory,
  type Expectation,
  readHistories,
  type Step,
} from '../src/runtime/testing/index.ts'
import type { Figures, Storm } from './storm.ts'
import type { Watch } from './watch.ts'
import { histories } from './workers.ts'

/** What a storm is held to beside the rules. */
interface Expected extends Expectation {
  /** How many tasks have to be dead; default: none. `any`: the test looks at them itself. */
  readonly dead?: number | 'any'
  /** Whether tasks answer with the run that they were; default: they do. */
  readonly results?: 'name their run' | 'are empty'
}

/** What a storm of workers left behind, held to all rules. */
export async function lookBack(
  { folder }: Storm,
  { watch, ids }: { readonly watch: Watch; readonly ids: readonly string[] },
  { dead = 0, results = 'name their run', ...expected }: Expected = {},
): Promise<{ readonly steps: readonly Step[]; readonly figures: Figures }> {
  const steps = await readHistories(histories(folder))
  const whole: Step[] = [{ step: 'inserted', ids, span: { asked: 0, answered: 0 } }, ...steps]
  const { remains, repeats } = await watch.remains()
  const runs = steps.filter(({ step }) => step === 'began').length
  const left = remains.waiting.length
  const nameless = remains.results.filter(({ run }) => run === undefined).length
  return {
    steps,
    figures: {
      tasks: ids.length,
      kills: 0,
      extraRuns: Math.max(0, runs - (ids.length - left)),
      repeats,
      refused: await toldOf(folder, 'lease-lost'),
      violations: checkHistory(whole, remains, expected),
      faults: [
        ...(left === 0 ? [] : [`${left} tasks are still waiting`]),
        ...(results === 'are empty' || nameless === 0 ? [] : [`${nameless} results are of no run`]),
        ...(dead === 'any' || remains.dead.length === dead
          ? []
          : [`${remains.dead.length} tasks are dead, ${dead} should be`]),
      ],
    },
  }
}

/** How often all workers together told of an event. */
export async function toldOf(folder: string, event: string): Promise<number> {
  let count = 0
  for (const name of await readdir(folder)) {
    if (!/^worker-\d+\.log$/.test(name)) continue
    const lines = (await readFile(join(folder, name), 'utf8')).split('\n')
    count += lines.filter(line => line.includes(`"event":"${event}"`)).length
  }
  return count
}
