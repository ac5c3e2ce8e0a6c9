import type { Counts } from '../queue/driver.ts'

/**
 * When a worker's work is done. `drained`: nothing waits and nobody holds anything. `idle`: nothing
 * waits, delayed or not, and this worker holds nothing. `stopped`: not before it is told.
 */
export const untils = ['drained', 'idle', 'stopped'] as const
export type Until = (typeof untils)[number]

/** What is known when the question is whether a worker may end. */
export interface Situation {
  readonly until: Until
  readonly counts: Counts
  /** Seconds since something was last leased or held here. */
  readonly idleSeconds: number
  /** Seconds since the counts first said that the work is done; `undefined` while they do not. */
  readonly confirmedSeconds: number | undefined
  /** How long the counts of this store lag behind. */
  readonly settleSeconds: number
  /** For stores that cannot count: how long nothing may be leased before the queue is taken as empty. */
  readonly unknownSeconds: number
}

/** `confirm`: the counts must say so for a while; `doubt`: there are none; `wait`: there is something left. */
type Verdict = 'end' | 'confirm' | 'doubt' | 'wait'

/** Whether a worker that holds nothing and was given nothing may end, must look again, or must wait. */
export function judgeEnding(situation: Situation): Verdict {
  const { until, counts, idleSeconds, confirmedSeconds, settleSeconds, unknownSeconds } = situation
  if (until === 'stopped') return 'wait'
  const waiting = [counts.ready, counts.delayed, ...(until === 'drained' ? [counts.leased] : [])]
  if (waiting.some(count => count !== undefined && count > 0)) return 'wait'
  if (waiting.includes(undefined)) return idleSeconds >= unknownSeconds ? 'end' : 'doubt'
  if (settleSeconds === 0) return 'end'
  return confirmedSeconds !== undefined && confirmedSeconds >= settleSeconds ? 'end' : 'confirm'
}

/** A worker that has nothing to do ends then, if no task comes. */
export interface EndInSight {
  readonly seconds: number
  /** Why it does not end at once: the store's counts lag behind, or there are none. */
  readonly since: 'counts-lag' | 'counts-unknown'
}

/** What does not change of that, and who hears of an end in sight. */
export interface EndWatchOptions
  extends Pick<Situation, 'until' | 'settleSeconds' | 'unknownSeconds'> {
  /** Told when an end comes into sight that is some time away, at most once a minute. */
  readonly onInSight: (end: EndInSight) => void
}

/** A wait that is shorter needs no words. */
const tellingSeconds = 5
const tellAgainMilliseconds = 60_000

/** Judges one worker's ending, again and again. */
export class EndWatch {
  readonly #options: EndWatchOptions
  #inSight: { readonly at: number; readonly since: EndInSight['since'] } | undefined
  #toldAt = Number.NEGATIVE_INFINITY
  #idleSince: number | undefined
  #confirmedSince: number | undefined

  constructor(options: EndWatchOptions) {
    this.#options = options
  }

  /** Something was leased. */
  busy(): void {
    this.#inSight = undefined
    this.#idleSince = undefined
    this.#confirmedSince = undefined
  }

  /** Whether the worker may end; `now` is milliseconds on a steady clock. */
  mayEnd(counts: Counts, now: number): boolean {
    this.#idleSince ??= now
    const verdict = judgeEnding({
      ...this.#options,
      counts,
      idleSeconds: (now - this.#idleSince) / 1000,
      confirmedSeconds:
        this.#confirmedSince === undefined ? undefined : (now - this.#confirmedSince) / 1000,
    })
    this.#confirmedSince = verdict === 'confirm' ? (this.#confirmedSince ?? now) : undefined
    this.#look(verdict, now)
    return verdict === 'end'
  }

  /** The end that is in sight, if there is one; `now` as above. */
  endInSight(now: number): EndInSight | undefined {
    if (this.#inSight === undefined) return undefined
    const { at, since } = this.#inSight
    return { seconds: Math.max(0, (at - now) / 1000), since }
  }

  #look(verdict: Verdict, now: number): void {
    const { settleSeconds, unknownSeconds, onInSight } = this.#options
    const wasInSight = this.#inSight !== undefined
    const [began, seconds, since] =
      verdict === 'confirm'
        ? ([this.#confirmedSince, settleSeconds, 'counts-lag'] as const)
        : ([this.#idleSince, unknownSeconds, 'counts-unknown'] as const)
    const isInSight = verdict === 'confirm' || verdict === 'doubt'
    this.#inSight = isInSight ? { at: (began ?? now) + seconds * 1000, since } : undefined
    const end = this.endInSight(now)
    if (end === undefined || wasInSight || end.seconds < tellingSeconds) return
    if (now - this.#toldAt < tellAgainMilliseconds) return
    this.#toldAt = now
    onInSight(end)
  }
}
