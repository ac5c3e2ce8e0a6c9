import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { countedBy } from '../child.ts'
import type { Peer } from '../peer.ts'

export const parallel: Peer = {
  name: 'GNU parallel',
  settings: 'a line a task, -j2, the task is echo; a list in a file, not a queue',
  durability: 'the list stays; what was done is known from a job log where one is asked for',
  keepsResults: false,
  most: 2000,
  isAlone: true,
  needs: () =>
    spawnSync('parallel', ['--version']).status === 0
      ? undefined
      : 'GNU parallel is not installed (apt-get install parallel)',
  start: async folder => ({ place: { list: join(folder, 'list') }, stop: async () => {} }),
  insert: ({ list }, bodies) => writeFile(String(list), bodies.join('\n')),
  async work({ list }, done) {
    let lines = 0
    const count = () => {
      lines += 1
      return lines
    }
    const args = ['--will-cite', '-j2', '--arg-file', String(list), 'echo']
    return countedBy('parallel', args, count, done)
  },
}
