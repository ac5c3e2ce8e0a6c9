import { printable } from '../queue/json-path.ts'
import { Executor } from './executor.ts'
import { noteOf } from './failure-note.ts'
import { fromRunner, readOrders, refsOf, type ShutdownReason, tasksOf } from './messages.ts'
import { captureOutput } from './output.ts'
import type { Run } from './run.ts'
import { loadTask } from './task-module.ts'
import { type Frame, FrameReader } from './wire.ts'

/** How a runner speaks to its worker, be it a process or a thread. */
export interface RunnerPort {
  /** Has the frame on its way at once, whatever the event loop does. */
  readonly send: (frame: Buffer) => void
  /** Ends the runner once all that was sent is out. */
  readonly leave: (code: number) => void
  /** Blocks until all that was sent is out. */
  readonly flush: () => void
}

/** The runner's side of the conversation: loads the task, runs what comes, tells of every end. */
export class RunnerService {
  readonly #port: RunnerPort
  readonly #reader = new FrameReader(frame => this.#hear(frame))
  #executor: Executor | undefined
  #isLeaving = false
  /** What came while the task was loaded. */
  readonly #early: Frame[] = []

  constructor(port: RunnerPort) {
    this.#port = port
  }

  /** Takes what came from the worker. */
  push(piece: Buffer): void {
    this.#reader.push(piece)
  }

  /** Ends the runner without a word on what it has. */
  leave(code: number): void {
    this.#isLeaving = true
    this.#port.leave(code)
  }

  #hear(frame: Frame): void {
    if (frame.line[0] === 'orders') void this.#begin(frame)
    else if (this.#executor === undefined) this.#early.push(frame)
    else obey(this.#executor, frame)
  }

  async #begin(frame: Frame): Promise<void> {
    const { send } = this.#port
    const orders = readOrders(frame)
    try {
      const task = await loadTask(orders.task)
      const executor = new Executor(task, orders, {
        ended: (outcomes, text) => send(fromRunner.ended(outcomes, text)),
        returned: refs => send(fromRunner.returned(refs)),
        log: (ref, message) => send(fromRunner.log(ref, message)),
        met: code => send(fromRunner.met(code)),
        progress: (ref, fraction) => send(fromRunner.progress(ref, fraction)),
        stuck: reason => this.#sayGoodbye(executor, reason, 0),
      })
      captureOutput(
        () => executor.culprit,
        (ref, text) => send(fromRunner.wrote(ref, text)),
      )
      this.#watchForEnds(executor)
      this.#executor = executor
      send(fromRunner.ready())
      for (const one of this.#early.splice(0)) obey(executor, one)
    } catch (error) {
      send(fromRunner.refused(error instanceof Error ? error.message : String(error)))
      this.leave(64)
    }
  }

  /** What a task does to its whole runner is charged to it alone, where it can be told which it was. */
  #watchForEnds(executor: Executor): void {
    const onStray = (error: unknown) => {
      const run = executor.culprit
      if (run !== undefined) {
        executor.blame(run, 'exception', error)
        this.#sayGoodbye(executor, `an error outside of the task's own call`, 1)
      } else if (executor.leftover !== undefined) {
        tellOfLeftover(executor.leftover, 'threw an error', error)
        this.#sayGoodbye(executor, 'something that a task left behind threw an error', 1)
      } else {
        console.error('An error that belongs to no running task:', error)
        // One of several may have caused it: without a farewell each of them is run again alone.
        if (executor.isRunning) this.#leaveUnsaid(executor)
        else this.#sayGoodbye(executor, 'a stray error', 1)
      }
    }
    process.on('uncaughtException', onStray)
    process.on('unhandledRejection', error => {
      const { leftover } = executor
      // Nothing was cut off in the middle: this process is as good as before.
      if (leftover !== undefined) tellOfLeftover(leftover, 'was rejected', error)
      else onStray(error)
    })
    process.on('exit', code => {
      if (this.#isLeaving) return
      const what = `ended its process (process.exit, code ${code})`
      const run = executor.culprit
      if (run !== undefined) executor.blame(run, 'exit', new Error(`the task ${what}`))
      else if (executor.leftover !== undefined) tellOfLeftover(executor.leftover, what)
      else return
      this.#excuse(executor, 'a task ended the process')
      this.#port.flush()
    })
  }

  #leaveUnsaid(executor: Executor): void {
    executor.report()
    this.leave(1)
  }

  #sayGoodbye(executor: Executor, reason: string, code: number): void {
    this.#excuse(executor, reason)
    this.leave(code)
  }

  /** Says that what still runs is not to blame, and gives back what has not begun. */
  #excuse(executor: Executor, reason: string): void {
    this.#port.send(fromRunner.leaving(reason))
    executor.recall()
  }
}

/** Nobody can be charged any more: the outcome of that run is told. */
function tellOfLeftover({ taskId, attempt }: Run, what: string, error?: unknown): void {
  const start = `Task ${printable(taskId, mostIdShown)} was over (attempt ${attempt}) when something it left behind ${what}`
  const { reason, stack } = noteOf(error)
  console.error(error === undefined ? `${start}.` : `${start}: ${stack ?? reason}`)
}

/** Ids are as long as users make them. */
const mostIdShown = 200

function obey(to: Executor, frame: Frame): void {
  const [verb] = frame.line
  if (verb === 'run') to.add(tasksOf(frame))
  else if (verb === 'recall') to.recall()
  else if (verb === 'shutdown') to.shutdown(frame.line[1] as ShutdownReason)
  else if (verb === 'accept') to.accept(frame.line.slice(1).map(String))
  else if (verb === 'abort') for (const ref of refsOf(frame)) to.abort(ref, frame.text)
}
