import { spawnSync } from 'node:child_process'
import { onField } from '../field.ts'
import type { Kind } from '../grounds.ts'
import { lookBack, toldOf } from '../look.ts'
import type { StormTest } from '../storm.ts'

export const errors: StormTest = {
  name: 'errors',
  promise: 'workers whose writes and syncs fail, or that are killed at one, lose nothing',
  load: 'light',
  refuses: ({ medium }) => (medium === 'service' ? 'it lies on no disk of ours' : undefined),
  needs: () =>
    spawnSync('strace', ['-V']).status === 0
      ? undefined
      : { reason: 'strace is not installed', inCi: 'must be there' },
  async run(storm) {
    const { kind, folder, chance, isLong } = storm
    const kills = Array.from(
      { length: isLong ? 100 : 5 },
      () => 1 + chance.whole(isLong ? 300 : 60),
    )
    const count = isLong ? 4000 : 300
    const tasks = new Array(count).fill({ does: 'waits', seconds: 0.005, bytes: 500 })
    const settings = { TQ_CONCURRENCY: '2', TQ_LEASE_SECONDS: '1' }
    return await onField(storm, { tasks, settings }, async field => {
      const { workers, watch } = field
      const { killable, failing } = calls[kind.medium]
      let killed = 0
      for (const when of kills) {
        const inject = `${killable}:signal=KILL:when=${when}`
        if ((await workers.launch({ under: strace(killable, inject) }).gone) === 'SIGKILL')
          killed += 1
      }
      for (const [names, error] of failing) {
        const first = 5 + chance.whole(10)
        const inject = `${names}:error=${error}:when=${first}..${first + 2}`
        workers.launch({ under: strace(names, inject) })
      }
      const faults = await workers.gone(watch, count)
      const pauses = await toldOf(folder, 'store-trouble')
      const { figures } = await lookBack(storm, field)
      return {
        ...figures,
        kills: killed,
        faults: [
          ...figures.faults,
          ...faults,
          ...(killed > 0 ? [] : ['nobody was killed']),
          ...(pauses > 0 ? [] : ['no worker noticed an error of the disk']),
        ],
        note: `killed at system calls ${kills.join(' ')}; ${pauses} pauses`,
      }
    })
  },
}

interface Calls {
  readonly killable: string
  readonly failing: readonly (readonly [names: string, error: string])[]
}

const none: Calls = { killable: '', failing: [] }
const syncs = 'fsync,fdatasync'

/** What workers do to the disk; a name that this processor does not have is left out. */
const calls: Readonly<Record<Kind['medium'], Calls>> = {
  file: {
    killable: `pwrite64,${syncs}`,
    failing: [
      [syncs, 'EIO'],
      ['pwrite64', 'ENOSPC'],
    ],
  },
  folder: {
    killable: `?rename,?renameat,?renameat2,?unlink,?unlinkat,${syncs}`,
    failing: [
      [syncs, 'EIO'],
      ['?rename,?renameat,?renameat2', 'EIO'],
    ],
  },
  service: none,
}

/** Tampers with calls of a worker and all it starts; the worker stays a child of ours. */
function strace(trace: string, inject: string): readonly string[] {
  return [
    ...['strace', '-D', '-f', '-qq', '-o', '/dev/null'],
    ...['-e', `trace=${trace}`, '-e', `inject=${inject}`],
  ]
}
