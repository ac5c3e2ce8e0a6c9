import { inspect } from 'node:util'
import { isTaskqError } from '../queue/errors.ts'
import type { FailureNote } from './messages.ts'

/** Well under what a queue keeps as a reason, for the worker adds to it. */
const mostReasonBytes = 4096
const mostStack = 16_384
const mostCauses = 4

/** What was thrown, for people: as much as a record should hold of it, and what caused it. */
export function noteOf(error: unknown): FailureNote {
  const errors = chainOf(error)
  const [first] = errors
  if (first === undefined) return { reason: `threw ${textOf(error)}` }
  // Libraries make what they like of a stack: a list of calls, a getter that throws.
  const stack = attempt(() => first.stack)
  return {
    reason: sentenceOf(errors) ?? `threw ${textOf(error)}`,
    ...(typeof stack === 'string' && { stack: cut(withCauses(stack, errors), mostStack) }),
  }
}

/** A reason as a queue can keep it, whatever a task says. */
export function keptReason(reason: unknown): string {
  const text = cut(textOf(reason), mostReasonBytes)
  if (Buffer.byteLength(text) <= mostReasonBytes) return text
  // A character that the cut goes through is left out.
  const bytes = Buffer.from(text).subarray(0, mostReasonBytes)
  return new TextDecoder().decode(bytes, { stream: true })
}

/** The error, its cause or the first of several, the cause of that, and so on. */
function chainOf(error: unknown): readonly Error[] {
  const chain: Error[] = []
  let next = error
  while (chain.length < mostCauses && isError(next) && !chain.includes(next)) {
    const found = next
    chain.push(found)
    next = attempt(() => found.cause ?? (found as Partial<AggregateError>).errors?.[0])
  }
  return chain
}

function isError(value: unknown): value is Error {
  return attempt(() => value instanceof Error) === true
}

/** `undefined` where the error has no text. */
function sentenceOf([first, ...causes]: readonly Error[]): string | undefined {
  let text = attempt(() => titleOf(first as Error))
  for (const cause of causes) {
    const title = attempt(() => titleOf(cause))
    // Many who pass an error on repeat what it said.
    const isTold = title === undefined || text?.includes(attempt(() => cause.message) || title)
    if (text !== undefined && !isTold) text += `, because of ${title}`
  }
  return text
}

/** Ours are sentences. Node's error for a refused connection has no message of its own, but a code. */
function titleOf(error: Error): string {
  if (isTaskqError(error)) return error.message
  const { code = '' } = error as NodeJS.ErrnoException
  const text = error.message === '' ? code : error.message
  return text === '' ? error.name : `${error.name}: ${text}`
}

function withCauses(stack: string, [, ...causes]: readonly Error[]): string {
  let text = stack
  for (const cause of causes) {
    const own = attempt(() => cause.stack)
    if (typeof own === 'string') text += `\ncaused by ${own}`
  }
  return text
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  const text = attempt(() => String(value))
  if (text !== undefined && text !== '[object Object]') return text
  return (
    attempt(() =>
      inspect(value, { customInspect: false, breakLength: Number.POSITIVE_INFINITY }),
    ) ?? `a value of type ${typeof value} that has no text`
  )
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
