import { type ExitCode, exitCodes } from '../config/exit-codes.ts'
import { isTaskqError } from '../queue/errors.ts'
import type { StopSignals } from './shutdown.ts'
import type { WorkSummary } from './work-options.ts'

/** What a worker that came to its end tells the shell. */
export function exitCodeOf(
  { end }: Pick<WorkSummary, 'end'>,
  { by }: Pick<StopSignals, 'by'>,
): ExitCode {
  if (end === 'failures') return exitCodes.data
  if (end !== 'stopped') return exitCodes.done
  return by() === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated
}

/** What an error tells the shell. What is wrong for every worker is final, other faults are not. */
export function exitCodeOfError(error: unknown): ExitCode {
  if (isTaskqError(error, 'invalid') || isTaskqError(error, 'unsupported')) return exitCodes.usage
  return isTaskqError(error, 'unavailable') ? exitCodes.unavailable : exitCodes.partly
}

/** Our own errors say what to do; of others the stack tells where to look. */
export function messageOf(error: unknown): string {
  if (isTaskqError(error)) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
