import { realTime } from '../queue/real-time.ts'
import type { Context, WorkerFacts } from './contract.ts'
import type { Assignment } from './messages.ts'
import { RunOutput } from './output.ts'

/** What all runs of a runner share. */
export interface Surroundings {
  readonly worker: WorkerFacts
  readonly args: readonly string[]
  shutdownRequested: boolean
  terminationNotice: boolean
  readonly log: (ref: number, message: string) => void
  readonly progress: (ref: number, fraction: number) => void
}

/** One run of a task, which is also the context that the task gets; what is rarely used is made late. */
export class Run implements Context {
  readonly ref: number
  readonly taskId: string
  readonly attempt: number
  /** Milliseconds since 1970, and on the process's own clock. */
  readonly startedAt: number
  readonly began: number
  /** When it was told that its time is up, on the process's own clock. */
  timedOutAt: number | undefined
  readonly #around: Surroundings
  #controller: AbortController | undefined
  #output: RunOutput | undefined

  constructor({ ref, id, attempt }: Assignment, began: number, around: Surroundings) {
    this.ref = ref
    this.taskId = id
    this.attempt = attempt
    this.startedAt = realTime.wall()
    this.began = began
    this.#around = around
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    return this.#controller.signal
  }

  get shutdownRequested(): boolean {
    return this.#around.shutdownRequested
  }

  get terminationNotice(): boolean {
    return this.#around.terminationNotice
  }

  get worker(): WorkerFacts {
    return this.#around.worker
  }

  get args(): readonly string[] {
    return this.#around.args
  }

  readonly log = (message: string): void => {
    const shown = this.output.take(`${String(message)}\n`)
    if (shown !== '') this.#around.log(this.ref, shown.slice(0, -1))
  }

  readonly progress = (fraction: number): void => {
    if (!(fraction >= 0 && fraction <= 1))
      throw new RangeError(`context.progress takes a fraction from 0 to 1, got ${fraction}.`)
    this.#around.progress(this.ref, fraction)
  }

  abort(reason: Error): void {
    this.#controller ??= new AbortController()
    this.#controller.abort(reason)
  }

  get output(): RunOutput {
    this.#output ??= new RunOutput()
    return this.#output
  }

  /** What it wrote so far; `undefined` when nothing. */
  get outputText(): string | undefined {
    return this.#output?.tail.text
  }
}
