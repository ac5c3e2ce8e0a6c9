import { readResults, recordOf } from '../../src/runtime/index.ts'
import { onField } from '../field.ts'
import { lookBack } from '../look.ts'
import type { StormTest } from '../storm.ts'

export const fairness: StormTest = {
  name: 'fairness',
  promise: 'eight supervisors on one queue all get their share',
  load: 'heavy',
  refuses: ({ medium }) =>
    medium === 'service' ? 'the service decides whom it gives what' : undefined,
  async run(storm) {
    // The slower queue is asked for fewer and longer tasks, or the start of eight processes is all there is.
    const [part, seconds] = storm.kind.medium === 'file' ? [1, 0.01] : [0.2, 0.05]
    const count = part * (storm.isLong ? 80_000 : 8000)
    const tasks = new Array(count).fill({ does: 'waits', seconds })
    const settings = { TQ_CONCURRENCY: '1', TQ_ASYNC_PER_RUNNER: '8' }
    return await onField(storm, { tasks, settings }, async field => {
      const { workers, watch } = field
      for (let at = 0; at < 8; at += 1) workers.launch()
      const faults = await workers.gone(watch, count)
      const { figures } = await lookBack(storm, field)
      const times = new Map<string, number[]>()
      for await (const result of readResults(watch.queue)) {
        const record = recordOf(result)
        if (!('worker' in record) || record.startedAt === undefined) continue
        const own = times.get(record.worker) ?? []
        own.push(Date.parse(record.startedAt))
        times.set(record.worker, own)
      }
      const together = whileAllWorked([...times.values()])
      const shares = together.map(own => own.length)
      const share = Math.min(...shares) / Math.max(...shares)
      const longest = Math.max(...together.map(longestGapSeconds))
      const bearable = Math.max(1, spanSeconds(together) / 3)
      return {
        ...figures,
        longestWaitSeconds: longest,
        faults: [
          ...figures.faults,
          ...faults,
          ...(times.size === 8 ? [] : [`${times.size} of 8 workers had tasks`]),
          ...(share >= 0.5 ? [] : [`the least had ${share.toFixed(2)} of what the most had`]),
          ...(longest < bearable ? [] : [`a worker waited ${longest.toFixed(1)} s for a task`]),
        ],
        note: `least/most ${share.toFixed(2)}`,
      }
    })
  },
}

/** Of each worker only what it began once all had begun something and before the first was through. */
function whileAllWorked(all: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const from = Math.max(...all.map(own => Math.min(...own)))
  const to = Math.min(...all.map(own => Math.max(...own)))
  return all.map(own => own.filter(time => time >= from && time <= to))
}

/** A busy machine stretches it as it does all waits. */
function spanSeconds(all: readonly (readonly number[])[]): number {
  const times = all.flat()
  return (Math.max(...times) - Math.min(...times)) / 1000
}

function longestGapSeconds(times: readonly number[]): number {
  const sorted = [...times].sort((one, other) => one - other)
  const gaps = sorted.map((time, at) => time - (sorted[at - 1] ?? time))
  return Math.max(...gaps) / 1000
}
