import { Double, integerOf, type Raw } from './values.ts'

/**
 * Reads JSON as programs usually write it, each number by its source: five times as fast as a reviver that asks
 * for the source. `undefined` for what is wrong or unusual, which is no verdict: `JSON.parse` has to judge it.
 */
export function scanExact(text: string): Raw | undefined {
  const cursor = { text, at: 0 }
  const raw = valueAt(cursor, 0)
  codeAt(cursor)
  return cursor.at === text.length ? raw : undefined
}

interface Cursor {
  readonly text: string
  at: number
}

/** Levels of lists and objects in one another. */
const deepest = 50

function valueAt(cursor: Cursor, depth: number): Raw | undefined {
  const code = codeAt(cursor)
  if (code === quote) return stringAt(cursor)
  if (code === openBrace) return depth < deepest ? objectAt(cursor, depth + 1) : undefined
  if (code === openBracket) return depth < deepest ? listAt(cursor, depth + 1) : undefined
  if (code === minus || isDigit(code)) return numberAt(cursor)
  const { text, at } = cursor
  const word = words.find(each => text.startsWith(each.text, at))
  if (word === undefined) return undefined
  cursor.at += word.text.length
  return word.raw
}

const words = [
  { text: 'null', raw: null },
  { text: 'true', raw: true },
  { text: 'false', raw: false },
] as const

function objectAt(cursor: Cursor, depth: number): Raw | undefined {
  const object: Record<string, Raw> = {}
  cursor.at += 1
  if (codeAt(cursor) === closeBrace) return ended(cursor, object)
  for (;;) {
    if (codeAt(cursor) !== quote) return undefined
    const name = stringAt(cursor)
    // To assign to this name would change what the object is.
    if (name === undefined || name === '__proto__' || codeAt(cursor) !== colon) return undefined
    cursor.at += 1
    const raw = valueAt(cursor, depth)
    if (raw === undefined) return undefined
    object[name] = raw
    const code = codeAt(cursor)
    if (code === closeBrace) return ended(cursor, object)
    if (code !== comma) return undefined
    cursor.at += 1
  }
}

function listAt(cursor: Cursor, depth: number): Raw | undefined {
  const list: Raw[] = []
  cursor.at += 1
  if (codeAt(cursor) === closeBracket) return ended(cursor, list)
  for (;;) {
    const raw = valueAt(cursor, depth)
    if (raw === undefined) return undefined
    list.push(raw)
    const code = codeAt(cursor)
    if (code === closeBracket) return ended(cursor, list)
    if (code !== comma) return undefined
    cursor.at += 1
  }
}

/** What is longer is copied by `JSON.parse`: a slice of it would keep the whole text in memory. */
const longestSlice = 12

function stringAt(cursor: Cursor): string | undefined {
  const { text, at } = cursor
  let end = at + 1
  for (; ; end += 1) {
    const code = text.charCodeAt(end)
    if (code === quote) break
    // An escape, a bare control character, or the end of the text.
    if (code === backslash || !(code >= space)) return undefined
  }
  cursor.at = end + 1
  if (end - at - 1 <= longestSlice) return text.slice(at + 1, end)
  return JSON.parse(text.slice(at, end + 1)) as string
}

function numberAt(cursor: Cursor): Raw | undefined {
  const { text, at } = cursor
  const first = text.charCodeAt(at) === minus ? at + 1 : at
  let end = digitsFrom(text, first)
  if (end === first || (end > first + 1 && text.charCodeAt(first) === zero)) return undefined
  const wholeEnd = end
  if (text.charCodeAt(end) === point) {
    end = digitsFrom(text, end + 1)
    if (end === wholeEnd + 1) return undefined
  }
  const sign = exponentFrom(text, end)
  if (sign !== undefined) {
    end = digitsFrom(text, sign)
    if (end === sign) return undefined
  }
  cursor.at = end
  return numberOf(text.slice(at, end), end === wholeEnd)
}

/** Where the digits of an exponent begin; `undefined` where there is none. */
function exponentFrom(text: string, at: number): number | undefined {
  if ((text.charCodeAt(at) | 0x20) !== letterE) return undefined
  const code = text.charCodeAt(at + 1)
  return code === plus || code === minus ? at + 2 : at + 1
}

function numberOf(source: string, isWhole: boolean): Raw | undefined {
  const value = Number(source)
  if (isWhole && source !== '-0') {
    if (Number.isSafeInteger(value)) return value
    return source.length > longestInteger ? undefined : integerOf(BigInt(source))
  }
  if (!Number.isFinite(value)) return undefined
  return Number.isInteger(value) ? new Double(value) : value
}

/** More characters are looked at by the one who tells of integers that are too long. */
const longestInteger = 100

/** Passes over spaces; the code of what stands there, NaN at the end. */
function codeAt(cursor: Cursor): number {
  for (;;) {
    const code = cursor.text.charCodeAt(cursor.at)
    if (code !== space && code !== newline && code !== 0x0d && code !== 0x09) return code
    cursor.at += 1
  }
}

function digitsFrom(text: string, at: number): number {
  let end = at
  while (isDigit(text.charCodeAt(end))) end += 1
  return end
}

function isDigit(code: number): boolean {
  return code >= zero && code <= 0x39
}

function ended<Value>(cursor: Cursor, value: Value): Value {
  cursor.at += 1
  return value
}

const space = 0x20
const newline = 0x0a
const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const zero = 0x30
const minus = 0x2d
const plus = 0x2b
const point = 0x2e
const letterE = 0x65
