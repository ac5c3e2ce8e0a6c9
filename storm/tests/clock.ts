import { existsSync } from 'node:fs'
import { onField } from '../field.ts'
import { lookBack } from '../look.ts'
import type { StormTest } from '../storm.ts'
import { until } from '../workers.ts'

const library = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
].find(path => existsSync(path))

export const clock: StormTest = {
  name: 'clock',
  promise: 'workers whose wall clocks are an hour apart do not take each other’s tasks',
  load: 'light',
  needs: () =>
    library === undefined
      ? { reason: 'libfaketime is not installed', inCi: 'must be there' }
      : undefined,
  refuses: ({ name }) =>
    name === 'fq' ? 'its leases end by the wall clocks of those who share the folder' : undefined,
  async run(storm) {
    const tasks = new Array(12).fill({ does: 'waits', seconds: 3 })
    const settings = { TQ_CONCURRENCY: '2', TQ_LEASE_SECONDS: '10' }
    const shifted = (offset: string) => ({
      ...{ LD_PRELOAD: library ?? '', FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1' },
    })
    return await onField(storm, { tasks, settings }, async field => {
      const { workers, runs, watch, ids } = field
      workers.launch()
      await until(async () => (await runs.refresh()).began >= 2, 'the first runs')
      workers.launch({ env: shifted('+1h') })
      workers.launch({ env: shifted('-1h') })
      const faults = await workers.gone(watch, ids.length)
      const { figures } = await lookBack(storm, field)
      const { extraRuns } = figures
      return {
        ...figures,
        faults: [
          ...figures.faults,
          ...faults,
          ...(extraRuns > 0 ? [`${extraRuns} tasks were leased too early`] : []),
        ],
      }
    })
  },
}
