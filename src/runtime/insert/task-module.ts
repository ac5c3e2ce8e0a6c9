import { importTaskFile, kindOf } from '../code/task-file.ts'
import { TaskqError } from '../queue/errors.ts'
import type { FilterTasks } from './filter.ts'
import { isStandardSchema, type StandardSchema } from './standard-schema.ts'

/** What inserting needs of a project's task.ts; each part may be missing. */
export interface TaskModule {
  readonly filterTasks?: FilterTasks
  readonly schema?: StandardSchema
}

/** Imports a task file and checks the exports that inserting uses. */
export async function loadTaskFile(path: string): Promise<TaskModule> {
  const { path: file, exports } = await importTaskFile(path)
  const { filterTasks, schema } = exports
  if (filterTasks !== undefined && typeof filterTasks !== 'function')
    throw new TaskqError(
      'invalid',
      `${file} exports "filterTasks", but it is ${kindOf(filterTasks)}, not a function. Write: export function filterTasks(table, cloudpath) { ... }`,
    )
  if (schema !== undefined && !isStandardSchema(schema))
    throw new TaskqError(
      'invalid',
      `${file} exports a "schema" that is no Standard Schema; export one of zod, valibot or arktype, or rename it.`,
    )
  return {
    ...(filterTasks !== undefined && { filterTasks: filterTasks as FilterTasks }),
    ...(schema !== undefined && { schema }),
  }
}
