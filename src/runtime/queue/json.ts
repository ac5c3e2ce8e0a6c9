/**
 * Exact JSON: every digit of a number survives, in both directions.
 *
 * by value  the rule for text without a schema: an integer beyond ±(2^53 - 1) is a `bigint`, any
 *           other number is a `number`
 */
export { LEVELS } from './json-path.ts'
export { readJson } from './json-read.ts'
export { writeJson } from './json-write.ts'

/** What JSON text can hold, its integers exact. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonValue[]
  | JsonObject

/** A JSON object; a property that is `undefined` counts as absent. */
export type JsonObject = { readonly [key: string]: JsonValue | undefined }
