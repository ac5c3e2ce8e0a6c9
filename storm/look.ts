import type { Queue } from '../src/runtime/index.ts'
import {
  checkHistory,
  type Expectation,
  readHistories,
  remainsOf,
  type Step,
} from '../src/runtime/testing/index.ts'
import type { Figures, Storm } from './storm.ts'
import { histories } from './workers.ts'

/** What a storm of workers left behind, held to all rules. */
export async function lookBack(
  { ground, folder }: Storm,
  queue: Queue,
  ids: readonly string[],
  expected: Expectation = {},
): Promise<{ readonly steps: readonly Step[]; readonly figures: Figures }> {
  const steps = await readHistories(histories(folder))
  const whole: Step[] = [{ step: 'inserted', ids, span: { asked: 0, answered: 0 } }, ...steps]
  const remains = await remainsOf(queue)
  const runs = steps.filter(({ step }) => step === 'began').length
  const left = remains.waiting.length
  return {
    steps,
    figures: {
      tasks: ids.length,
      ...{ kills: 0, refused: 0 },
      extraRuns: runs - (ids.length - left),
      violations: checkHistory(whole, remains, { waived: ground.waived, ...expected }),
      faults: left === 0 ? [] : [`${left} tasks are still waiting`],
    },
  }
}
