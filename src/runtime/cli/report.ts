import { inspect } from 'node:util'
import type { ExitName } from '../config/exit-codes.ts'
import { isTaskqError, type TaskqErrorCode } from '../queue/errors.ts'
import type { Output } from '../terminal/output.ts'
import { safeLines } from '../terminal/safe.ts'
import { Interruption } from './shell.ts'

/** Tells what went wrong and says which exit code that is. With `debug` the stack follows. */
export async function report(
  error: unknown,
  err: Output,
  debug: boolean,
  program = 'taskq',
): Promise<ExitName> {
  if (error instanceof Interruption) {
    // The terminal has written ^C: what comes next begins on a line of its own.
    if (err.isTerminal) await err.line()
    return error.by
  }
  if (isTaskqError(error)) {
    await err.line(`${program}: ${safeLines(error.message)}`)
    if (debug) await err.line(safeLines(inspect(error)))
    return exitOf[error.code]
  }
  await err.line(`${program}: This should not happen. Please report it, with these lines:`)
  await err.line(safeLines(inspect(error)))
  return 'bug'
}

const exitOf: Readonly<Record<TaskqErrorCode, ExitName>> = {
  invalid: 'usage',
  unsupported: 'usage',
  unavailable: 'unavailable',
  'lease-lost': 'partly',
}
