import type { Counts } from '../queue/driver.ts'

/**
 * When a worker's work is done. `drained`: nothing waits and nobody holds anything. `idle`: nothing
 * can be leased and this worker holds nothing. `stopped`: not before it is told.
 */
export const untils = ['drained', 'idle', 'stopped'] as const
export type Until = (typeof untils)[number]

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

/** Whether a worker that holds nothing and was given nothing may end, must look again, or must wait. */
export function judgeEnding(situation: Situation): 'end' | 'confirm' | 'wait' {
  const { until, counts, idleSeconds, confirmedSeconds, settleSeconds, unknownSeconds } = situation
  if (until === 'stopped') return 'wait'
  const waiting = [counts.ready, counts.delayed, ...(until === 'drained' ? [counts.leased] : [])]
  if (waiting.some(count => count !== undefined && count > 0)) return 'wait'
  if (waiting.includes(undefined)) return idleSeconds >= unknownSeconds ? 'end' : 'wait'
  if (settleSeconds === 0) return 'end'
  return confirmedSeconds !== undefined && confirmedSeconds >= settleSeconds ? 'end' : 'confirm'
}

/** Judges one worker's ending, again and again. */
export class EndWatch {
  readonly #options: Pick<Situation, 'until' | 'settleSeconds' | 'unknownSeconds'>
  #idleSince: number | undefined
  #confirmedSince: number | undefined

  constructor(options: Pick<Situation, 'until' | 'settleSeconds' | 'unknownSeconds'>) {
    this.#options = options
  }

  /** Something was leased. */
  busy(): void {
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
    return verdict === 'end'
  }
}
