import type { LeaseRequest, Limits, Message, Note, PageRequest } from './driver.ts'
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
  if (typeof body !== 'string' || !body.isWellFormed())
    throw invalid(
      `The body of task "${id}" is no well-formed text. Write it as JSON, which escapes half a surrogate pair.`,
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

/** What a worker or a person wants remembered of a task. */
interface Outcome {
  readonly id: string
  readonly attempts?: number | undefined
  readonly reason?: string | undefined
  readonly record?: string | undefined
}

/** Refuses an outcome that a store could not keep as it is; returns the size of its record. */
export function checkOutcome(outcome: Outcome, limits: Limits, url: string): number {
  checkHeld(outcome)
  const { id, reason, record = '' } = outcome
  if ('reason' in outcome) checkText(`The reason for burying task "${id}"`, reason, reasonBytes)
  if (typeof record !== 'string' || !record.isWellFormed())
    throw invalid(
      `What is to be recorded of task "${id}" is no well-formed text. Write it as JSON, which escapes half a surrogate pair.`,
    )
  const bytes = Buffer.byteLength(record)
  if (bytes <= limits.bodyBytes) return bytes
  throw invalid(
    `Task "${id}" has a result of ${bytes} bytes; ${url} takes at most ${limits.bodyBytes}. Write it to a file and return its path.`,
  )
}

const reasonBytes = 8192
const workerBytes = 1024
const noteBytes = 4096
const mostAttempts = 1_000_000

/** Refuses a number of attempts that no task could have had; a lease itself has no size. */
export function checkHeld({ id, attempts = 0 }: Outcome): number {
  if (Number.isInteger(attempts) && attempts >= 0 && attempts <= mostAttempts) return 0
  throw invalid(
    `Task "${id}" cannot have had ${attempts} attempts; that is a whole number from 0 to ${mostAttempts}.`,
  )
}

/** Refuses a page that could not be read, and cuts one to what a driver can bear. */
export function checkPage<Request extends PageRequest>(request: Request, limits: Limits): Request {
  const { max } = request
  if (!Number.isInteger(max) || max < 1)
    throw invalid(`A page holds at least 1 item, in whole numbers; "max" is ${max}.`)
  return { ...request, max: Math.min(max, limits.batch) }
}

function checkText(what: string, text: string | undefined, most: number): void {
  const bytes = typeof text === 'string' && text.isWellFormed() ? Buffer.byteLength(text) : 0
  if (bytes > 0 && bytes <= most) return
  throw invalid(`${what} is well-formed text of 1 to ${most} bytes; this one has ${bytes}.`)
}

/** Refuses a note that some store could not keep as it is. */
export function checkNote({ name, text }: Note): void {
  checkText('The name of a note', name, idBytes)
  checkText(`The note "${name}"`, text, noteBytes)
}

/** Refuses an id that a file name, a URL or a terminal could not carry. */
export function checkId(id: string): void {
  if (typeof id !== 'string') throw invalid(`A task's id is text; this one is ${String(id)}.`)
  const bytes = Buffer.byteLength(id)
  if (bytes === 0 || bytes > idBytes)
    throw invalid(`A task's id has 1 to ${idBytes} bytes; this one has ${bytes}: ${quote(id)}.`)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(id) || !id.isWellFormed())
    throw invalid(`A task's id is text without control characters; this one is ${quote(id)}.`)
}

/** Refuses a lease that could not be kept. */
export function checkLease(request: LeaseRequest, limits: Limits): void {
  const { max, seconds, waitSeconds = 0, worker } = request
  checkText("The worker's id, which a lease names,", worker?.id, workerBytes)
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
