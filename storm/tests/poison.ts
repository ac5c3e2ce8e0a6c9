import { lookBack } from '../look.ts'
import type { StormTest } from '../storm.ts'
import { poisons } from '../task.ts'
import { fill, Workers } from '../workers.ts'

const attempts = 2

export const poison: StormTest = {
  name: 'poison',
  promise: 'tasks that harm their runner are dead after their attempts, their neighbours are done',
  async run(storm) {
    const neighbours = storm.isLong ? 1000 : 50
    const healthy = new Array(neighbours).fill({ does: 'nothing' })
    const tasks = poisons.flatMap(does => [...healthy, { does }])
    const { queue, ids } = await fill(storm, tasks)
    const workers = new Workers(storm, {
      ...{ TQ_CONCURRENCY: '2', TQ_MAX_ATTEMPTS: String(attempts), TQ_TASK_TIMEOUT_SECONDS: '3' },
      TQ_MEMORY_LIMIT: '300Mi',
    })
    try {
      workers.launch()
      const ends = await workers.gone()
      const { steps, figures } = await lookBack(storm, queue, ids, { attempts })
      const { dead = 0, done = 0 } = await queue.counts()
      const wanted = poisons.length * attempts + neighbours * poisons.length
      const runs = steps.filter(({ step }) => step === 'began').length
      return {
        ...figures,
        extraRuns: runs - wanted,
        faults: [
          ...figures.faults,
          ...ends.filter(end => end !== 0).map(end => `a worker ended with ${end}`),
          ...(dead === poisons.length ? [] : [`${dead} of ${poisons.length} poisons are dead`]),
          ...(done === ids.length - poisons.length ? [] : [`${done} neighbours are done`]),
        ],
        note: `${poisons.length} kinds of poison`,
      }
    } finally {
      workers.killAll()
      await queue.close()
    }
  },
}
