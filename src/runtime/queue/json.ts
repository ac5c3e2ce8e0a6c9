/**
 * Exact JSON: every digit of a number survives, in both directions.
 *
 * by value  the rule for text without a schema: an integer beyond ±(2^53 - 1) is a `bigint`, any
 *           other number is a `number`
 */
export { LEVELS } from './json-path.ts'
export { readJson } from './json-read.ts'
export type { JsonObject, JsonValue } from './json-value.ts'
export { writeJson } from './json-write.ts'
