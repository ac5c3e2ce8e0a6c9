import { type FailureKind, failureKinds } from './retry.ts'

/** Why a worker ended. */
export type WorkEnd = 'drained' | 'idle' | 'max-tasks' | 'max-seconds' | 'failures' | 'stopped'

/** What a worker has done so far. */
export interface WorkReport {
  readonly done: number
  readonly dead: number
  /** Runs that are to be repeated. */
  readonly retried: number
  /** Handed back without a charge. */
  readonly released: number
  /** Outcomes refused, for the lease was gone. */
  readonly lost: number
  readonly failures: Readonly<Record<FailureKind, number>>
  /** Runs whose outcome is in the queue. */
  readonly runs: number
}

/** Counts what happens. */
export class Tally implements WorkReport {
  done = 0
  dead = 0
  retried = 0
  released = 0
  lost = 0
  readonly failures = Object.fromEntries(failureKinds.map(kind => [kind, 0])) as Record<
    FailureKind,
    number
  >

  get runs(): number {
    return this.done + this.dead + this.retried
  }
}
