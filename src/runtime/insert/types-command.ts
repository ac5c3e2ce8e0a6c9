import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { exitCodes } from '../config/exit-codes.ts'
import { isTaskqError, TaskqError } from '../queue/errors.ts'
import type { Table } from '../tables/table.ts'
import { safeLines } from '../terminal/safe.ts'
import type { InsertIo } from './io.ts'
import { type Env, openWhole } from './prepare.ts'
import { misfits, readShape, shapeOf, shapeText } from './shape.ts'
import { typesText } from './types.ts'

/** The options of `taskq types`. */
export const typesOptions = {
  out: { flags: '-o, --out <path>', says: 'where to write (default: task-params.ts)' },
} as const

/** The options as a command line gives them. */
export interface TypesFlags {
  /** The table; default TASK_PARAMETER_FILENAME. */
  readonly table?: string
  readonly out?: string
}

const usualFile = 'task-params.ts'

/** Runs `taskq types`: writes the type of a row, and beside it what inserting compares tables with. */
export async function runTypes(
  { table: path, out = usualFile }: TypesFlags,
  env: Env,
  io: InsertIo,
): Promise<number> {
  try {
    if (!out.endsWith('.ts'))
      throw new TaskqError(
        'invalid',
        `--out names a TypeScript file, such as ${usualFile}; got ${out}.`,
      )
    const table = await openWhole(path, env, io.signal)
    try {
      const shape = await shapeOf(table)
      writeFileSync(out, typesText(table.name, shape.columns))
      writeFileSync(besideOf(out), shapeText(shape))
    } finally {
      await table.close()
    }
    await io.out.line(safeLines(`Wrote ${out} and ${besideOf(out)}.`))
    return exitCodes.done
  } catch (error) {
    if (!isTaskqError(error)) throw error
    await io.err.line(safeLines(error.message))
    return error.code === 'invalid' ? exitCodes.data : exitCodes.usage
  }
}

/**
 * Compares a table with the types beside the task file (`clean-params.ts` beside `clean.ts`), as
 * TQ_SCHEMA_CHECK says: `warn` (default) answers with a warning, `strict` throws, `off` does nothing.
 */
export function checkTypes(
  table: Pick<Table, 'name' | 'columns'>,
  taskFile: string | undefined,
  env: Env,
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

const besideOf = (types: string) => types.replace(/\.ts$/, '.json')
