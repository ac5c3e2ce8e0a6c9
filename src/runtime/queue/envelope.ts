import {
  type Around,
  type BodyFrame,
  type Composer,
  composerOf,
  frameOf,
  type Surroundings,
} from './composer.ts'
import { TaskqError } from './errors.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { writeJson } from './json-write.ts'
import { ENVELOPE, envelopeReader, isObject, nameOf, type Opened, versionOf } from './opening.ts'

/** The body of a task: `{"taskq":1,"params":{...},"bigint":["root_id"],"meta":{...}}`. */
export function encodeBody(params: JsonObject, surroundings: Surroundings = {}): string {
  return composeBody(writeJson(params, { what: 'params' }), surroundings)
}

/** The body of a task whose parameters are JSON text already: the text of an object, trusted. */
export function composeBody(paramsText: string, surroundings: Surroundings = {}): string {
  return bodyComposer(surroundings)(paramsText)
}

/** Composes many bodies that share their surroundings, at the price of joining strings. */
export function bodyComposer(surroundings: Surroundings): Composer {
  return composerOf(surroundings, around)
}

/** The frame of bodies whose parameters are written by whoever makes them, to spare the joining. */
export function bodyFrame(surroundings: Surroundings): BodyFrame {
  return frameOf(surroundings, around)
}

const around: Around = { before: `{"taskq":${ENVELOPE},"params":`, after: '' }

/**
 * Opens a body: integers exact, those of the `bigint` columns as `bigint`, all others by value.
 * A body that was not changed is never written anew: whoever moves or retries a task moves its text.
 */
export function decodeBody(body: string): Opened {
  const { envelope, bigints } = read(body)
  const { params, meta = {} } = envelope as Envelope
  if (!isObject(params)) return refuse(`its "params" is ${nameOf(params)}, not an object`)
  if (!isObject(meta)) return refuse(`its "meta" is ${nameOf(meta)}, not an object`)
  return { params, bigints, meta }
}

/** The envelope as data, before its parts are checked. */
interface Envelope extends JsonObject {
  readonly params?: JsonValue
  readonly meta?: JsonValue
}

const read = envelopeReader(['params'], open)

function open(envelope: JsonValue): JsonValue | undefined {
  if (!isObject(envelope)) return refuse(`it is ${nameOf(envelope)}, not an object`)
  if (versionOf(envelope) === 'none') return refuse('it has no "taskq"')
  return envelope['bigint']
}

function refuse(complaint: string): never {
  const advice = 'insert the task with taskq, or remove it from the queue'
  throw new TaskqError('invalid', `the body is no task of ours: ${complaint}; ${advice}`)
}
