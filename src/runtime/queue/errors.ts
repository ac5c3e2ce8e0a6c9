/** What the caller of a queue can do about a fault: the four codes are four different answers. */
export type TaskqErrorCode =
  /** The lease ended or went to another worker: drop the task, its new holder has it. */
  | 'lease-lost'
  /** This driver cannot do that: the message says what to use instead. */
  | 'unsupported'
  /** What was passed in is wrong: mend it, trying again changes nothing. */
  | 'invalid'
  /** The store did not answer: whether it acted is unknown; try again, every verb bears repeating. */
  | 'unavailable'

/** The one error class of this package. `message` says what happened, on what, and what to do next. */
export class TaskqError extends Error {
  override readonly name = 'TaskqError'
  readonly code: TaskqErrorCode

  constructor(code: TaskqErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/** Whether `error` is one of ours, and (when `code` is given) of that code. */
export function isTaskqError(error: unknown, code?: TaskqErrorCode): error is TaskqError {
  return error instanceof TaskqError && (code === undefined || error.code === code)
}
