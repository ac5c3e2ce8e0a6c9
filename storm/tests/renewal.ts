import { availableParallelism } from 'node:os'
import { lookBack } from '../look.ts'
import type { StormTest } from '../storm.ts'
import { fill, Workers } from '../workers.ts'

export const renewal: StormTest = {
  name: 'renewal',
  promise: 'leases of 2 s hold while tasks compute for longer on every core',
  async run(storm) {
    const cores = availableParallelism()
    const rounds = storm.isLong ? 10 : 1
    const tasks = new Array(2 * cores * rounds).fill({ does: 'computes', seconds: 5 })
    const { queue, ids } = await fill(storm, tasks)
    const workers = new Workers(storm, { TQ_CONCURRENCY: String(cores), TQ_LEASE_SECONDS: '2' })
    try {
      workers.launch()
      workers.launch()
      const ends = await workers.gone()
      const { figures } = await lookBack(storm, queue, ids)
      return {
        ...figures,
        faults: [
          ...figures.faults,
          ...ends.filter(end => end !== 0).map(end => `a worker ended with ${end}`),
          ...(figures.extraRuns > 0 ? [`${figures.extraRuns} tasks ran twice`] : []),
        ],
      }
    } finally {
      workers.killAll()
      await queue.close()
    }
  },
}
