import { TaskqError } from './errors.ts'
import { printable, spellPath } from './json-path.ts'
import type { JsonObject, JsonValue } from './json-value.ts'

/** The columns whose integers are all `bigint`: the properties `names` of the object at the path `under`. */
export interface BigintColumns {
  readonly under: readonly (string | number)[]
  readonly names: ReadonlySet<string>
}

/** What is said of a text that is refused, and how its numbers are read. */
export interface ParseOptions {
  /** What the text is, for error messages. */
  readonly what: string
  /** Text nested deeper is refused. */
  readonly levels: number
  readonly columns?: BigintColumns | undefined
  /** What becomes of a number by its text; an integer of fewer than 16 characters, -0 apart, is that number. */
  readonly numberOf?: ((source: string, isInteger: boolean) => unknown) | undefined
}

/**
 * Reads JSON text in one pass without losing a digit: integers beyond ±(2^53 - 1), and every integer
 * inside `columns`, become `bigint`; `NaN`, `Infinity` and `-Infinity` are numbers.
 * Answers and refuses otherwise as `JSON.parse` does, with a `TaskqError` naming the place.
 */
export function parseExact(source: string, options: ParseOptions): JsonValue {
  text = source
  ;({ what, levels, columns, numberOf } = options)
  columnLevel = columns?.under.length ?? 0
  at = depth = nthKey = 0
  everyInteger = false
  try {
    const value = readValue(skipSpace())
    skipSpace()
    if (at < text.length) failAt('the end')
    return value
  } finally {
    text = ''
  }
}

// Kept outside the functions as nothing in here calls out, which makes them a third faster.
let text = ''
let at = 0
let what = ''
let levels = 0
let columns: BigintColumns | undefined
let numberOf: ParseOptions['numberOf']
let columnLevel = 0
let everyInteger = false
let depth = 0
const path: (string | number)[] = []

// The keys of the text before, in order: rows of one table repeat them, and comparing with a key
// that is already known is quicker than making the string anew.
const knownKeys: string[] = new Array<string>(64).fill('')
let nthKey = 0

function readValue(unit: number): JsonValue {
  if (unit === QUOTE) return readString()
  if (unit === MINUS || isDigit(unit)) return readNumber()
  if (unit === OPEN_BRACE) return readObject()
  if (unit === OPEN_BRACKET) return readArray()
  if (unit === 116) return readToken('true', true)
  if (unit === 102) return readToken('false', false)
  if (unit === 110) return readToken('null', null)
  if (unit === 78) return made('NaN', readToken('NaN', Number.NaN))
  return made('Infinity', readToken('Infinity', Number.POSITIVE_INFINITY))
}

/** As the caller makes it, or as it is. */
function made(source: string, value: number): JsonValue {
  return numberOf === undefined ? value : (numberOf(source, false) as JsonValue)
}

function readToken<Value>(token: string, value: Value): Value {
  if (!text.startsWith(token, at)) failAt('a value')
  at += token.length
  return value
}

function readObject(): JsonObject {
  const object: Record<string, JsonValue> = {}
  const level = enter()
  if (skipSpace() === CLOSE_BRACE) return leave(object)
  for (;;) {
    if (skipSpace() !== QUOTE) failAt('a key in double quotes')
    const key = readKey()
    path[level] = key
    if (skipSpace() !== COLON) failAt('":"')
    at++
    const declared = level === columnLevel && columns !== undefined && isDeclared(columns, key)
    if (declared) everyInteger = true
    const value = readValue(skipSpace())
    if (declared) everyInteger = false
    if (key === '__proto__') Object.defineProperty(object, key, { ...DATA, value })
    else object[key] = value
    const unit = skipSpace()
    if (unit === CLOSE_BRACE) return leave(object)
    if (unit !== COMMA) failAt('"," or "}"')
    at++
  }
}

const DATA = { writable: true, enumerable: true, configurable: true }

function isDeclared({ under, names }: BigintColumns, key: string): boolean {
  for (let at = 0; at < under.length; at++) if (path[at] !== under[at]) return false
  return names.has(key)
}

function readArray(): JsonValue[] {
  const array: JsonValue[] = []
  const level = enter()
  if (skipSpace() === CLOSE_BRACKET) return leave(array)
  for (;;) {
    path[level] = array.length
    array.push(readValue(skipSpace()))
    const unit = skipSpace()
    if (unit === CLOSE_BRACKET) return leave(array)
    if (unit !== COMMA) failAt('"," or "]"')
    at++
  }
}

function enter(): number {
  if (depth === levels)
    fail(`is nested deeper than ${levels} levels at character ${at + 1}; flatten it`)
  at++
  return depth++
}

