import { existsSync } from 'node:fs'
import { hashCode } from '../code/hash.ts'
import { TaskqError } from '../queue/errors.ts'
import { openTable } from '../tables/open.ts'
import type { Table } from '../tables/table.ts'
import { applyFilter } from './filter.ts'
import { type Selection, selectRows } from './select.ts'
import { loadTaskFile, type TaskModule } from './task-module.ts'

/** Variables of an env file, or of the process. */
export type Env = Readonly<Record<string, string | undefined>>

/** What is to be inserted. */
export interface Work {
  /** Path or URL; default TASK_PARAMETER_FILENAME. */
  readonly table?: string | undefined
  /** The task file; default task.ts where there is one. */
  readonly task?: string | undefined
  readonly selection?: Selection
  /** Goes before what the task file exports. */
  readonly given?: TaskModule
}

/** A table whose rows have been chosen and whose code is known. */
export interface Prepared {
  /** The table as it was opened, with `cloudpath`. */
  readonly whole: Table
  /** The rows to insert. */
  readonly rows: Table
  readonly module: TaskModule
  readonly code: string | undefined
}

/** The column that tells tasks where their results go. */
export const cloudpathColumn = 'cloudpath'

/** Opens the table, adds `cloudpath`, and chooses the rows; close `whole` when done. */
export async function prepare(work: Work, env: Env, signal?: AbortSignal): Promise<Prepared> {
  const { selection = {} } = work
  const task = work.task ?? (existsSync('task.ts') ? 'task.ts' : undefined)
  const exported = task === undefined ? {} : await loadTaskFile(task)
  const module = { ...exported, ...work.given }
  const code = task === undefined ? undefined : (await hashCode(task)).hash
  const table = await openTable(tablePath(work, env), signal === undefined ? {} : { signal })
  try {
    const cloudpath = env['CF_CLOUDPATH'] ?? ''
    const has = table.columns.some(({ name }) => name === cloudpathColumn)
    const whole = cloudpath === '' || has ? table : table.withColumn(cloudpathColumn, cloudpath)
    refuseChoosing(whole, selection, module)
    const selected = await selectRows(whole, selection)
    const { filterTasks } = module
    const rows =
      filterTasks === undefined ? selected : await applyFilter(selected, filterTasks, cloudpath)
    return { whole, rows, module, code }
  } catch (error) {
    await table.close()
    throw error
  }
}

function tablePath({ table }: Work, env: Env): string {
  const path = table ?? env['TASK_PARAMETER_FILENAME'] ?? ''
  if (path.trim() !== '') return path
  throw new TaskqError(
    'invalid',
    'No table is named. Name it by --table cells.feather, or in config/task.env: TASK_PARAMETER_FILENAME=cells.feather',
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
