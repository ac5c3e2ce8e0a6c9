import type { BodyFrame, Composer, Surroundings } from './composer.ts'
import type { Driver, Wire } from './driver.ts'
import { bodyComposer, bodyFrame, decodeBody } from './envelope.ts'
import { type JsonObject, writeJson } from './json.ts'
import type { Opened } from './opening.ts'
import {
  type Callee,
  decodeMessage,
  messageComposer,
  messageFrame,
  type PythonFunction,
} from './python.ts'

/** One row on its way. */
export interface Task extends Surroundings {
  readonly id: string
  readonly params: JsonObject
  /** Higher is leased first; a whole number from -1000 to 1000. Default 0. */
  readonly priority?: number
  /** Not leased before this many seconds have passed. Default 0. */
  readonly delaySeconds?: number
}

/** What a body says. A wire that names what to call, or repeats the id, says so in the optional part. */
export interface TaskBody extends Opened {
  /** The id as the body has it, where it has one; the queue's own word on the id goes before it. */
  readonly id?: string
  readonly callee?: Callee
}

/** How the bodies of one queue are written and read. Pure: the id and headers travel beside the body. */
export interface Codec {
  readonly encode: (task: Task) => string
  /** Throws `invalid` for a body that is not of this wire. */
  readonly decode: (body: string) => TaskBody
  /** Makes many bodies that share their surroundings of parameters that are text already. */
  readonly composer: (surroundings: Surroundings) => Composer
  /** What stands around the parameters of such bodies. */
  readonly frame: (surroundings: Surroundings) => BodyFrame
}

/** How the bodies of each wire are read; nothing but the body is needed for that. */
export const decoders: Readonly<Record<Wire, (body: string) => TaskBody>> = {
  taskq: decodeBody,
  python: decodeMessage,
}

/** The codec of a queue. `callee` is asked when a wire that names what to call writes its first body. */
export function codecOf(
  { wire, url, queueName = url }: Pick<Driver, 'wire' | 'url' | 'queueName'>,
  callee: () => PythonFunction,
): Codec {
  const writer = writers[wire](queueName, callee)
  return {
    ...writer,
    decode: decoders[wire],
    encode: task => writer.composer(task)(writeJson(task.params, { what: 'params' })),
  }
}

type Writer = Pick<Codec, 'composer' | 'frame'>

const writers: Readonly<Record<Wire, (queueName: string, callee: () => PythonFunction) => Writer>> =
  {
    taskq: () => ({ composer: bodyComposer, frame: bodyFrame }),
    python: (queueName, callee) => ({
      composer: surroundings => messageComposer(surroundings, callee(), queueName),
      frame: surroundings => messageFrame(surroundings, callee(), queueName),
    }),
  }
