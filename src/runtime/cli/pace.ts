import { remaining, settled } from '../queue/counts.ts'
import type { Counts, Lately } from '../queue/driver.ts'
import type { Queue } from '../queue/queue.ts'

/** The counts at a moment of a clock that only goes forward. */
export interface Sample {
  readonly milliseconds: number
  readonly counts: Counts
}

/** How fast a queue is worked off; each part is absent where it cannot be known. */
export interface Pace {
  readonly perSecond?: number
  readonly secondsLeft?: number
}

/** Tasks that must be in a span for its rate to mean something, else a longer one is looked at. */
const leastFinished = 10
const spansSeconds = [60, 900, 3600]

/** The rate as the store itself tells it, at the first look; `undefined` where it cannot. */
export async function paceOfStore(
  { driver }: Pick<Queue, 'driver'>,
  counts: Counts,
): Promise<Pace | undefined> {
  let lately: Lately | undefined
  for (const seconds of spansSeconds) {
    lately = await driver.finishedLately?.(seconds)
    if (lately === undefined || lately.finished >= leastFinished) break
  }
  return lately && paceFrom(lately.finished / lately.seconds, remaining(counts))
}

/** How far back the rate looks; further only when nobody looked meanwhile. */
export const windowSeconds = 60

/** The samples that the rate is taken from, with a new one: a purge begins anew. */
export function withSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  const last = samples.at(-1)
  const before = last === undefined ? undefined : settled(last.counts)
  const now = settled(sample.counts)
  const fewer = before !== undefined && now !== undefined && now < before
  if (fewer) return [sample]
  const oldest = sample.milliseconds - windowSeconds * 1000
  const recent = samples.filter(({ milliseconds }) => milliseconds >= oldest)
  return [...(recent.length > 0 ? recent : samples.slice(-1)), sample]
}

/** The rate between the first and the last sample, and how long what remains takes at that rate. */
export function paceOf(samples: readonly Sample[]): Pace {
  const first = samples.at(0)
  const last = samples.at(-1)
  if (first === undefined || last === undefined) return {}
  const left = remaining(last.counts)
  const seconds = (last.milliseconds - first.milliseconds) / 1000
  const before = settled(first.counts)
  const now = settled(last.counts)
  if (seconds <= 0 || before === undefined || now === undefined)
    return left === 0 ? { secondsLeft: 0 } : {}
  return paceFrom(Math.max(0, now - before) / seconds, left)
}

function paceFrom(perSecond: number, left: number | undefined): Pace {
  if (left === 0) return { perSecond, secondsLeft: 0 }
  return left === undefined || perSecond <= 0
    ? { perSecond }
    : { perSecond, secondsLeft: left / perSecond }
}
