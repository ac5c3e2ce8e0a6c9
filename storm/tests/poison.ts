import { onField } from '../field.ts'
import { lookBack } from '../look.ts'
import type { StormTest } from '../storm.ts'
import { poisons } from '../task.ts'

const attempts = 2

export const poison: StormTest = {
  name: 'poison',
  promise: 'tasks that harm their runner are dead after their attempts, their neighbours are done',
  load: 'light',
  async run(storm) {
    const neighbours = storm.isLong ? 1000 : 20
    const healthy = new Array(neighbours).fill({ does: 'nothing' })
    const tasks = poisons.flatMap(does => [...healthy, { does }])
    const settings = {
      ...{ TQ_CONCURRENCY: '3', TQ_MAX_ATTEMPTS: String(attempts), TQ_TASK_TIMEOUT_SECONDS: '2' },
      TQ_MEMORY_LIMIT: '300Mi',
    }
    return await onField(storm, { tasks, settings }, async field => {
      const { workers, watch, ids } = field
      workers.launch()
      const faults = await workers.gone(watch, ids.length)
      const { remains } = await watch.remains()
      const { steps, figures } = await lookBack(storm, field, { attempts, dead: poisons.length })
      const wanted = poisons.length * attempts + neighbours * poisons.length
      const runs = steps.filter(({ step }) => step === 'began').length
      const done = remains.results.length
      return {
        ...figures,
        extraRuns: runs - wanted,
        faults: [
          ...figures.faults,
          ...faults,
          ...(done === ids.length - poisons.length ? [] : [`${done} neighbours are done`]),
        ],
        note: `${poisons.length} kinds of poison`,
      }
    })
  },
}
