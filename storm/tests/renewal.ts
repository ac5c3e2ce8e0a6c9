import { availableParallelism } from 'node:os'
import { onField } from '../field.ts'
import { lookBack } from '../look.ts'
import type { StormTest } from '../storm.ts'

export const renewal: StormTest = {
  name: 'renewal',
  promise: 'leases of 4 s hold while tasks compute for longer on every core',
  load: 'heavy',
  async run(storm) {
    const cores = availableParallelism()
    const rounds = storm.isLong ? 10 : 1
    const tasks = new Array(2 * cores * rounds).fill({ does: 'computes', seconds: 6 })
    const settings = { TQ_CONCURRENCY: String(cores), TQ_LEASE_SECONDS: '4' }
    return await onField(storm, { tasks, settings }, async field => {
      const { workers, watch } = field
      workers.launch()
      workers.launch()
      const faults = await workers.gone(watch, tasks.length)
      const { figures } = await lookBack(storm, field)
      const { extraRuns } = figures
      return {
        ...figures,
        faults: [
          ...figures.faults,
          ...faults,
          ...(extraRuns > 0 ? [`${extraRuns} tasks ran twice`] : []),
        ],
      }
    })
  },
}
