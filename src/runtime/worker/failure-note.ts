import type { FailureNote } from './messages.ts'

/** What was thrown, for people: as much as a record should hold of it. */
export function noteOf(error: unknown): FailureNote {
  if (!(error instanceof Error)) return { reason: `threw ${textOf(error)}` }
  // Libraries make what they like of a stack: a list of calls, a getter that throws.
  const stack = attempt(() => error.stack)
  return {
    reason: attempt(() => cut(`${error.name}: ${error.message}`, 4096)) ?? `threw ${textOf(error)}`,
    ...(typeof stack === 'string' && { stack: cut(stack, 16_384) }),
  }
}

function textOf(value: unknown): string {
  const text = attempt(() => cut(String(value), 4096))
  return text ?? `a value of type ${typeof value} that has no text`
}

function cut(text: string, most: number): string {
  return text.slice(0, most).toWellFormed()
}

function attempt<Answer>(act: () => Answer): Answer | undefined {
  try {
    return act()
  } catch {
    return undefined
  }
}
