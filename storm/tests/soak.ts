import { readFileSync } from 'node:fs'
import { onField } from '../field.ts'
import type { Kind } from '../grounds.ts'
import { lookBack } from '../look.ts'
import type { StormTest } from '../storm.ts'
import { until } from '../workers.ts'

export const soak: StormTest = {
  name: 'soak',
  promise: 'a long run takes no more memory at its end than at its half, and is looked at quickly',
  load: 'heavy',
  refuses: ({ medium }) => unfit[medium],
  async run(storm) {
    const count = storm.isLong ? 1_000_000 : 400_000
    // A history of every run would be all that is measured here.
    const settings = { TQ_CONCURRENCY: '2', STORM_QUIET: '1' }
    return await onField(storm, { tasks: new Array(count).fill({}), settings }, async field => {
      const { workers, watch } = field
      const { child } = workers.launch()
      const looks: number[] = []
      const megabytes: number[] = []
      for (let tenth = 1; tenth <= 10; tenth += 1) {
        let most = 0
        const isThere = async () => {
          const began = performance.now()
          const now = await watch.finished()
          looks.push(performance.now() - began)
          most = Math.max(most, residentMegabytes(child.pid))
          return now >= (tenth * count) / 10
        }
        await until(isThere, `tenth ${tenth}`, 7200)
        megabytes.push(most)
      }
      const faults = await workers.gone(watch, count)
      const { figures } = await lookBack(storm, field, { results: 'are empty' })
      const growth = Math.max(...megabytes.slice(5)) / (megabytes[4] ?? 1)
      looks.sort((one, other) => other - one)
      const slowest = looks[Math.ceil(looks.length / 100)] ?? 0
      // Not the slowest, which tell of whatever else the machine does.
      const median = looks[Math.ceil(looks.length / 2)] ?? 0
      return {
        ...figures,
        extraRuns: 0,
        faults: [
          ...figures.faults,
          ...faults,
          ...(growth < 1.3 ? [] : [`memory grew to ${growth.toFixed(2)} of what it was at half`]),
          ...(median < 50 ? [] : [`counts took ${median.toFixed(0)} ms (median)`]),
        ],
        note: `MB by tenths: ${megabytes.map(one => one.toFixed(0)).join(' ')}; counts p99 ${slowest.toFixed(0)} ms`,
      }
    })
  },
}

const unfit: Readonly<Partial<Record<Kind['medium'], string>>> = {
  folder: 'its index of finished tasks grows with them, by some 100 bytes each',
  service: 'a server on loopback would be what is measured',
}

function residentMegabytes(pid = 0): number {
  try {
    const [, kilobytes] =
      /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kilobytes ?? 0) / 1024
  } catch {
    // It has ended meanwhile.
    return 0
  }
}
