import { onField } from '../field.ts'
import { lookBack } from '../look.ts'
import type { StormTest } from '../storm.ts'
import { until } from '../workers.ts'

const graceSeconds = 3
/** What others on the machine may add to it. */
const slackSeconds = 5

export const spot: StormTest = {
  name: 'spot',
  promise: 'a worker told to end gives everything back within its grace, at no attempt',
  load: 'light',
  async run(storm) {
    const tasks = new Array(40).fill({ does: 'waits', seconds: 600 })
    const settings = { TQ_CONCURRENCY: '4', TQ_SHUTDOWN_GRACE_SECONDS: String(graceSeconds) }
    return await onField(storm, { tasks, settings }, async field => {
      const { workers, runs, watch, ids } = field
      const { child, gone } = workers.launch()
      await until(async () => (await runs.refresh()).began >= 4, 'the first runs')
      const began = performance.now()
      child.kill('SIGTERM')
      const end = await gone
      const seconds = (performance.now() - began) / 1000
      const ready = await watch.ready()
      const charged = ready.filter(({ attempts }) => attempts > 0).length
      const { figures } = await lookBack(storm, field)
      return {
        ...figures,
        extraRuns: 0,
        faults: [
          ...(end === 143 ? [] : [`the worker ended with ${end}, not 143`]),
          ...(ready.length === ids.length
            ? []
            : [`${ready.length} of ${ids.length} tasks are ready again`]),
          ...(charged === 0 ? [] : [`${charged} tasks were charged an attempt`]),
          ...(seconds < graceSeconds + slackSeconds
            ? []
            : [`it took ${seconds.toFixed(1)} s with a grace of ${graceSeconds} s`]),
        ],
        note: `gone after ${seconds.toFixed(1)} s of ${graceSeconds} s grace`,
      }
    })
  },
}
