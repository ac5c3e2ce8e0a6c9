import type { JsonObject } from '../queue/json.ts'
import { type Context, retry, type TaskFunction } from './contract.ts'

/**
 * A task as rms-cloud-tasks has it: `[whether to run it again, the result]`, from the task's id, its
 * row and facts on the worker.
 */
export type TaskDataFunction = (
  taskId: string,
  taskData: JsonObject,
  workerData: Context,
) => readonly [retry: boolean, result: unknown] | Promise<readonly [boolean, unknown]>

/** Makes an ordinary task of one in the style `(task_id, task_data, worker_data)`. */
export function fromTaskDataStyle(processTask: TaskDataFunction): TaskFunction {
  return async (params, context) => {
    const answer: unknown = await processTask(context.taskId, params, context)
    if (!Array.isArray(answer) || answer.length !== 2 || typeof answer[0] !== 'boolean')
      throw new TypeError(
        `A task in the style (task_id, task_data, worker_data) returns [retry, result], such as [false, 'done']; got ${typeof answer}.`,
      )
    const [again, result] = answer as [boolean, unknown]
    return again ? retry({ reason: String(result) }) : result
  }
}
