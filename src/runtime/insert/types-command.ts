import { writeFileSync } from 'node:fs'
import { exitCodes } from '../config/exit-codes.ts'
import { isTaskqError, TaskqError } from '../queue/errors.ts'
import { safeLines } from '../terminal/safe.ts'
import type { InsertIo } from './io.ts'
import { noticedTable } from './notice.ts'
import { type Env, openWhole } from './prepare.ts'
import { shapeOf, shapeText } from './shape.ts'
import { typesText } from './types.ts'
import { besideOf } from './types-check.ts'

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
    const table = await noticedTable(io.err, () => openWhole(path, env, io.signal))
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
