import { existsSync } from 'node:fs'
import { hashCode } from '../code/hash.ts'
import { TaskqError } from '../queue/errors.ts'
import { openTable } from '../tables/open.ts'
import type { Table } from '../tables/table.ts'
import { applyFilter } from './filter.ts'
import { type Selection, selectRows } from './select.ts'
import { loadTaskFile, type TaskModule } from './task-module.ts'
import { checkTypes } from './types-check.ts'
import { runUserCode } from './user-code.ts'

/** Variables of an env file, or of the process. */
export type Env = Readonly<Record<string, string | undefined>>

/** What is to be inserted. */
export interface Work {
  /** Path or URL; default TASK_PARAMETER_FILENAME. */
  readonly table?: string | undefined
  readonly selection?: Selection
  readonly code: Code
}

/** The code that tasks are inserted with. */
export interface Code {
  /** The task file; `undefined` where there is none. */
  readonly task: string | undefined
  readonly module: TaskModule
  readonly hash: string | undefined
}

/** Loads the task file, by default task.ts where there is one; `given` goes before what it exports. */
export async function loadCode(named: string | undefined, given: TaskModule = {}): Promise<Code> {
  const task = named ?? (existsSync('task.ts') ? 'task.ts' : undefined)
  if (task === undefined) return { task, module: given, hash: undefined }
  const exported = await loadTaskFile(task)
  return { task, module: { ...exported, ...given }, hash: (await hashCode(task)).hash }
}

/** A table whose rows have been chosen and whose code is known. */
export interface Prepared {
  /** The table as it was opened, with `cloudpath`. */
  readonly whole: Table
  /** The rows to insert. */
  readonly rows: Table
  readonly module: TaskModule
  readonly code: string | undefined
  /** That the table does not fit the types in the project. */
  readonly warning: string | undefined
}

/** The column that tells tasks where their results go. */
const cloudpathColumn = 'cloudpath'

/** Opens the table, adds `cloudpath`, and chooses the rows; close `whole` when done. */
export async function prepare(work: Work, env: Env, signal: AbortSignal): Promise<Prepared> {
  const { selection = {} } = work
  const { task, module, hash: code } = work.code
  const whole = await openWhole(work.table, env, signal)
  try {
    const warning = checkTypes(whole, task, env)
    refuseChoosing(whole, selection, module)
    const selected = await selectRows(whole, selection)
    const { filterTasks } = module
    const rows =
      filterTasks === undefined
        ? selected
        : await runUserCode('filterTasks', () =>
            applyFilter(selected, filterTasks, env['CF_CLOUDPATH'] ?? ''),
          )
    return { whole, rows, module, code, warning }
  } catch (error) {
    await whole.close()
    throw error
  }
}

/** Opens the table that is meant, with `cloudpath` where the table has no such column. */
export async function openWhole(
  path: string | undefined,
  env: Env,
  signal: AbortSignal,
): Promise<Table> {
  const table = await openTable(tablePath(path, env), { signal })
  const cloudpath = env['CF_CLOUDPATH'] ?? ''
  const has = table.columns.some(({ name }) => name === cloudpathColumn)
  return cloudpath === '' || has ? table : table.withColumn(cloudpathColumn, cloudpath)
}

function tablePath(named: string | undefined, env: Env): string {
  const path = named ?? env['TASK_PARAMETER_FILENAME'] ?? ''
  if (path.trim() !== '') return path
  throw new TaskqError(
    'invalid',
    'No table is named. Name it (taskq insert: --table cells.feather; other commands: cells.feather), or have it read from a file that sets TASK_PARAMETER_FILENAME=cells.feather: -e config/task.env',
  )
}

/** Choosing rows reads the table once, inserting a second time. */
function refuseChoosing(table: Table, selection: Selection, { filterTasks }: TaskModule): void {
  if (table.fingerprint !== undefined) return
  const chosen = Object.keys(selection)
  if (chosen.length === 0 && filterTasks === undefined) return
  throw new TaskqError(
    'unsupported',
    `${table.name} was declared to be read once, so that its rows cannot be chosen (${chosen.length > 0 ? `--${chosen[0]}` : 'filterTasks'}). Remove its export "once", or choose in its function.`,
  )
}
