import { TaskqError } from './errors.ts'
import type { JsonObject } from './json.ts'
import { printable } from './json-path.ts'
import { writeJson } from './json-write.ts'

/** What surrounds the parameters of a task in a body of ours. */
export interface Surroundings {
  /** Columns whose integers are `bigint` in every row, inside lists and structs too. Default none. */
  readonly bigints?: readonly string[]
  /** Reserved for us: what is known of the task beside its parameters. Default none. */
  readonly meta?: JsonObject
}

/** The text that one wire has around the parameters of every body. */
export interface Around {
  /** From the first brace to before the parameters. */
  readonly before: string
  /** Behind the parameters, before our `bigint` and `meta`. */
  readonly after: string
}

/**
 * Makes bodies of parameters that are JSON text already: the text of an object, trusted.
 * `extraMetaText` is JSON text of an object whose members join `meta`, winning over its own.
 */
export type Composer = (paramsText: string, extraMetaText?: string) => string

/** The composer of bodies that share their surroundings on one wire. */
export function composerOf(surroundings: Surroundings, { before, after }: Around): Composer {
  const { bigints = [], meta = {} } = surroundings
  const columns = bigints.length === 0 ? '' : `,"bigint":${writeJson(bigints, { what: 'bigints' })}`
  const metaText = writeJson(meta, { what: 'meta' })
  const plainTail = `${after}${columns}${metaText === '{}' ? '' : `,"meta":${metaText}`}}`
  const openTail = `${after}${columns},"meta":${metaText === '{}' ? '{' : `${metaText.slice(0, -1)},`}`
  return (paramsText, extraMetaText = '{}') => {
    if (!isObjectText(paramsText)) refuseText('params', paramsText)
    if (extraMetaText === '{}') return before + paramsText + plainTail
    if (!isObjectText(extraMetaText)) refuseText('extraMetaText', extraMetaText)
    return `${before}${paramsText}${openTail}${extraMetaText.slice(1)}}`
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
export function frameOf(surroundings: Surroundings, around: Around): BodyFrame {
  const example = composerOf(surroundings, around)('{}', '{"row":0}')
  const end = '}}'
  const tail = example.slice(around.before.length + 1, -1 - end.length)
  return { head: around.before, tail, end }
}

function isObjectText(text: string): boolean {
  return text.startsWith('{') && text.endsWith('}')
}

function refuseText(what: string, text: string): never {
  const message = `${what} must be JSON text of an object, got ${printable(text)}; pass writeJson(${what})`
  throw new TaskqError('invalid', message)
}
