import { TaskqError } from '../queue/errors.ts'
import {
  type Assignment,
  outcomesOf,
  type RunnerOrders,
  type RunOutcome,
  refsOf,
  type ShutdownReason,
  toRunner,
} from './messages.ts'
import { Tail } from './output.ts'
import type { RunnerEnd, RunnerEvents } from './runner.ts'
import { describeEnd, neverReady, type SeenEnd } from './runner-end.ts'
import { systemTimers } from './timers.ts'
import type { Frame } from './wire.ts'

/** Silent for this long, a runner is at a task that nothing more should wait behind. */
const slowSeconds = 0.05
/** And for this long, what waits there already is asked back. */
const recallSeconds = 0.1
/** What a task left behind may keep a runner from leaving that has said that it does. */
const leaveSeconds = 1

/** What is said between the worker and one runner, whatever carries it. */
export class Dialogue<Task extends Assignment> {
  readonly ready: Promise<void>
  readonly outstanding = new Map<number, Task>()
  isReady = false
  readonly #orders: RunnerOrders
  readonly #events: RunnerEvents<Task>
  readonly #write: (frame: Buffer) => void
  readonly #ready = Promise.withResolvers<void>()
  readonly #tail = new Tail()
  /** Set when the runner said that whom to blame is told. */
  #farewell: string | undefined
  readonly #now: () => number
  #heardAt: number
  #isRecalled = false
  #isRefused = false

  /** `now` is the clock of the `now` that `isOverdue` is told. */
  constructor(
    orders: RunnerOrders,
    events: RunnerEvents<Task>,
    write: (frame: Buffer) => void,
    now: () => number = systemTimers.now,
  ) {
    this.#orders = orders
    this.#events = events
    this.#write = write
    this.#now = now
    this.#heardAt = now()
    this.ready = this.#ready.promise
    // Whoever waits for it gets the reason; nobody has to.
    this.ready.catch(() => {})
  }

  /** Whether it may be given tasks: it has loaded the task and does not leave. */
  get isOpen(): boolean {
    return this.isReady && this.#farewell === undefined
  }

  get isSlow(): boolean {
    return (
      this.#isRecalled ||
      (this.outstanding.size > 0 && this.#now() - this.#heardAt > slowSeconds * 1000)
    )
  }

  open(): void {
    this.#write(toRunner.orders(this.#orders))
  }

  run(tasks: readonly Task[]): void {
    if (this.outstanding.size === 0) this.#heardAt = this.#now()
    for (const task of tasks) this.outstanding.set(task.ref, task)
    this.#write(toRunner.run(tasks))
  }

  recall(): void {
    this.#write(toRunner.recall())
  }

  abort(ref: number, reason: string): void {
    this.#write(toRunner.abort(ref, reason))
  }

  announceShutdown(why: ShutdownReason): void {
    this.#write(toRunner.shutdown(why))
  }

  accept(codes: readonly string[]): void {
    this.#write(toRunner.accept(codes))
  }

  /** Asks for what waits behind a long task; says whether the runner is silent, or leaves, for too long. */
  isOverdue(now: number): boolean {
    if (this.#farewell !== undefined) return now - this.#heardAt > leaveSeconds * 1000
    const { atOnce, timeoutSeconds, killSeconds } = this.#orders
    const silent = (now - this.#heardAt) / 1000
    if (!this.#isRecalled && this.outstanding.size > atOnce && silent > recallSeconds) {
      this.#isRecalled = true
      this.recall()
    }
    return this.outstanding.size > 0 && silent > timeoutSeconds + killSeconds
  }

  /** Keeps what the runner wrote for the reason of its end, and passes it on if it is to be shown. */
  note(text: string, isShown = true, task?: Task): void {
    this.#tail.add(text)
    if (isShown) this.#events.onOutput(text, task)
  }

  hear(frame: Frame): void {
    const [verb] = frame.line
    // Words of a task are no sign that the next one is near.
    if (!isSpoken(verb)) this.#heardAt = this.#now()
    if (verb === 'ended') this.#hearOutcomes(frame)
    else if (verb === 'returned') this.#events.onReturned(this.#take(refsOf(frame)))
    else if (verb === 'met') this.#events.onMet(frame.text)
    else if (verb === 'leaving') this.#farewell = frame.text
    else if (verb === 'refused') this.refuse(new TaskqError('invalid', frame.text))
    else if (verb === 'output') this.note(frame.text)
    else if (verb === 'ready') {
      this.isReady = true
      this.#ready.resolve()
    } else {
      const task = this.outstanding.get(Number(frame.line[1]))
      if (task === undefined) return
      if (verb === 'wrote') this.note(frame.text, true, task)
      else if (verb === 'log') this.#events.onLog(task, frame.text)
      else if (verb === 'progress') this.#events.onProgress(task, Number(frame.line[2]))
    }
  }

  refuse(error: unknown): void {
    this.#isRefused = true
    this.#ready.reject(error)
  }

  /** What is to be said of an end that was seen. */
  describe(seen: Omit<SeenEnd, 'output' | 'farewell' | 'timeoutSeconds'>) {
    return describeEnd({
      ...seen,
      output: this.#tail.text,
      farewell: this.#farewell,
      timeoutSeconds: this.#orders.timeoutSeconds,
    })
  }

  /** The runner is gone, with all it had. */
  close(end: Omit<RunnerEnd, 'isRefused'>): void {
    const tasks = [...this.outstanding.values()]
    this.outstanding.clear()
    this.#events.onEnd({ ...end, isRefused: this.#isRefused }, tasks)
    if (!end.hadBegun) this.#ready.reject(neverReady(end))
  }

  #hearOutcomes(frame: Frame): void {
    this.#isRecalled = false
    const known: (readonly [Task, RunOutcome])[] = []
    for (const outcome of outcomesOf(frame)) {
      const task = this.outstanding.get(outcome.ref)
      if (task === undefined) continue
      this.outstanding.delete(outcome.ref)
      known.push([task, outcome])
    }
    this.#events.onOutcomes(known)
  }

  #take(refs: readonly number[]): readonly Task[] {
    return refs.flatMap(ref => {
      const task = this.outstanding.get(ref)
      this.outstanding.delete(ref)
      return task ?? []
    })
  }
}

/** Whether a message only passes on what a task says. */
function isSpoken(verb: string | number | undefined): boolean {
  return verb === 'wrote' || verb === 'log' || verb === 'progress'
}
