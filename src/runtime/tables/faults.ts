import { TaskqError } from '../queue/errors.ts'
import { LEVELS } from '../queue/json-path.ts'
import type { TableLimits } from './table.ts'

/** The bounds a reader keeps to when the caller names none. */
export const defaultLimits: TableLimits = {
  cellBytes: 64 * 2 ** 20,
  batchBytes: 2 ** 30,
  wholeFileBytes: 16 * 2 ** 20,
  downloadBytes: 64 * 2 ** 30,
}

/** The fault of a file that is not what it claims to be. */
export function corrupt(name: string, what: string, cause?: unknown): TaskqError {
  return new TaskqError(
    'invalid',
    `${name} cannot be read: ${what}. Write the file again, or fetch it again if it was copied.`,
    cause === undefined ? undefined : { cause },
  )
}

/** The fault of one cell or column; `row` counts from 1, as people do. */
export function badCell(
  name: string,
  column: string,
  row: number | undefined,
  what: string,
): TaskqError {
  const where = row === undefined ? '' : `, row ${row}`
  return new TaskqError('invalid', `${name}, column ${JSON.stringify(column)}${where}: ${what}`)
}

/** The fault of lists and objects in one another beyond what is read. */
export function tooDeep(name: string, cause?: unknown): TaskqError {
  const what = `lists and objects in it are nested too deep (at most ${LEVELS}, in YAML some hundreds); write what is deeper as text`
  return corrupt(name, what, cause)
}

/** Passes our own errors on and turns any other into `corrupt`, keeping it as the cause. */
export function asCorrupt(name: string, error: unknown): TaskqError {
  if (error instanceof TaskqError) return error
  if (error instanceof RangeError && error.message.includes('call stack'))
    return tooDeep(name, error)
  return corrupt(name, error instanceof Error ? error.message : String(error), error)
}
