import { readdir } from 'node:fs/promises'
import { lookBack } from '../look.ts'
import { planFaults } from '../plan.ts'
import type { Figures, Storm, StormTest } from '../storm.ts'
import { fill, finished, histories, until, Workers } from '../workers.ts'

/** What one killed supervisor may have had run and not yet recorded. */
const runsAtRisk = 1000

export const kill: StormTest = {
  name: 'kill',
  promise: 'kill -9 of supervisors and runners loses nothing and doubles nothing',
  async run(storm) {
    const { isLong, chance } = storm
    const tasks = storm.ground.share * (isLong ? 200_000 : 10_000)
    const [supervisors, kills] = isLong ? [4, 40] : [2, 10]
    const { queue, ids } = await fill(storm, new Array(tasks).fill({ does: 'nothing' }))
    const workers = new Workers(storm, { TQ_CONCURRENCY: '4', TQ_LEASE_SECONDS: '3' })
    try {
      for (let at = 0; at < supervisors; at += 1) workers.launch()
      let killed = 0
      for (const { atShare, kind, victim } of planFaults(chance, kills, ['supervisor', 'runner'])) {
        await until(async () => (await finished(queue)) >= atShare * tasks, 'the next share')
        const isHit =
          kind === 'runner' ? await killRunner(storm, victim) : killSupervisor(workers, victim)
        if (isHit) killed += 1
      }
      const ends = await workers.gone()
      const { figures } = await lookBack(storm, queue, ids)
      return verdict({ ...figures, kills: killed }, ends)
    } finally {
      workers.killAll()
      await queue.close()
    }
  },
}

function killSupervisor(workers: Workers, victim: number): boolean {
  const worker = workers.living[victim % workers.living.length]
  if (worker === undefined || !worker.child.kill('SIGKILL')) return false
  workers.launch()
  return true
}

/** Runners name their histories after themselves. */
async function killRunner({ folder }: Storm, victim: number): Promise<boolean> {
  const files = await readdir(histories(folder))
  const named = files.map(name => Number(/^run-(\d+)-/.exec(name)?.[1]))
  const pids = [...new Set(named)].sort((one, other) => one - other)
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

function verdict(figures: Figures, ends: readonly (number | NodeJS.Signals)[]): Figures {
  const { extraRuns, kills, faults } = figures
  const allowed = kills * runsAtRisk
  return {
    ...figures,
    faults: [
      ...faults,
      ...ends.filter(end => end !== 0).map(end => `a worker ended with ${end}`),
      ...(extraRuns > allowed ? [`${extraRuns} extra runs, at most ${allowed} are allowed`] : []),
    ],
    note: `${(extraRuns / Math.max(1, kills)).toFixed(1)} extra runs a kill`,
  }
}
