import { type CauseName, causes, type Finding } from './causes.ts'

/** Since when each cause has been seen without a break, in milliseconds of a steady clock. */
export type SeenSince = ReadonlyMap<CauseName, number>

/** The memory after another look: what is no longer there is forgotten. */
export function remember(
  seen: SeenSince,
  findings: readonly Finding[],
  milliseconds: number,
): SeenSince {
  return new Map(findings.map(({ cause }) => [cause, seen.get(cause) ?? milliseconds]))
}

/** The finding whose time is up; none while any worker runs, for then the fleet gets on. */
export function finalFinding(
  seen: SeenSince,
  findings: readonly Finding[],
  running: number,
  milliseconds: number,
): Finding | undefined {
  if (running > 0) return undefined
  return findings.find(({ cause }) => {
    const { patienceSeconds } = causes[cause]
    const since = seen.get(cause) ?? milliseconds
    return patienceSeconds !== undefined && milliseconds - since >= patienceSeconds * 1000
  })
}
