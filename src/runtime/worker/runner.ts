import type { RunOutcome, ShutdownReason } from './messages.ts'
import type { FailureKind } from './retry.ts'

/** Why and with what a runner's process came to its end. */
export interface RunnerEnd {
  readonly failure: FailureKind
  readonly reason: string
  /** The last of what the process wrote. */
  readonly output: string
  /** Whether what it still had is to blame: not when the worker ended it or the culprit was told. */
  readonly blames: boolean
  /** How many tasks may have caused it, those of other runners of its house included. */
  readonly suspects: number
  /** Whether the task had been loaded there. */
  readonly hadBegun: boolean
  /** Whether something beside the worker and the task killed it, such as a machine short of memory. */
  readonly isKilled: boolean
  /** Whether it said why it cannot load the task: another try ends the same way. */
  readonly isRefused: boolean
}

/** What a runner tells the worker. */
export interface RunnerEvents<Task> {
  readonly onOutcomes: (outcomes: readonly (readonly [Task, RunOutcome])[]) => void
  /** Tasks that were not begun and come back. */
  readonly onReturned: (tasks: readonly Task[]) => void
  /** The runner is gone; `tasks` is what it had. */
  readonly onEnd: (end: RunnerEnd, tasks: readonly Task[]) => void
  /** It met tasks that were inserted with this code. */
  readonly onMet: (code: string) => void
  readonly onLog: (task: Task, message: string) => void
  readonly onProgress: (task: Task, fraction: number) => void
  /** What was written; `task` is absent where it cannot be told which one wrote it. */
  readonly onOutput: (text: string, task?: Task) => void
}

/** The worker's side of a place where tasks run. */
export interface Runner<Task> {
  /** Rejects with `invalid` when the task cannot be loaded. */
  readonly ready: Promise<void>
  /** It has loaded the task and may be given tasks. */
  readonly isOpen: boolean
  /** What was sent and has not come back, in the order sent. */
  readonly outstanding: ReadonlyMap<number, Task>
  /** It is at one task for long: send nothing ahead, for that would wait behind it. */
  readonly isSlow: boolean
  /** What it holds in memory; absent where it has no process of its own or that is not known. */
  readonly memoryBytes?: number | undefined
  /** It has become too large: to be replaced once it has nothing to do. */
  readonly isWorn: boolean
  /** The same for runners that die together: those of one process. */
  readonly house: object
  run(tasks: readonly Task[]): void
  /** Asks for what has not begun. */
  recall(): void
  abort(ref: number, reason: string): void
  announceShutdown(why: ShutdownReason): void
  /** From now on runs tasks that were inserted with these codes too. */
  accept(codes: readonly string[]): void
  /** Looks whether the runner is silent for too long or too large, and kills it then. */
  check(now: number): void
  /** Lets a runner that has nothing to do end. */
  end(): void
  kill(): void
}
