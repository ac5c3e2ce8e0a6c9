import { existsSync } from 'node:fs'
import { lookBack } from '../look.ts'
import type { StormTest } from '../storm.ts'
import { fill, until, Workers } from '../workers.ts'

const library = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
].find(path => existsSync(path))

export const clock: StormTest = {
  name: 'clock',
  promise: 'workers whose wall clocks are an hour apart do not take each other’s tasks',
  needs: () => (library === undefined ? 'libfaketime is not installed' : undefined),
  refuses: {
    fq: 'its leases end by the wall clocks of those who share the folder',
  },
  async run(storm) {
    const { queue, ids } = await fill(storm, new Array(12).fill({ does: 'waits', seconds: 4 }))
    const workers = new Workers(storm, { TQ_CONCURRENCY: '2', TQ_LEASE_SECONDS: '3' })
    const shifted = (offset: string) => ({
      ...{ LD_PRELOAD: library ?? '', FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1' },
    })
    try {
      workers.launch()
      await until(async () => ((await queue.counts()).leased ?? 0) >= 2, 'the first lease')
      workers.launch({ env: shifted('+1h') })
      workers.launch({ env: shifted('-1h') })
      const ends = await workers.gone()
      const { figures } = await lookBack(storm, queue, ids)
      return {
        ...figures,
        faults: [
          ...figures.faults,
          ...ends.filter(end => end !== 0).map(end => `a worker ended with ${end}`),
          ...(figures.extraRuns > 0 ? [`${figures.extraRuns} tasks were leased too early`] : []),
        ],
      }
    } finally {
      workers.killAll()
      await queue.close()
    }
  },
}
