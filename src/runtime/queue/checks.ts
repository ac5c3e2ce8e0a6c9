import type { LeaseRequest, Limits, Message } from './driver.ts'
import { TaskqError } from './errors.ts'

/** The lowest and the highest priority a message may have. */
export const priorities = { lowest: -1000, highest: 1000 } as const

const idBytes = 512

/** Refuses a message that some store could not keep as it is; returns the size of its body. */
export function checkMessage(
  { id, body, headers = {} }: Message,
  limits: Limits,
  url: string,
): number {
  checkId(id)
  if (!body.isWellFormed())
    throw invalid(
      `The body of task "${id}" holds half a surrogate pair. Write it as JSON, which escapes it.`,
    )
  const bytes = Buffer.byteLength(body)
  if (bytes > limits.bodyBytes)
    throw invalid(
      `Task "${id}" has ${bytes} bytes of parameters; ${url} takes at most ${limits.bodyBytes}. Put the large part in a file and pass its path.`,
    )
  const { priority = 0, delaySeconds = 0 } = headers
  if (!Number.isInteger(priority) || priority < priorities.lowest || priority > priorities.highest)
    throw invalid(
      `Task "${id}" has priority ${priority}; a priority is a whole number from ${priorities.lowest} to ${priorities.highest}.`,
    )
  checkSeconds(`The delay of task "${id}"`, delaySeconds, 0, limits.delaySeconds)
  return bytes
}

/** Refuses an id that a file name, a URL or a terminal could not carry. */
export function checkId(id: string): void {
  const bytes = Buffer.byteLength(id)
  if (bytes === 0 || bytes > idBytes)
    throw invalid(`A task's id has 1 to ${idBytes} bytes; this one has ${bytes}: ${quote(id)}.`)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(id) || !id.isWellFormed())
    throw invalid(`A task's id is text without control characters; this one is ${quote(id)}.`)
}

/** Refuses a lease that could not be kept. */
export function checkLease({ max, seconds, waitSeconds = 0 }: LeaseRequest, limits: Limits): void {
  if (!Number.isInteger(max) || max < 1)
    throw invalid(`A lease asks for at least 1 task, in whole numbers; "max" is ${max}.`)
  checkLeaseSeconds(seconds, limits)
  checkSeconds('The wait for a lease', waitSeconds, 0, Number.POSITIVE_INFINITY)
}

/** Refuses the length of a lease or an extension. */
export function checkLeaseSeconds(seconds: number, limits: Limits): void {
  if (Number.isFinite(seconds) && seconds > 0 && seconds <= limits.leaseSeconds) return
  throw invalid(
    `A lease lasts more than 0 and at most ${limits.leaseSeconds} seconds here; asked for ${seconds}. Workers extend their leases while they run, so a few minutes are enough for any task.`,
  )
}

/** Refuses a length of time that is no number or out of range. */
export function checkSeconds(what: string, seconds: number, least: number, most: number): void {
  if (seconds >= least && seconds <= most) return
  throw invalid(`${what} is ${least} to ${most} seconds here; it is ${seconds}.`)
}

function quote(text: string): string {
  const start = JSON.stringify(text.slice(0, 60))
  return text.length > 60 ? `${start} and so on` : start
}

function invalid(message: string): TaskqError {
  return new TaskqError('invalid', message)
}
