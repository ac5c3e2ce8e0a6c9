import { importTaskFile, kindOf } from '../code/task-file.ts'
import { TaskqError } from '../queue/errors.ts'
import type { TaskFunction } from './contract.ts'
import { readMessages, type TaskFunctions } from './message-table.ts'

/** The exports that are looked for, the first found is run. */
const taskExports = ['runTask', '_runTask'] as const

/** Loads a user's task.ts and finds what it has to run; throws `invalid` that says what to mend. */
export async function loadTask(path: string): Promise<TaskFunctions> {
  const { path: file, exports } = await importTaskFile(path)
  const name = taskExports.find(one => Object.hasOwn(exports, one))
  if (name === undefined) throw noTask(file, Object.keys(exports).sort())
  const task = exports[name]
  if (typeof task !== 'function')
    throw new TaskqError(
      'invalid',
      `${file} exports "${name}", but it is ${kindOf(task)}, not a function. Write: export function ${name}(params, context) { ... }`,
    )
  const messages = Object.hasOwn(exports, 'messages') ? exports['messages'] : undefined
  return { task: task as TaskFunction, messages: readMessages(messages, file) }
}

function noTask(file: string, names: readonly string[]): TaskqError {
  const found = names.length === 0 ? 'nothing' : names.slice(0, 10).join(', ')
  return new TaskqError(
    'invalid',
    `${file} exports ${found}; expected a function named ${taskExports.join(' or ')}. Write: export function _runTask(params, context) { ... }`,
  )
}
