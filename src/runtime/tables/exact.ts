import { TaskqError } from '../queue/errors.ts'
import { parseExact } from '../queue/json-parse.ts'
import { LEVELS } from '../queue/json-path.ts'
import { floatOf, integerOf, type Raw } from './values.ts'

/** Text in which a plain parse could lose something: a long run of digits, a whole float, an exponent, an escape. */
const needsSource = /\d{16}|\.0|\d[eE]|-0|\\/

/** An integer of more digits than this takes too long to read and is no id. */
const mostDigits = 1000

/**
 * Reads JSON without losing digits: integers beyond 2^53 are bigints, whole floats are `Double`s, and the
 * `NaN` and `Infinity` which Python writes are null. `what` names the text where it is refused.
 */
export function readRaw(text: string, what: string): Raw {
  if (!needsSource.test(text)) {
    const raw = parsePlain(text)
    if (raw !== undefined) return raw
  }
  const numberOf = (source: string, isInteger: boolean) => rawNumber(source, isInteger, what)
  return parseExact(text, { what, levels: LEVELS, numberOf }) as Raw
}

function parsePlain(text: string): Raw | undefined {
  try {
    return JSON.parse(text) as Raw
  } catch {
    // The exact parser reads what Python writes, or says what is wrong in our words.
    return undefined
  }
}

function rawNumber(source: string, isInteger: boolean, what: string): Raw {
  if (isInteger) {
    const number = Number(source)
    if (Number.isSafeInteger(number)) return number
    if (source.length > mostDigits)
      throw new TaskqError(
        'invalid',
        `${what} has a number of ${source.length} digits; write it as text`,
      )
    return integerOf(BigInt(source))
  }
  if (source.endsWith('N') || source.endsWith('y')) return null
  const number = Number(source)
  if (!Number.isFinite(number))
    throw new TaskqError(
      'invalid',
      `${what}: the number ${source.slice(0, 40)} is too large for a float; write it as text`,
    )
  return floatOf(number)
}
