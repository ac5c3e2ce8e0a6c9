import { writeDeadRecord } from '../results/record.ts'
import type { WorkEvent } from './events.ts'
import type { HeldTask } from './held.ts'
import { type FailureNote, type RunOutcome, readNote } from './messages.ts'
import type { Letter } from './outbox.ts'
import type { Tally } from './report.ts'
import { decide, type Ending, type FailureKind, type RetryPolicy } from './retry.ts'
import type { WorkerSettings } from './settings.ts'
import type { LeftRun } from './work-options.ts'

/** What outcomes are judged by. */
export interface JudgeOptions {
  readonly settings: WorkerSettings
  readonly worker: string
  readonly host: string
  readonly random: () => number
  /** The longest that the store can keep a task waiting: who asks for longer gets that. */
  readonly mostDelaySeconds: number
}

/** How a task took its runner along. */
export interface Crash {
  readonly failure: FailureKind
  readonly reason: string
  readonly output: string
}

/** An outcome of a task that was run. */
export type JudgedOutcome = Omit<RunOutcome, 'name'> & {
  readonly name: Exclude<RunOutcome['name'], 'other-code'>
}

/** Whether the task was run at all, rather than handed back for its code. */
export function wasRun(outcome: RunOutcome): outcome is RunOutcome & JudgedOutcome {
  return outcome.name !== 'other-code'
}

/** What is known of a run that did not end with a result, beside the letter that tells the queue. */
interface KnownFailure {
  readonly kind: FailureKind | 'retry' | 'give-up'
  readonly reason: string
  readonly againAfterSeconds?: number
  readonly output?: string
}

const backOff = { firstSeconds: 1, mostSeconds: 300 }

/** Turns outcomes into letters to the queue, by the settings, and keeps an eye on failures in a row. */
export class Judge {
  readonly longestDelaySeconds = backOff.mostSeconds
  /** Set once too many tasks have failed in a row: the sentence that says so. */
  tooManyFailures: string | undefined
  readonly #options: JudgeOptions
  readonly #policy: RetryPolicy
  readonly #failures = new WeakMap<Letter, KnownFailure>()
  #failuresInARow = 0

  constructor(options: JudgeOptions) {
    this.#options = options
    const { maxAttempts, retryOn } = options.settings
    this.#policy = { maxAttempts, retryOn: new Set(retryOn), ...backOff }
  }

  letterFor(task: HeldTask, outcome: JudgedOutcome): Letter {
    if (outcome.name === 'done') {
      this.#failuresInARow = 0
      return { kind: 'done', task, record: outcome.text, seconds: outcome.seconds }
    }
    const note = readNote(outcome.text)
    return this.#letter(task, endingOf(outcome.name, note), note)
  }

  letterForCrash(task: HeldTask, { failure, reason, output }: Crash): Letter {
    const note: FailureNote = { reason, ...(output !== '' && { output }) }
    return this.#letter(task, { kind: 'failed', failure, reason }, note)
  }

  /** For a task that came with all its attempts charged: its last worker did not live to bury it. */
  letterForWorn(task: HeldTask): Letter | undefined {
    const { attempts } = task.lease
    if (attempts < this.#policy.maxAttempts) return undefined
    const reason = `exit: its worker died while running it (attempt ${attempts} of ${this.#policy.maxAttempts})`
    return this.#burial(task, attempts, { reason }, { kind: 'exit', reason })
  }

  /** Counts a letter that the queue has taken; tells of a failure, or answers the run that left without. */
  count(letter: Letter, tally: Tally, tell: (event: WorkEvent) => void): LeftRun | undefined {
    const { task } = letter
    if (letter.kind === 'done') {
      tally.done += 1
      return { task: task.id, attempt: task.attempt, seconds: letter.seconds }
    }
    const failure = this.#failures.get(letter)
    if (failure === undefined) {
      tally.released += 1
      return { task: task.id, attempt: task.attempt }
    }
    if (letter.kind === 'dead') tally.dead += 1
    else tally.retried += 1
    tell({ event: 'task-failed', task: task.id, attempt: task.attempt, ...failure })
    if (failure.kind === 'retry' || failure.kind === 'give-up') return undefined
    tally.failures[failure.kind] += 1
    return undefined
  }

  /** Before the queue has answered: runs that follow would be charged meanwhile. */
  #noteFailure({ id, attempt }: HeldTask, reason: string): void {
    // Tasks that failed come again together, before the others: that they fail again says nothing of these.
    if (attempt > 1) return
    this.#failuresInARow += 1
    const { stopAfterFailures } = this.#options.settings
    if (stopAfterFailures > 0 && this.#failuresInARow >= stopAfterFailures)
      this.tooManyFailures ??= `${this.#failuresInARow} runs failed in a row (TQ_STOP_AFTER_FAILURES), the last of task "${id}": ${reason}`
  }

  #letter(task: HeldTask, ending: Ending, note: FailureNote): Letter {
    // Of a lost task the failure may be that it was told to end.
    if (ending.kind === 'failed' && !task.isLost) this.#noteFailure(task, ending.reason)
    const verdict = decide(ending, task.attempt, this.#policy, this.#options.random)
    const kind = ending.kind === 'failed' ? ending.failure : ending.kind
    const { output } = note
    const known = { kind, ...(output !== undefined && { output }) }
    if (verdict.kind === 'dead')
      return this.#burial(task, task.attempt, note, { ...known, reason: verdict.reason })
    const { mostDelaySeconds } = this.#options
    const afterSeconds = Math.min(mostDelaySeconds, tenths(verdict.afterSeconds))
    const letter: Letter = { kind: 'release', task, attempts: task.attempt, afterSeconds }
    this.#failures.set(letter, { ...known, reason: note.reason, againAfterSeconds: afterSeconds })
    return letter
  }

  #burial(task: HeldTask, attempts: number, note: FailureNote, known: KnownFailure): Letter {
    const { worker, host } = this.#options
    const { stack, output, startedAt, endedAt } = note
    const record = writeDeadRecord({
      status: 'dead',
      kind: known.kind,
      reason: known.reason,
      ...(stack !== undefined && { stack }),
      ...(output !== undefined && { output: output.toWellFormed() }),
      ...(startedAt !== undefined && { startedAt }),
      ...(endedAt !== undefined && { endedAt }),
      worker,
      host,
      attempt: attempts,
    })
    const letter: Letter = { kind: 'dead', task, attempts, reason: known.reason, record }
    this.#failures.set(letter, known)
    return letter
  }
}

function endingOf(name: Exclude<JudgedOutcome['name'], 'done'>, note: FailureNote): Ending {
  const { reason, afterSeconds } = note
  if (name === 'give-up') return { kind: 'give-up', reason }
  if (name === 'retry')
    return { kind: 'retry', reason, ...(afterSeconds !== undefined && { afterSeconds }) }
  return { kind: 'failed', failure: name, reason }
}

/** Waits that differ by little are made one, for they can be told to the queue in one call. */
function tenths(seconds: number): number {
  return Math.round(seconds * 10) / 10
}
