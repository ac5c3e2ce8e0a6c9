import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { countedBy, endsWell } from '../child.ts'
import type { Peer } from '../peer.ts'

const script = fileURLToPath(new URL('python.py', import.meta.url))
const python = process.env['TASKQ_PYTHON_TASK_QUEUE'] ?? ''

export const pythonTaskQueue: Peer = {
  name: 'python-task-queue on fq',
  settings: 'insert with 40 threads; poll, tally',
  durability: 'killed process (nothing is synced)',
  keepsResults: false,
  most: 5000,
  needs: () => {
    const path = ['import sys', `sys.path[:0] = ${JSON.stringify(python.split(':'))}`]
    const tried = spawnSync('python3', ['-c', [...path, 'import taskqueue'].join('\n')])
    return tried.status === 0
      ? undefined
      : 'python3 cannot import taskqueue (pip install task-queue, or name its folder in TASKQ_PYTHON_TASK_QUEUE)'
  },
  start: async folder => ({
    place: {
      ...{ url: `fq://${join(folder, 'queue')}`, python },
      bodies: join(folder, 'bodies.ndjson'),
    },
    stop: async () => {},
  }),
  async insert(place, bodies) {
    await writeFile(String(place['bodies']), bodies.join('\n'))
    await endsWell('python3', [script, 'insert', JSON.stringify(place)])
  },
  work: async (place, done) =>
    countedBy('python3', [script, 'work', JSON.stringify(place)], line => Number(line), done),
}
