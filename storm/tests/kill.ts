import { onField } from '../field.ts'
import { lookBack } from '../look.ts'
import { planFaults } from '../plan.ts'
import type { StormTest } from '../storm.ts'
import { until, type Workers } from '../workers.ts'

/** What one killed supervisor may have had run and not yet recorded. */
const runsAtRisk = 1000

export const kill: StormTest = {
  name: 'kill',
  promise: 'kill -9 of supervisors and runners loses nothing and doubles nothing',
  load: 'heavy',
  async run(storm) {
    const { isLong, chance, kind } = storm
    const count = kind.share * (isLong ? 200_000 : 10_000)
    const [supervisors, kills] = isLong ? [4, 40] : [2, kind.medium === 'service' ? 6 : 10]
    const tasks = new Array(count).fill({ does: 'nothing' })
    const settings = { TQ_CONCURRENCY: '4', TQ_LEASE_SECONDS: '3' }
    return await onField(storm, { tasks, settings }, async field => {
      const { workers, runs, watch } = field
      for (let at = 0; at < supervisors; at += 1) workers.launch()
      let killed = 0
      for (const fault of planFaults(chance, kills, ['supervisor', 'runner'])) {
        const share = fault.atShare * count
        await until(async () => (await runs.refresh()).ended.size >= share, 'the next share')
        const isHit =
          fault.kind === 'runner'
            ? killRunner(runs.runners, fault.victim)
            : killSupervisor(workers, fault.victim)
        if (isHit) killed += 1
      }
      const faults = await workers.gone(watch, count)
      const { figures } = await lookBack(storm, field)
      const allowed = killed * runsAtRisk
      const { extraRuns } = figures
      return {
        ...figures,
        kills: killed,
        faults: [
          ...figures.faults,
          ...faults,
          ...(killed > 0 ? [] : ['nothing was killed']),
          ...(extraRuns > allowed ? [`${extraRuns} extra runs, ${allowed} are allowed`] : []),
        ],
        note: `${(extraRuns / Math.max(1, killed)).toFixed(1)} extra runs a kill`,
      }
    })
  },
}

function killSupervisor(workers: Workers, victim: number): boolean {
  const worker = workers.living[victim % Math.max(1, workers.living.length)]
  if (worker === undefined || !worker.child.kill('SIGKILL')) return false
  workers.launch()
  return true
}

function killRunner(pids: readonly number[], victim: number): boolean {
  for (let tries = 0; tries < pids.length; tries += 1) {
    const pid = pids[(victim + tries) % pids.length]
    try {
      if (pid !== undefined) process.kill(pid, 'SIGKILL')
      return true
    } catch {
      // That one is gone already: the next.
    }
  }
  return false
}
