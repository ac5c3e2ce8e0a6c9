import { TaskqError } from './errors.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { BigintColumns } from './json-parse.ts'
import { LEVELS } from './json-path.ts'
import { readExact } from './json-read.ts'

/** The version of our metadata that this package writes, and the newest it reads. */
export const ENVELOPE = 1

/** The parameters of a task as they came, with what surrounded them; `bigints` and `meta` may be empty. */
export interface Opened {
  readonly params: JsonObject
  readonly bigints: readonly string[]
  readonly meta: JsonObject
}

/**
 * A reader of envelopes whose parameters lie at the path `under`: integers exact, those of the
 * declared columns as `bigint`. `open` refuses what is no envelope and answers what it declares.
 */
export function envelopeReader(
  under: readonly (string | number)[],
  open: (envelope: JsonValue) => JsonValue | undefined,
): (body: string) => { readonly envelope: JsonObject; readonly bigints: readonly string[] } {
  // One queue mostly holds one table: guess the columns of the body before, check, else read again.
  let guess: Guess = { bigints: [], columns: undefined }
  const read = (body: string) =>
    readExact(body, {
      what: 'the body',
      levels: LEVELS + under.length,
      columns: guess.columns,
    })
  return body => {
    let envelope = read(body)
    const bigints = columnsOf(open(envelope))
    if (!isSame(bigints, guess.bigints)) {
      const columns = bigints.length === 0 ? undefined : { under, names: new Set(bigints) }
      guess = { bigints, columns }
      envelope = read(body)
    }
    return { envelope: envelope as JsonObject, bigints }
  }
}

interface Guess {
  readonly bigints: readonly string[]
  readonly columns: BigintColumns | undefined
}

/** Whether an envelope carries metadata of ours; throws where a newer version wrote it. */
export function versionOf(envelope: JsonObject): 'ours' | 'none' {
  const version = envelope['taskq']
  if (version === ENVELOPE) return 'ours'
  if (version === undefined) return 'none'
  const isNewer = typeof version === 'number' && Number.isInteger(version) && version > ENVELOPE
  const message = isNewer
    ? `the body was written by a newer taskq (envelope ${version}); update taskq-runtime on the worker`
    : `the body is no task of ours: its "taskq" is not ${ENVELOPE}; insert the task with taskq, or remove it from the queue`
  throw new TaskqError('invalid', message)
}

/** Whether a value is an object of JSON, not a list. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What a value is, for a complaint: `a list`. */
export function nameOf(value: JsonValue | undefined): string {
  if (value === undefined) return 'absent'
  if (value === null) return 'null'
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object'
  return `a ${typeof value}`
}

function columnsOf(bigint: JsonValue = []): readonly string[] {
  if (Array.isArray(bigint) && bigint.every(name => typeof name === 'string')) return bigint
  const complaint = 'its "bigint" is not a list of column names'
  throw new TaskqError(
    'invalid',
    `the body is no task of ours: ${complaint}; insert the task with taskq, or remove it from the queue`,
  )
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name, i) => name === others[i])
}
