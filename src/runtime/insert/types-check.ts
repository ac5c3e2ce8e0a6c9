import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { TaskqError } from '../queue/errors.ts'
import type { Table } from '../tables/table.ts'
import { misfits, readShape } from './shape.ts'

/**
 * Compares a table with the types beside the task file (`clean-params.ts` beside `clean.ts`), as
 * TQ_SCHEMA_CHECK says: `warn` (default) answers with a warning, `strict` throws, `off` does nothing.
 */
export function checkTypes(
  table: Pick<Table, 'name' | 'columns'>,
  taskFile: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const mode = env['TQ_SCHEMA_CHECK'] ?? 'warn'
  if (mode !== 'warn' && mode !== 'strict' && mode !== 'off')
    throw new TaskqError(
      'invalid',
      `TQ_SCHEMA_CHECK is ${JSON.stringify(mode)}; write warn, strict or off.`,
    )
  const task = taskFile ?? 'task.ts'
  const types = join(dirname(task), basename(task).replace(/\.[^.]+$/, '-params.ts'))
  const path = besideOf(types)
  if (mode === 'off' || !existsSync(path)) return undefined
  const found = misfits(readShape(readFileSync(path, 'utf8'), path), table)
  if (found.length === 0) return undefined
  const message = `${table.name} no longer fits ${types}: ${found.join('; ')}. Run taskq types ${table.name} --out ${types} and mend ${task} where tsc complains, or insert the table it was written for.`
  if (mode === 'strict') throw new TaskqError('invalid', message)
  return message
}

/** What inserting compares tables with, beside the types that `taskq types` wrote. */
export function besideOf(types: string): string {
  return types.replace(/\.ts$/, '.json')
}
