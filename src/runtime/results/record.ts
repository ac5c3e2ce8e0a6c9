import { type JsonValue, readJson, writeJson } from '../queue/json.ts'
import { realTime } from '../queue/real-time.ts'

/** What is kept of a finished task, as JSON text beside it in the queue. */
export interface DoneRecord {
  readonly status: 'done'
  /** What the task returned; absent when it returned nothing. */
  readonly value?: JsonValue
  readonly startedAt: string
  readonly endedAt: string
  readonly seconds: number
  readonly worker: string
  readonly host: string
  readonly attempt: number
}

/** What is kept of a dead task beside its reason. */
export interface DeadRecord {
  readonly status: 'dead'
  readonly kind: string
  readonly reason: string
  readonly stack?: string
  /** The last of what it wrote to stdout and stderr. */
  readonly output?: string
  readonly startedAt?: string
  readonly endedAt?: string
  readonly worker: string
  readonly host: string
  readonly attempt: number
}

/** Facts on one run that ended with a value. */
export interface RunFacts {
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly endedAt: number
  readonly seconds: number
  readonly attempt: number
}

/** Writes records of one worker: what is the same in all of them is written once. */
export function recordWriter(
  worker: string,
  host: string,
): (valueText: string | undefined, facts: RunFacts) => string {
  const tail = `,"worker":${JSON.stringify(worker)},"host":${JSON.stringify(host)},"attempt":`
  const timeOf = isoTimes()
  return (valueText, { startedAt, endedAt, seconds, attempt }) => {
    const value = valueText === undefined ? '' : `"value":${valueText},`
    return `{"status":"done",${value}"startedAt":"${timeOf(startedAt)}","endedAt":"${timeOf(endedAt)}","seconds":${seconds}${tail}${attempt}}`
  }
}

/** The record of a dead task as text. */
export function writeDeadRecord(record: DeadRecord): string {
  return writeJson(record)
}

/** Reads a record of ours; `undefined` for text that is none, such as another program's. */
export function readRecord(text: string): DoneRecord | DeadRecord | undefined {
  try {
    const record = readJson(text, { what: 'a record' })
    if (typeof record !== 'object' || record === null || Array.isArray(record)) return undefined
    const { status } = record as { readonly status?: unknown }
    return status === 'done' || status === 'dead'
      ? (record as unknown as DoneRecord | DeadRecord)
      : undefined
  } catch {
    // Not JSON: the caller shows it as it is.
    return undefined
  }
}

/** A record cut in two: the JSON text of its value, and everything else. */
export interface SplitRecord {
  /** Absent when the task returned nothing. */
  readonly valueText?: string
  readonly facts: { readonly [name: string]: string | number }
}

/** Splits a record of `recordWriter`; `undefined` for any other text. */
export function splitRecord(text: string): SplitRecord | undefined {
  if (!text.startsWith(doneStart)) return undefined
  const from = doneStart.length
  const hasValue = text.startsWith('"value":', from)
  // What follows the value has its quotes escaped, so that the last of these is no part of any text.
  const end = hasValue ? text.lastIndexOf(',"startedAt":"') : from - 1
  if (end < 0 || !text.startsWith('"startedAt":"', end + 1)) return undefined
  try {
    const facts = JSON.parse(`{${text.slice(end + 1)}`) as SplitRecord['facts']
    return hasValue ? { valueText: text.slice(from + 8, end), facts } : { facts }
  } catch {
    // Some other program's text that only begins like ours.
    return undefined
  }
}

const doneStart = '{"status":"done",'

/** ISO times; many tasks share a millisecond, and writing one takes half a microsecond. */
function isoTimes(): (milliseconds: number) => string {
  let last = Number.NaN
  let text = ''
  return milliseconds => {
    if (milliseconds === last) return text
    last = milliseconds
    text = realTime.iso(milliseconds)
    return text
  }
}
