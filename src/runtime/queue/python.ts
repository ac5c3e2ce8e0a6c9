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
import { ENVELOPE, envelopeReader, isObject, nameOf, type Opened, versionOf } from './opening.ts'

/** A Python function that a message asks for. */
export interface PythonFunction {
  readonly module: string
  readonly name: string
}

/** What a message asks to be called: looked up in a table of ours, never loaded. */
export interface Callee {
  /** `module:function`, or the name of a class. */
  readonly name: string
  /** Positional arguments; a class has none. */
  readonly args: readonly JsonValue[]
  /** `taskq`: the message carries metadata of ours, so that `taskq insert` wrote it. */
  readonly writer: 'taskq' | 'python'
}

/** A message of python-task-queue, opened. */
export interface OpenedMessage extends Opened {
  readonly id?: string
  readonly callee: Callee
}

/** Composes messages that call one function with keyword arguments, our metadata in keys that Python ignores. */
export function messageComposer(
  surroundings: Surroundings,
  callee: PythonFunction,
  queueName: string,
): Composer {
  return composerOf(surroundings, aroundOf(callee, queueName))
}

/** The frame of such messages. */
export function messageFrame(
  surroundings: Surroundings,
  callee: PythonFunction,
  queueName: string,
): BodyFrame {
  return frameOf(surroundings, aroundOf(callee, queueName))
}

/** The last element of a payload is its id, which Python fills when it reads. */
function aroundOf({ module, name }: PythonFunction, queueName: string): Around {
  return {
    before: `{"payload":[${JSON.stringify([module, name])},[],`,
    after: `,-1],"queueName":${JSON.stringify(queueName)},"taskq":${ENVELOPE}`,
  }
}

/** Opens a message, of a function or a class, that Python or we have written. */
export function decodeMessage(body: string): OpenedMessage {
  const { envelope, bigints } = read(body)
  const { payload, meta: noted = {}, id } = envelope as Envelope
  const writer = versionOf(envelope) === 'ours' ? 'taskq' : 'python'
  const meta = writer === 'taskq' ? noted : {}
  if (!isObject(meta)) return refuse(`its "meta" is ${nameOf(meta)}, not an object`)
  const called = Array.isArray(payload) ? functionOf(payload) : classOf(payload)
  return {
    params: called.params,
    callee: { name: called.name, args: called.args, writer },
    bigints,
    meta,
    ...(typeof id === 'string' && { id }),
  }
}

/** The envelope as data, before its parts are checked. */
interface Envelope extends JsonObject {
  readonly payload?: JsonValue
  readonly meta?: JsonValue
  readonly id?: JsonValue
}

const read = envelopeReader(['payload', 2], envelope => {
  if (!isObject(envelope)) return refuse(`it is ${nameOf(envelope)}, not an object`)
  return versionOf(envelope) === 'ours' ? envelope['bigint'] : undefined
})

interface Called {
  readonly name: string
  readonly args: readonly JsonValue[]
  readonly params: JsonObject
}

function functionOf(payload: readonly JsonValue[]): Called {
  const [key, args, params] = payload
  if (payload.length !== 4) return refuse(`its payload has ${payload.length} elements, not four`)
  if (!Array.isArray(key) || key.length !== 2 || !key.every(part => typeof part === 'string'))
    return refuse('the first element of its payload is not [module, function]')
  if (!Array.isArray(args))
    return refuse(`its positional arguments are ${nameOf(args)}, not a list`)
  if (!isObject(params)) return refuse(`its keyword arguments are ${nameOf(params)}, not an object`)
  return { name: key.join(':'), args, params }
}

function classOf(payload: JsonValue | undefined): Called {
  if (!isObject(payload))
    return refuse(`its "payload" is ${nameOf(payload)}, not a list or an object`)
  const { class: name, ...params } = payload
  if (typeof name !== 'string') return refuse(`its "class" is ${nameOf(name)}, not a name`)
  return { name, args: [], params }
}

function refuse(complaint: string): never {
  const advice = 'insert the task anew, or remove it from the queue'
  throw new TaskqError('invalid', `the body is no message of a task: ${complaint}; ${advice}`)
}
