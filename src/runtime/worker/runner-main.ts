/**
 * A runner: the process in which user code runs. Reads tasks on one pipe, writes outcomes on another
 * without waiting for the event loop, so that they are out before the next task can do any harm.
 */
import { Socket } from 'node:net'
import { Executor } from './executor.ts'
import { fromRunner, readOrders, refsOf, tasksOf } from './messages.ts'
import { Outlet } from './outlet.ts'
import { captureOutput } from './output.ts'
import { loadTask } from './task-module.ts'
import { type Frame, FrameReader } from './wire.ts'

const inward = 3
const outward = 4

let executor: Executor | undefined
let leaving = false
/** What came while the task was loaded. */
const early: Frame[] = []

// The worker decides when a runner stops; a signal to the whole group must not end it first.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

const input = new Socket({ fd: inward, readable: true, writable: false })
const reader = new FrameReader(frame => {
  if (frame.line[0] === 'orders') void begin(frame)
  else if (executor === undefined) early.push(frame)
  else obey(executor, frame)
})
input.on('data', (piece: Buffer) => reader.push(piece))
// Opened as a socket only to make it non-blocking.
const output = new Socket({ fd: outward, readable: false, writable: true }).on('error', () => {})
const outlet = new Outlet(outward, () => leave(0))
const send = (frame: Buffer) => outlet.send(frame)

// The worker closed the pipe or died: nobody waits for what is still running here.
for (const event of ['end', 'error', 'close']) input.on(event, () => leave(0))

async function begin(frame: Frame): Promise<void> {
  const orders = readOrders(frame)
  try {
    const task = await loadTask(orders.task)
    const made = new Executor(task, orders, {
      ended: (outcomes, text) => send(fromRunner.ended(outcomes, text)),
      returned: refs => send(fromRunner.returned(refs)),
      log: (ref, message) => send(fromRunner.log(ref, message)),
      progress: (ref, fraction) => send(fromRunner.progress(ref, fraction)),
      stuck: reason => sayGoodbye(made, reason, 0),
    })
    captureOutput(
      () => made.culprit,
      (ref, text) => send(fromRunner.wrote(ref, text)),
    )
    watchForEnds(made)
    executor = made
    send(fromRunner.ready())
    for (const one of early.splice(0)) obey(made, one)
  } catch (error) {
    send(fromRunner.refused(error instanceof Error ? error.message : String(error)))
    leave(64)
  }
}

function obey(to: Executor, frame: Frame): void {
  const [verb] = frame.line
  if (verb === 'run') to.add(tasksOf(frame))
  else if (verb === 'recall') to.recall()
  else if (verb === 'shutdown') to.shutdown()
  else if (verb === 'abort') for (const ref of refsOf(frame)) to.abort(ref, frame.text)
}

/** What a task does to its whole process is charged to it alone, where it can be told which it was. */
function watchForEnds(to: Executor): void {
  const onStray = (error: unknown) => {
    const run = to.culprit
    if (run === undefined) {
      console.error('An error that belongs to no running task:', error)
      sayGoodbye(to, 'a stray error', 1)
    } else {
      to.blame(run, 'exception', error)
      sayGoodbye(to, `an error outside of the task's own call`, 1)
    }
  }
  process.on('uncaughtException', onStray)
  process.on('unhandledRejection', onStray)
  process.on('exit', code => {
    if (leaving) return
    const run = to.culprit
    if (run === undefined) return
    to.blame(run, 'exit', new Error(`the task ended its process (process.exit, code ${code})`))
    send(fromRunner.leaving(to.innocents(), 'a task ended the process'))
    outlet.flush()
  })
}

function sayGoodbye(to: Executor, reason: string, code: number): void {
  send(fromRunner.leaving(to.innocents(), reason))
  leave(code)
}

function leave(code: number): void {
  leaving = true
  outlet.flush()
  output.unref()
  process.exit(code)
}
