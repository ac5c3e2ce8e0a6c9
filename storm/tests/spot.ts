import { lookBack } from '../look.ts'
import type { StormTest } from '../storm.ts'
import { fill, until, Workers } from '../workers.ts'

export const spot: StormTest = {
  name: 'spot',
  promise: 'a worker told to end gives everything back within its grace, at no attempt',
  async run(storm) {
    const { queue, ids } = await fill(storm, new Array(40).fill({ does: 'waits', seconds: 600 }))
    const workers = new Workers(storm, { TQ_CONCURRENCY: '4', TQ_SHUTDOWN_GRACE_SECONDS: '3' })
    try {
      const { child, gone } = workers.launch()
      await until(async () => ((await queue.counts()).leased ?? 0) >= 4, 'the first lease')
      const began = performance.now()
      child.kill('SIGTERM')
      const end = await gone
      const seconds = (performance.now() - began) / 1000
      const { ready } = await queue.counts()
      const charged: string[] = []
      for (const { id, attempts } of await queue.tasks.get(ids)) if (attempts > 0) charged.push(id)
      const { figures } = await lookBack(storm, queue, ids)
      return {
        ...figures,
        extraRuns: 0,
        faults: [
          ...(end === 143 ? [] : [`the worker ended with ${end}, not 143`]),
          ...(ready === ids.length ? [] : [`${ready} of ${ids.length} tasks are ready again`]),
          ...(charged.length === 0 ? [] : [`${charged.length} tasks were charged an attempt`]),
          ...(seconds < 4 ? [] : [`it took ${seconds.toFixed(1)} s with a grace of 3 s`]),
        ],
        note: `gone after ${seconds.toFixed(1)} s of 3 s grace`,
      }
    } finally {
      workers.killAll()
      await queue.close()
    }
  },
}
