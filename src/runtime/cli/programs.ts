import type { TaskModule } from '../insert/task-module.ts'
import { run } from './program.ts'

export { leaveWhenDone } from './leave.ts'

/** What a project's own program that inserts may say; every part has a default. */
export interface InsertProgram extends TaskModule {
  /** The words behind the program's name, as `taskq insert` takes them. Default none. */
  readonly args?: readonly string[]
}

/** What a project's own program that works may say; every part has a default. */
export interface WorkerProgram {
  /** The file of the task; `--task` among `args` goes before it. Default `task.ts`. */
  readonly task?: string
  /** The words behind the program's name, as `taskq work` takes them. Default none. */
  readonly args?: readonly string[]
}

/**
 * Does what `taskq insert` does and sets the exit code of the process. `filterTasks` and `schema` go
 * before those that the task file exports.
 */
export async function insertTasks({ args = [], ...given }: InsertProgram = {}): Promise<void> {
  process.exitCode = await run(['insert', ...args], given)
}

/** Does what `taskq work` does and sets the exit code of the process. */
export async function launchWorker({ args = [], task }: WorkerProgram = {}): Promise<void> {
  // A word given twice counts as given last, so that the caller's go before ours.
  const ours = task === undefined ? [] : ['--task', task]
  process.exitCode = await run(['work', ...ours, ...args])
}