function leave<Container>(container: Container): Container {
  depth--
  at++
  return container
}

function readKey(): string {
  const start = at + 1
  const place = nthKey
  nthKey = (nthKey + 1) & 63
  const known = knownKeys[place] as string
  const end = start + known.length
  if (text.charCodeAt(end) === QUOTE && text.startsWith(known, start)) {
    at = end + 1
    return known
  }
  const key = readString()
  // A key with escapes is not remembered: its text differs from its name.
  if (at === start + key.length + 1) knownKeys[place] = key
  return key
}

function readString(): string {
  const start = at
  let unit = text.charCodeAt(++at)
  while (unit !== QUOTE && unit !== BACKSLASH && unit >= SPACE) unit = text.charCodeAt(++at)
  if (unit === QUOTE) return text.slice(start + 1, at++)
  while (unit !== QUOTE) {
    if (unit === BACKSLASH) at++
    else if (!(unit >= SPACE)) failAt('the rest of a string')
    unit = text.charCodeAt(++at)
  }
  at++
  try {
    return JSON.parse(text.slice(start, at)) as string
  } catch {
    at = start
    return failAt('a string whose escapes are valid')
  }
}

function readNumber(): JsonValue {
  const start = at
  if (text.charCodeAt(at) === MINUS && text.startsWith('Infinity', ++at)) {
    at += 8
    return made('-Infinity', Number.NEGATIVE_INFINITY)
  }
  let unit = text.charCodeAt(at)
  let sum = 0
  if (unit === ZERO) unit = text.charCodeAt(++at)
  else if (isDigit(unit)) {
    while (isDigit(unit)) {
      sum = sum * 10 + unit - ZERO
      unit = text.charCodeAt(++at)
    }
  } else failAt('a digit')
  const isInteger = unit !== POINT && unit !== LOWER_E && unit !== UPPER_E
  if (isInteger && at - start < 16 && !everyInteger) {
    if (text.charCodeAt(start) !== MINUS) return sum
    return sum === 0 ? made('-0', -0) : -sum
  }
  if (unit === POINT) {
    at++
    skipDigits()
  }
  if ((text.charCodeAt(at) | 32) === LOWER_E) {
    const sign = text.charCodeAt(++at)
    if (sign === PLUS || sign === MINUS) at++
    skipDigits()
  }
  const lexeme = text.slice(start, at)
  if (numberOf !== undefined) return numberOf(lexeme, isInteger) as JsonValue
  if (isInteger) {
    if (everyInteger) return toBigint(lexeme)
    const value = Number(lexeme)
    return Number.isSafeInteger(value) ? value : toBigint(lexeme)
  }
  const value = Number(lexeme)
  if (!Number.isFinite(value)) failOn(lexeme, 'is beyond the range of a double; write it as text')
  return value
}

function toBigint(lexeme: string): bigint {
  try {
    return BigInt(lexeme)
  } catch {
    return failOn(lexeme, 'has more digits than a bigint can hold; write it as text')
  }
}

function skipDigits(): void {
  if (!isDigit(text.charCodeAt(at))) failAt('a digit')
  while (isDigit(text.charCodeAt(++at))) {}
}

function skipSpace(): number {
  let unit = text.charCodeAt(at)
  while (unit === SPACE || unit === 10 || unit === 13 || unit === 9) unit = text.charCodeAt(++at)
  return unit
}

function failOn(lexeme: string, complaint: string): never {
  const place = spellPath(what, path.slice(0, depth))
  throw new TaskqError('invalid', `${place}: the number ${printable(lexeme)} ${complaint}`)
}

function failAt(expected: string): never {
  const got = at < text.length ? `"${printable(text.slice(at, at + 1))}"` : 'the end'
  const excerpt = printable(text.slice(Math.max(0, at - 20), at + 20))
  fail(
    `is no valid JSON: expected ${expected} at character ${at + 1}, got ${got}, near ${excerpt}; mend or remove it`,
  )
}

function fail(complaint: string): never {
  throw new TaskqError('invalid', `${what} ${complaint}`)
}

function isDigit(unit: number): boolean {
  return unit >= ZERO && unit <= NINE
}

// In this file and not beside it: imported constants cost a twelfth of the time.
const SPACE = 32
const QUOTE = 34
const PLUS = 43
const COMMA = 44
const MINUS = 45
const POINT = 46
const ZERO = 48
const COLON = 58
const OPEN_BRACKET = 91
const BACKSLASH = 92
const CLOSE_BRACKET = 93
const UPPER_E = 69
const LOWER_E = 101
const OPEN_BRACE = 123
const CLOSE_BRACE = 125
const NINE = 57
