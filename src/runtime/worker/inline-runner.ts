import { realTime } from '../queue/real-time.ts'
import { Executor } from './executor.ts'
import type { TaskFunctions } from './message-table.ts'
import type { Assignment, RunnerOrders } from './messages.ts'
import { outcomesOf } from './messages.ts'
import type { Runner, RunnerEvents } from './runner.ts'
import { loadTask } from './task-module.ts'

/**
 * Runs tasks in this very process, for `TQ_ISOLATION=none` and for debuggers: a task that blocks
 * blocks the worker, one that crashes takes it along, and none can be killed.
 */
export function startInlineRunner<Task extends Assignment>(
  orders: RunnerOrders,
  events: RunnerEvents<Task>,
  load: () => Promise<TaskFunctions> = () => loadTask(orders.task),
): Runner<Task> {
  const outstanding = new Map<number, Task>()
  const take = (ref: number) => {
    const task = outstanding.get(ref)
    outstanding.delete(ref)
    return task
  }
  let executor: Executor | undefined
  let ended = false
  const ready = load().then(task => {
    executor = new Executor(task, orders, {
      ended(outcomes, text) {
        const frame = { line: ['ended', ...outcomes], text }
        events.onOutcomes(
          outcomesOf(frame).flatMap(outcome => {
            const task = take(outcome.ref)
            return task === undefined ? [] : [[task, outcome] as const]
          }),
        )
      },
      returned: refs => events.onReturned(refs.flatMap(ref => take(ref) ?? [])),
      met: code => events.onMet(code),
      log: (ref, message) => withTask(ref, task => events.onLog(task, message)),
      progress: (ref, fraction) => withTask(ref, task => events.onProgress(task, fraction)),
      // There is no process to replace: the task goes on in the background.
      stuck: () => {},
    })
  })
  ready.catch(() => {})
  const withTask = (ref: number, act: (task: Task) => void) => {
    const task = outstanding.get(ref)
    if (task !== undefined) act(task)
  }
  const onExit = (code: number) => {
    const task = executor?.culprit?.taskId
    if (task === undefined) return
    // 0 would say that the work is done.
    if (code === 0) process.exitCode = 1
    process.stderr.write(
      `Task ${JSON.stringify(task)} ended the worker that ran it (code ${code}). TQ_ISOLATION=process keeps the two apart.\n`,
    )
  }
  process.on('exit', onExit)
  const end = () => {
    if (ended) return
    ended = true
    process.off('exit', onExit)
    const tasks = [...outstanding.values()]
    outstanding.clear()
    const reason = 'the worker stopped it'
    const how = {
      blames: false,
      suspects: 0,
      hadBegun: executor !== undefined,
      isRefused: false,
      isKilled: false,
    }
    realTime.soon(() => events.onEnd({ failure: 'exit', reason, output: '', ...how }, tasks))
  }
  return {
    ready,
    outstanding,
    get isOpen() {
      return executor !== undefined && !ended
    },
    isSlow: false,
    isWorn: false,
    house: outstanding,
    run(tasks) {
      for (const task of tasks) outstanding.set(task.ref, task)
      // Later: the worker is in the middle of handing out.
      realTime.soon(() => executor?.add(tasks))
    },
    recall: () => realTime.soon(() => executor?.recall()),
    abort: (ref, reason) => executor?.abort(ref, reason),
    announceShutdown: why => executor?.shutdown(why),
    // What fails to load is told to whoever waits for `ready`.
    accept: codes => void ready.then(() => executor?.accept(codes)).catch(() => {}),
    check: () => {},
    end,
    kill: end,
  }
}
