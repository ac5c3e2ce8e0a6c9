import { spawnSync } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onField } from '../field.ts'
import { lookBack, toldOf } from '../look.ts'
import type { StormTest } from '../storm.ts'
import { until } from '../workers.ts'

const megabytes = 32

export const disk: StormTest = {
  name: 'disk',
  promise: 'a disk that is full while outcomes are recorded makes workers wait and loses nothing',
  load: 'light',
  refuses: ({ medium }) => (medium === 'service' ? 'it lies on no disk of ours' : undefined),
  needs: () =>
    process.platform === 'linux' && process.getuid?.() === 0
      ? undefined
      : { reason: 'only root can mount a small disk', inCi: 'must be there' },
  prepare(store) {
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', store])
    if (mounted.status !== 0) throw new Error(`no small disk: ${mounted.stderr.toString()}`)
    return () => void spawnSync('umount', ['--lazy', store])
  },
  async run(storm) {
    const { folder, store, chance, isLong } = storm
    const rounds = isLong ? 10 : 2
    const count = 500 * rounds
    const tasks = new Array(count).fill({ does: 'waits', seconds: 0.005, bytes: 3000 })
    const settings = { TQ_CONCURRENCY: '2', TQ_LEASE_SECONDS: '3' }
    return await onField(storm, { tasks, settings }, async field => {
      const { workers, runs, watch } = field
      // One task a round goes on until the disk is full: the others may all be done before anybody has filled it.
      const gates = Array.from({ length: rounds }, (_, round) => `gate${round}`)
      const insertGate = async (id: string | undefined) => {
        const params = { does: 'waits for', file: join(folder, id ?? ''), bytes: 3000 }
        if (id !== undefined) await watch.queue.insert([{ id, params }])
      }
      await insertGate(gates[0])
      workers.launch()
      workers.launch()
      const ballast = join(store, 'ballast')
      for (const [round, gate] of gates.entries()) {
        const share = (round + 0.1 + 0.3 * chance.next()) / rounds
        const isThere = async () => (await runs.refresh()).ended.size >= share * count
        await until(isThere, 'the next share')
        await insertGate(gates[round + 1])
        const before = await toldOf(folder, 'store-trouble')
        const isNoticed = async () => {
          // What is finished makes room: it is taken at once.
          fillUp(ballast)
          return (await toldOf(folder, 'store-trouble')) > before
        }
        fillUp(ballast)
        await writeFile(join(folder, gate), '')
        await until(isNoticed, 'a word about the full disk', 60)
        fillUp(ballast)
        await sleep(500)
        await rm(ballast)
      }
      const ids = [...field.ids, ...gates]
      const faults = await workers.gone(watch, ids.length)
      const { figures } = await lookBack(storm, { watch, ids })
      const [pauses, ends] = [
        await toldOf(folder, 'store-trouble'),
        await toldOf(folder, 'store-recovered'),
      ]
      return {
        ...figures,
        faults: [
          ...figures.faults,
          ...faults,
          ...(ends === pauses ? [] : [`${pauses} pauses began and ${ends} ended`]),
        ],
        note: `full ${rounds} times, workers paused ${pauses} times`,
      }
    })
  },
}

/** Takes every byte that is left. */
function fillUp(path: string): void {
  const file = openSync(path, 'a')
  try {
    for (let bytes = 2 ** 20; bytes >= 1; bytes /= 2) {
      const piece = Buffer.alloc(bytes)
      try {
        while (writeSync(file, piece) === piece.length);
      } catch {
        // No room for so much: half of it.
      }
    }
  } finally {
    closeSync(file)
  }
}
