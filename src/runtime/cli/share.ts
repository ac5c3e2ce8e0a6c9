import type { Counts } from '../queue/driver.ts'

/** All tasks of the queue; `undefined` where the store cannot know one of the counts. */
export function knownTotal({ ready, delayed, leased, done, dead }: Counts): number | undefined {
  let total = 0
  for (const count of [ready, delayed, leased, done, dead]) {
    if (count === undefined) return undefined
    total += count
  }
  return total
}

/** Per cent done, cut after one place so that only a finished queue has 100; `undefined` if unknown. */
export function doneShare(counts: Counts): number | undefined {
  const total = knownTotal(counts)
  if (total === undefined || total === 0 || counts.done === undefined) return undefined
  return Math.floor((counts.done / total) * 1000) / 10
}
