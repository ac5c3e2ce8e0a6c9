import { readFileSync } from 'node:fs'
import { lookBack } from '../look.ts'
import type { StormTest } from '../storm.ts'
import { fill, finished, until, Workers } from '../workers.ts'

export const soak: StormTest = {
  name: 'soak',
  promise: 'a long run takes no more memory at its end than at its half, and is looked at quickly',
  refuses: { fq: 'its index of finished tasks grows with them, by some 100 bytes each' },
  async run(storm) {
    const tasks = storm.isLong ? 10_000_000 : 100_000
    const { queue, ids } = await fill(storm, new Array(tasks).fill({}))
    // A history of every run would be all that is measured here.
    const workers = new Workers(storm, { TQ_CONCURRENCY: '2', STORM_QUIET: '1' })
    try {
      const { child } = workers.launch()
      const looks: number[] = []
      const look = async () => {
        const began = performance.now()
        const now = await finished(queue)
        looks.push(performance.now() - began)
        return now
      }
      await until(async () => (await look()) >= tasks / 2, 'the half', 7200)
      const half = residentBytes(child.pid)
      let end = half
      await until(
        async () => {
          end = Math.max(end, residentBytes(child.pid))
          return (await look()) >= tasks
        },
        'the end',
        7200,
      )
      const ends = await workers.gone()
      const { figures } = await lookBack(storm, queue, ids)
      const growth = end / half
      const slowest = [...looks].sort((one, other) => other - one)[Math.ceil(looks.length / 100)]
      return {
        ...figures,
        extraRuns: 0,
        faults: [
          ...figures.faults,
          ...ends.filter(one => one !== 0).map(one => `a worker ended with ${one}`),
          ...(growth < 1.3 ? [] : [`memory grew to ${growth.toFixed(2)} of what it was at half`]),
        ],
        note: `${(end / 2 ** 20).toFixed(0)} MB at most, ${growth.toFixed(2)} of that at half; counts p99 ${slowest?.toFixed(0)} ms`,
      }
    } finally {
      workers.killAll()
      await queue.close()
    }
  },
}

function residentBytes(pid = 0): number {
  try {
    const [, kilobytes] =
      /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kilobytes ?? 0) * 1024
  } catch {
    // It has ended meanwhile.
    return 0
  }
}
