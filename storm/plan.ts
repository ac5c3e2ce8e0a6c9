/** Numbers that a seed decides. */
export interface Chance {
  /** A number in [0, 1). */
  readonly next: () => number
  /** A whole number from 0 to `below` - 1. */
  readonly whole: (below: number) => number
}

/** The same numbers for the same seed and name, whatever else is run before. */
export function chanceOf(seed: number, name: string): Chance {
  let state = seed >>> 0
  for (const letter of name) state = Math.imul(state ^ letter.charCodeAt(0), 0x01000193) >>> 0
  const next = () => {
    // Mulberry32: one word of state, good enough to choose victims.
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return { next, whole: below => Math.floor(next() * below) }
}

/** One fault: when this share of the tasks is done, this happens to that one of many. */
export interface Fault<Kind extends string> {
  readonly atShare: number
  readonly kind: Kind
  /** Which of those there are then: the number modulo how many. */
  readonly victim: number
}

/** A plan of faults in the order they happen, from one twentieth to nine tenths of the work. */
export function planFaults<Kind extends string>(
  chance: Chance,
  count: number,
  kinds: readonly Kind[],
): readonly Fault<Kind>[] {
  const faults = Array.from({ length: count }, () => ({
    atShare: 0.05 + 0.85 * chance.next(),
    kind: kinds[chance.whole(kinds.length)] as Kind,
    victim: chance.whole(1000),
  }))
  return faults.sort((one, other) => one.atShare - other.atShare)
}
