import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { lookBack } from '../look.ts'
import type { StormTest } from '../storm.ts'
import { fill, until, Workers } from '../workers.ts'

const leaseSeconds = 1

export const zombie: StormTest = {
  name: 'zombie',
  promise: 'a worker that slept past its leases can do nothing to its tasks, and they are told',
  async run(storm) {
    const { queue, ids } = await fill(storm, new Array(8).fill({ does: 'waits', seconds: 5 }))
    const settings = { TQ_CONCURRENCY: '4', TQ_LEASE_SECONDS: String(leaseSeconds) }
    const workers = new Workers(storm, settings)
    try {
      const sleeper = workers.launch()
      await until(async () => ((await queue.counts()).leased ?? 0) >= 4, 'the first lease')
      sleeper.child.kill('SIGSTOP')
      workers.launch()
      await sleep(3.5 * leaseSeconds * 1000)
      sleeper.child.kill('SIGCONT')
      const ends = await workers.gone()
      const { steps, figures } = await lookBack(storm, queue, ids)
      const aborted = steps.filter(({ step }) => step === 'aborted').length
      const refused = (await readFile(sleeper.says, 'utf8')).match(/lease-lost|lease .*lost/gi)
      const faults = [
        ...figures.faults,
        ...ends.filter(end => end !== 0).map(end => `a worker ended with ${end}`),
        ...(aborted === 0 ? ['no run was told by its signal that its lease was lost'] : []),
        ...(refused === null ? ['the worker that slept did not say that it lost leases'] : []),
      ]
      const note = `${aborted} runs were told by their signal`
      return { ...figures, faults, refused: refused?.length ?? 0, note }
    } finally {
      workers.killAll()
      await queue.close()
    }
  },
}
