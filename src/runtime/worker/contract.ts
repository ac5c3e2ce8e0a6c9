import type { JsonObject } from '../queue/json.ts'

/**
 * What a task is to the one who writes it: a function of a row and a context.
 *
 * What it returns is the result of the task, kept exactly. `retry()` and `giveUp()` may be returned
 * or thrown in place of a result; any other throw is a failure, and the worker's settings decide.
 */
export type TaskFunction = (params: JsonObject, context: Context) => unknown

/** What a task may know of the run it is in, and how it speaks to the worker. */
export interface Context {
  readonly taskId: string
  /** 1 for the first run that counts, 2 for the next. */
  readonly attempt: number
  /** Aborted when the lease is lost, the time is up or the worker stops; pass it on to what waits. */
  readonly signal: AbortSignal
  /** True once the worker was told to stop: end early if you can, the grace is running. */
  readonly shutdownRequested: boolean
  /** True once this machine was announced to be taken away (Spot): seconds are left. */
  readonly terminationNotice: boolean
  readonly worker: WorkerFacts
  /** What the user wrote behind `--` on the worker's command line. */
  readonly args: readonly string[]
  /** Writes a line that carries the task's id. */
  readonly log: (message: string) => void
  /** Tells how far the task is: a fraction from 0 to 1. */
  readonly progress: (fraction: number) => void
}

/** Which worker runs the task, and where. */
export interface WorkerFacts {
  readonly id: string
  readonly host: string
}

/** Not now: run the task again, if it has attempts left. */
export interface Retry {
  readonly [brand]: 'retry'
  /** Default: the worker's back-off. */
  readonly afterSeconds?: number
  readonly reason?: string
}

/** Never again: the task is dead, with this reason. */
export interface GiveUp {
  readonly [brand]: 'give-up'
  readonly reason: string
}

/** Shared by every copy of this package in a process, so that a project's own copy is understood. */
const brand: unique symbol = Symbol.for('taskq.outcome') as never

/** Asks for another run, `afterSeconds` from now (default: the worker's back-off). */
export function retry(
  how: { readonly afterSeconds?: number; readonly reason?: string } = {},
): Retry {
  const { afterSeconds } = how
  if (afterSeconds !== undefined && !(afterSeconds >= 0 && afterSeconds < Number.POSITIVE_INFINITY))
    throw new RangeError(`retry({ afterSeconds }) takes 0 or more seconds, got ${afterSeconds}.`)
  return Object.freeze<Retry>({ [brand]: 'retry', ...how })
}

/** Ends a task that no further run can help; `reason` is kept with it. */
export function giveUp(reason: string): GiveUp {
  return Object.freeze<GiveUp>({ [brand]: 'give-up', reason: String(reason) })
}

/** Whether a value is one of the named outcomes rather than a result. */
export function isNamedOutcome(value: unknown): value is Retry | GiveUp {
  try {
    return typeof value === 'object' && value !== null && brand in value
  } catch {
    // A proxy may throw instead of an answer.
    return false
  }
}

/** Which of the named outcomes it is. */
export function nameOfOutcome(outcome: Retry | GiveUp): 'retry' | 'give-up' {
  return outcome[brand]
}
