import { TaskqError } from './errors.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { BigintColumns } from './json-parse.ts'
import { LEVELS, printable } from './json-path.ts'
import { readExact } from './json-read.ts'
import { writeJson } from './json-write.ts'

/** The version of the envelope that this package writes, and the newest it reads. */
export const ENVELOPE = 1

/** What surrounds the parameters of a task in a body of ours. */
export interface Surroundings {
  /** Columns whose integers are `bigint` in every row, inside lists and structs too. Default none. */
  readonly bigints?: readonly string[]
  /** Reserved for us: what is known of the task beside its parameters. Default none. */
  readonly meta?: JsonObject
}

/** The parameters of a task as they came, with what surrounded them; `bigints` and `meta` may be empty. */
export interface Opened {
  readonly params: JsonObject
  readonly bigints: readonly string[]
  readonly meta: JsonObject
}

/** The body of a task: `{"taskq":1,"params":{...},"bigint":["root_id"],"meta":{...}}`. */
export function encodeBody(params: JsonObject, surroundings: Surroundings = {}): string {
  return composeBody(writeJson(params, { what: 'params' }), surroundings)
}

/** The body of a task whose parameters are JSON text already: the text of an object, trusted. */
export function composeBody(paramsText: string, surroundings: Surroundings = {}): string {
  return bodyComposer(surroundings)(paramsText)
}

/**
 * Composes many bodies that share their surroundings, at the price of joining strings.
 * `extraMetaText` is JSON text of an object whose members join `meta`, winning over its own.
 */
export function bodyComposer(
  surroundings: Surroundings,
): (paramsText: string, extraMetaText?: string) => string {
  const { bigints = [], meta = {} } = surroundings
  const head = `{"taskq":${ENVELOPE},"params":`
  const columns = bigints.length === 0 ? '' : `,"bigint":${writeJson(bigints, { what: 'bigints' })}`
  const metaText = writeJson(meta, { what: 'meta' })
  const plainTail = `${columns}${metaText === '{}' ? '' : `,"meta":${metaText}`}}`
  const openTail = `${columns},"meta":${metaText === '{}' ? '{' : `${metaText.slice(0, -1)},`}`
  return (paramsText, extraMetaText = '{}') => {
    if (!isObjectText(paramsText)) refuseText('params', paramsText)
    if (extraMetaText === '{}') return head + paramsText + plainTail
    if (!isObjectText(extraMetaText)) refuseText('extraMetaText', extraMetaText)
    return `${head}${paramsText}${openTail}${extraMetaText.slice(1)}}`
  }
}

/** The text around parameters in bodies that share their surroundings, `meta.row` being the last of it. */
export interface BodyFrame {
  /** Before the parameters. */
  readonly head: string
  /** After them, from their closing brace to the number of the row. */
  readonly tail: string
  /** After the number. */
  readonly end: string
}

/** The frame of bodies whose parameters are written by whoever makes them, to spare the joining. */
export function bodyFrame(surroundings: Surroundings): BodyFrame {
  const example = bodyComposer(surroundings)('{}', '{"row":0}')
  const head = `{"taskq":${ENVELOPE},"params":`
  const end = '}}'
  const tail = example.slice(head.length + 1, -1 - end.length)
  return { head, tail, end }
}

/**
 * Opens a body: integers exact, those of the `bigint` columns as `bigint`, all others by value.
 * A body that was not changed is never written anew: whoever moves or retries a task moves its text.
 */
export function decodeBody(body: string): Opened {
  // One queue mostly holds one table: guess the columns of the body before, check, else read again.
  let envelope = open(body, guess)
  const bigints = columnsOf(envelope)
  if (!isSame(bigints, guess.bigints)) {
    guess = { bigints, columns: { under: 'params', names: new Set(bigints) } }
    envelope = open(body, guess)
  }
  const { params, meta = {} } = envelope
  if (!isObject(params)) return refuse(`its "params" is ${nameOf(params)}, not an object`)
  if (!isObject(meta)) return refuse(`its "meta" is ${nameOf(meta)}, not an object`)
  return { params, bigints, meta }
}

interface Guess {
  readonly bigints: readonly string[]
  readonly columns?: BigintColumns
}

let guess: Guess = { bigints: [] }

/** The envelope as data, before its parts are checked. */
interface Envelope extends JsonObject {
  readonly taskq?: JsonValue
  readonly params?: JsonValue
  readonly bigint?: JsonValue
  readonly meta?: JsonValue
}

function open(body: string, { bigints, columns }: Guess): Envelope {
  const envelope: JsonValue = readExact(body, {
    what: 'the body',
    levels: LEVELS + 1,
    columns: bigints.length === 0 ? undefined : columns,
  })
  if (!isObject(envelope)) return refuse(`it is ${nameOf(envelope)}, not an object`)
  const version = (envelope as Envelope).taskq
  if (version === ENVELOPE) return envelope
  if (version === undefined) return refuse('it has no "taskq"')
  if (typeof version === 'number' && Number.isInteger(version) && version > ENVELOPE) {
    const message = `the body was written by a newer taskq (envelope ${version}); update taskq-runtime on the worker`
    throw new TaskqError('invalid', message)
  }
  return refuse(`its "taskq" is not ${ENVELOPE}`)
}

function columnsOf({ bigint = [] }: Envelope): readonly string[] {
  if (Array.isArray(bigint) && bigint.every(name => typeof name === 'string')) return bigint
  return refuse('its "bigint" is not a list of column names')
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name, i) => name === others[i])
}

function isObjectText(text: string): boolean {
  return text.startsWith('{') && text.endsWith('}')
}

function refuseText(what: string, text: string): never {
  const message = `${what} must be JSON text of an object, got ${printable(text)}; pass writeJson(${what})`
  throw new TaskqError('invalid', message)
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function nameOf(value: JsonValue | undefined): string {
  if (value === undefined) return 'absent'
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}

function refuse(complaint: string): never {
  const advice = 'insert the task with taskq, or remove it from the queue'
  throw new TaskqError('invalid', `the body is no task of ours: ${complaint}; ${advice}`)
}
