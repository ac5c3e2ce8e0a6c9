import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onField } from '../field.ts'
import { lookBack } from '../look.ts'
import type { StormTest } from '../storm.ts'
import { until } from '../workers.ts'

const peer = fileURLToPath(new URL('../../test/fq/peer.py', import.meta.url))
const leaseSeconds = '3'

export const mixed: StormTest = {
  name: 'mixed',
  promise: 'workers of python-task-queue and ours drain one folder; each double run is a kill’s',
  load: 'light',
  refuses({ name }) {
    if (name === 'sqlite') return 'python-task-queue does not know it'
    return name === 'fq' ? undefined : 'python-task-queue asks it through an SDK that is not here'
  },
  needs: () =>
    process.env['TASKQ_PYTHON_TASK_QUEUE']
      ? undefined
      : {
          reason: 'TASKQ_PYTHON_TASK_QUEUE names no folder of python-task-queue',
          inCi: 'may be missing',
        },
  async run(storm) {
    const { store, isLong } = storm
    const half = isLong ? 2000 : 200
    const tasks = new Array(half).fill({ does: 'waits', seconds: 0.01 })
    const settings = { TQ_CONCURRENCY: '2', TQ_LEASE_SECONDS: leaseSeconds }
    const root = join(store, 'queue')
    const pythons: Python[] = []
    try {
      return await onField(storm, { tasks, settings, idOf: () => randomUUID() }, async field => {
        const { workers, runs, watch } = field
        const inserted = spawnSync('python3', [peer, 'insert', root, String(half)])
        if (inserted.status !== 0) throw new Error(inserted.stderr.toString())
        const names = await readdir(join(root, 'queue'))
        const ids = names.map(name => name.slice(name.indexOf('--') + 2, -'.json'.length))
        const ranByPython = () => new Set(pythons.flatMap(({ ran }) => ran))
        const share = (of: number) => async () =>
          (await runs.refresh()).ended.size + ranByPython().size >= of * ids.length
        pythons.push(python(root), python(root))
        const victim = workers.launch()
        workers.launch()
        await until(share(0.3), 'three tenths')
        victim.child.kill('SIGKILL')
        workers.launch()
        await until(share(0.6), 'six tenths')
        pythons[0]?.child.kill('SIGKILL')
        pythons.push(python(root))
        const ends = await workers.gone(watch, ids.length)
        for (const { gone } of pythons) await gone
        const { remains } = await watch.remains()
        const [ours, theirs] = [new Set(remains.results.map(({ id }) => id)), ranByPython()]
        const twice = ids.filter(id => ours.has(id) && theirs.has(id)).length
        const own = ids.filter(id => ours.has(id) || !theirs.has(id))
        const { figures, steps } = await lookBack(storm, { watch, ids: own })
        const began = steps.filter(({ step }) => step === 'began').length
        return {
          ...figures,
          tasks: ids.length,
          kills: 2,
          extraRuns: began + pythons.flatMap(({ ran }) => ran).length - ids.length,
          faults: [
            ...figures.faults,
            ...ends,
            ...(theirs.size > 0 && ours.size > 0 ? [] : ['only one side had tasks']),
            // A killed Python may have done the one task it held and not deleted it.
            ...(twice <= 1 ? [] : [`${twice} tasks were finished by both`]),
          ],
          note: `${ours.size} by ours, ${theirs.size} by Python, ${twice} by both`,
        }
      })
    } finally {
      for (const { child } of pythons) child.kill('SIGKILL')
    }
  },
}

interface Python {
  readonly child: ChildProcess
  /** The ids of the tasks that it ran. */
  readonly ran: readonly string[]
  readonly gone: Promise<unknown>
}

/** A worker of python-task-queue that drains the folder. */
function python(root: string): Python {
  const child = spawn('python3', [peer, 'work', root, leaseSeconds], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ran: string[] = []
  let rest = ''
  child.stdout.on('data', data => {
    const lines = (rest + String(data)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) ran.push((JSON.parse(line) as { readonly id: string }).id)
  })
  return { child, ran, gone: once(child, 'close') }
}
