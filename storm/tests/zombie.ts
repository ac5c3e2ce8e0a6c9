import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onField } from '../field.ts'
import { lookBack } from '../look.ts'
import type { StormTest } from '../storm.ts'
import { until } from '../workers.ts'

const leaseSeconds = 2

export const zombie: StormTest = {
  name: 'zombie',
  promise:
    'a worker that slept past its leases spoils nothing: one result a task, its runs are told',
  load: 'light',
  async run(storm) {
    const go = join(storm.folder, 'go')
    const isWelcome = storm.kind.lateWord === 'welcome'
    const tasks = new Array(8).fill({ does: 'waits for', file: go })
    const settings = { TQ_CONCURRENCY: '4', TQ_LEASE_SECONDS: String(leaseSeconds) }
    return await onField(storm, { tasks, settings }, async field => {
      const { workers, runs, watch, ids } = field
      const sleeper = workers.launch()
      await until(async () => (await runs.refresh()).began >= 4, 'the first runs')
      // It has room for what the sleeper holds.
      workers.launch({ env: { TQ_CONCURRENCY: '8' } })
      await until(async () => (await runs.refresh()).began >= 8, 'the runs of the other worker')
      sleeper.child.kill('SIGSTOP')
      await until(async () => (await runs.refresh()).began >= 12, 'the runs that it took over')
      sleeper.child.kill('SIGCONT')
      if (!isWelcome)
        await until(async () => (await runs.refresh()).aborted > 0, 'the first run that is told')
      await writeFile(go, '')
      const faults = await workers.gone(watch, ids.length)
      const { steps, figures } = await lookBack(storm, field)
      const aborted = steps.filter(({ step }) => step === 'aborted').length
      const silence = [
        ...(aborted === 0 ? ['no run was told by its signal that its lease was lost'] : []),
        ...(figures.refused === 0 ? ['no worker said that it lost leases'] : []),
      ]
      return {
        ...figures,
        faults: [
          ...figures.faults,
          ...faults,
          ...(figures.extraRuns === 0 ? ['nobody else ran what the sleeper held'] : []),
          ...(isWelcome ? [] : silence),
        ],
        note: isWelcome
          ? 'a late word is welcome, the first result counts'
          : `${aborted} runs were told by their signal`,
      }
    })
  },
}
