import type { FailureNote } from './messages.ts'

/** What was thrown, for people: as much as a record should hold of it. */
export function noteOf(error: unknown): FailureNote {
  if (!(error instanceof Error)) return { reason: `threw ${safely(error)}` }
  const stack = error.stack?.slice(0, 16_384)
  const reason = `${error.name}: ${error.message}`.slice(0, 4096)
  return {
    reason: reason.toWellFormed(),
    ...(stack !== undefined && { stack: stack.toWellFormed() }),
  }
}

function safely(value: unknown): string {
  try {
    return String(value).slice(0, 4096).toWellFormed()
  } catch {
    return `a value of type ${typeof value} that has no text`
  }
}
