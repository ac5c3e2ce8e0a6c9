/** What an exit code says; 64 to 78 are final for a fleet, which starts nothing anew for them. */
export const exitCodes = {
  done: 0,
  /** A fault of ours, of the machine or of the queue's store: starting again may help. */
  fault: 1,
  /** task.ts, a setting or the queue is missing or wrong: mend it, then start again. */
  configuration: 64,
  /** Too many tasks failed in a row: look at the reason before more are lost. */
  failures: 65,
  /** The results are not complete: some are missing, dead or without a record. */
  incomplete: 66,
  /** Told to stop before the work was done. */
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** What makes the command end with 64 and no stack: the message says what to mend. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly exitCode = exitCodes.configuration
}
