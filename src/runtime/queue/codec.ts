import type { Wire } from './driver.ts'
import { decodeBody, encodeBody, type Opened, type Surroundings } from './envelope.ts'
import type { JsonObject, JsonValue } from './json.ts'

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
  /** What the body asks to be called: looked up in a table of ours, never loaded. */
  readonly callee?: { readonly name: string; readonly args: readonly JsonValue[] }
}

/** How the bodies of one wire are written and read. Pure: the id and headers travel beside the body. */
export interface Codec {
  readonly encode: (task: Task) => string
  /** Throws `invalid` for a body that is not of this wire. */
  readonly decode: (body: string) => TaskBody
}

/** The codec of every wire that a driver may name. */
export const codecs: Readonly<Record<Wire, Codec>> = {
  taskq: { encode: task => encodeBody(task.params, task), decode: decodeBody },
}
