import { TaskqError } from '../queue/errors.ts'
import { Dialogue } from './dialogue.ts'
import { MemoryWatch } from './memory-watch.ts'
import type { Assignment, RunnerOrders, ShutdownReason } from './messages.ts'
import type { Runner, RunnerEvents } from './runner.ts'
import type { KilledFor } from './runner-end.ts'
import {
  RunnerProcess,
  type RunnerProcessEvents,
  type RunnerProcessOptions,
  type StartedProcess,
} from './runner-process.ts'
import { systemTimers, type Timers } from './timers.ts'
import { FrameReader } from './wire.ts'

/** What a process is told, and how large it may get. */
export interface ProcessOptions {
  readonly orders: RunnerOrders
  /** Above this the process is killed. */
  readonly memoryLimit: number | undefined
  /** Above this it is replaced when it has nothing to do. */
  readonly recycleAbove: number | undefined
  /** Arguments for Node itself. */
  readonly execArgv?: readonly string[]
}

/** The heap may have this much of the limit, so that V8 collects before the worker kills. */
export const heapShare = 0.75
/** How long a runner without a task may take to end. */
const endSeconds = 2

/** How processes are started and waited for. */
export interface ProcessPlace {
  readonly timers: Timers
  readonly start: (options: RunnerProcessOptions, events: RunnerProcessEvents) => StartedProcess
}

const here: ProcessPlace = {
  timers: systemTimers,
  start: (options, events) => new RunnerProcess(options, events),
}

/** Starts a process that runs tasks. */
export function startProcessRunner<Task extends Assignment>(
  options: ProcessOptions,
  events: RunnerEvents<Task>,
  place: ProcessPlace = here,
): Runner<Task> {
  return new ProcessRunner(options, events, place)
}

class ProcessRunner<Task extends Assignment> implements Runner<Task> {
  readonly house = this
  readonly #dialogue: Dialogue<Task>
  readonly #process: StartedProcess
  readonly #timers: Timers
  readonly #memory: MemoryWatch
  /** Set when the worker ends the process itself. */
  #killedFor: KilledFor | undefined
  #cancelKill: (() => void) | undefined

  constructor(
    options: ProcessOptions,
    events: RunnerEvents<Task>,
    { timers, start }: ProcessPlace,
  ) {
    const { orders, memoryLimit, execArgv } = options
    this.#timers = timers
    this.#memory = new MemoryWatch(options)
    const write = (frame: Buffer) => this.#process.write(frame)
    const dialogue = new Dialogue(orders, events, write, timers.now)
    this.#dialogue = dialogue
    const reader = new FrameReader(frame => dialogue.hear(frame))
    const heapBytes = memoryLimit === undefined ? undefined : memoryLimit * heapShare
    this.#process = start(
      { main: './runner-main', heapBytes, execArgv },
      {
        onBytes: piece => reader.push(piece),
        onText: text => dialogue.note(text),
        onGarbage: () => this.#killFor('garbage'),
        onGone: (code, signal) => this.#gone(code, signal),
        onFault: error => dialogue.refuse(notStarted(error)),
      },
    )
    dialogue.open()
  }

  get ready(): Promise<void> {
    return this.#dialogue.ready
  }

  get isOpen(): boolean {
    return this.#dialogue.isOpen && this.#killedFor === undefined
  }

  get outstanding(): ReadonlyMap<number, Task> {
    return this.#dialogue.outstanding
  }

  get isSlow(): boolean {
    return this.#dialogue.isSlow
  }

  get isWorn(): boolean {
    return this.#memory.isWorn
  }

  get memoryBytes(): number | undefined {
    return this.#process.bytes
  }

  run(tasks: readonly Task[]): void {
    this.#dialogue.run(tasks)
  }

  recall(): void {
    this.#dialogue.recall()
  }

  abort(ref: number, reason: string): void {
    this.#dialogue.abort(ref, reason)
  }

  announceShutdown(why: ShutdownReason): void {
    this.#dialogue.announceShutdown(why)
  }

  accept(codes: readonly string[]): void {
    this.#dialogue.accept(codes)
  }

  check(now: number): void {
    if (this.#dialogue.isOverdue(now)) this.#killFor('timeout')
    if (this.#memory.isAbove(now, () => this.#process.bytes)) this.#killFor('memory')
  }

  end(): void {
    this.#killedFor ??= 'stop'
    this.#process.end()
    // Something the task left behind may keep its event loop from noticing.
    this.#cancelKill ??= this.#timers.after(endSeconds * 1000, () => this.#process.kill())
  }

  kill(): void {
    this.#killFor('stop')
  }

  #killFor(why: KilledFor): void {
    this.#killedFor ??= why
    this.#process.kill()
  }

  #gone(code: number | null, signal: NodeJS.Signals | null): void {
    this.#cancelKill?.()
    const dialogue = this.#dialogue
    const { limit } = this.#memory
    const seen = { where: 'process', code, signal, limit, killedFor: this.#killedFor } as const
    const suspects = dialogue.outstanding.size
    dialogue.close({ ...dialogue.describe(seen), suspects, hadBegun: dialogue.isReady })
  }
}

/** The error for a process that could not be started at all. */
export function notStarted(cause: Error): TaskqError {
  const code = 'code' in cause ? String(cause.code) : ''
  const advice = /^E(MFILE|NFILE|AGAIN|NOMEM)$/.test(code)
    ? ' Lower TQ_CONCURRENCY, or raise what a process may have (ulimit -n, ulimit -u).'
    : ''
  return new TaskqError('invalid', `No runner could be started: ${cause.message}.${advice}`, {
    cause,
  })
}
