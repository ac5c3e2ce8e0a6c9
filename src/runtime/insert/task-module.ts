import { existsSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
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
  const name = basename(path)
  if (!existsSync(path))
    throw new TaskqError('invalid', `There is no task file ${resolve(path)}; check the path.`)
  const exports = await imported(path, name)
  const { filterTasks, schema } = exports
  if (filterTasks !== undefined && typeof filterTasks !== 'function')
    throw new TaskqError(
      'invalid',
      `${name} exports filterTasks as ${typeof filterTasks}; expected "export function filterTasks(table, cloudpath)".`,
    )
  if (schema !== undefined && !isStandardSchema(schema))
    throw new TaskqError(
      'invalid',
      `${name} exports a schema that is no Standard Schema; export one of zod, valibot or arktype, or rename it.`,
    )
  return {
    ...(filterTasks !== undefined && { filterTasks: filterTasks as FilterTasks }),
    ...(schema !== undefined && { schema }),
  }
}

async function imported(path: string, name: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause)
    throw new TaskqError('invalid', `${name} cannot be loaded: ${text}. Mend it and try again.`, {
      cause,
    })
  }
}
