import type { Counts } from './driver.ts'

/** Tasks that are neither done nor dead; `undefined` where one of the counts is unknown. */
export function remaining({ ready, delayed, leased }: Counts): number | undefined {
  if (ready === undefined || delayed === undefined || leased === undefined) return undefined
  return ready + delayed + leased
}

/** Rises by one with every task that needs no more work; where it begins does not matter. */
export function settled(counts: Counts): number | undefined {
  const { done, dead } = counts
  if (done !== undefined && dead !== undefined) return done + dead
  // Such a store tells only how many wait: what is inserted meanwhile makes it look slower.
  const left = remaining(counts)
  return left === undefined ? undefined : -left
}
