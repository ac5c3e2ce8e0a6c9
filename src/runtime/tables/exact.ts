import { scanExact } from './scan.ts'
import { Double, integerOf, type Raw } from './values.ts'

/** Text in which a plain parse could lose something: a long run of digits, a whole float, an exponent. */
const needsSource = /\d{16}|\.0|\d[eE]|-0/

/** An integer of more digits than this takes too long to read and is no id. */
const maxDigits = 1000

/**
 * Parses JSON without losing digits: integers beyond 2^53 are bigints, whole floats are `Double`s, and the
 * `NaN` and `Infinity` which Python writes are null. The source of a number is looked at only where that matters,
 * because it costs seven times a plain parse.
 */
export function parseExact(text: string): Raw {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof SyntaxError && /NaN|Infinity/.test(text)) {
      const mended = text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, found =>
        found.startsWith('"') ? found : 'null',
      )
      return parse(mended)
    }
    throw error
  }
}

function parse(text: string): Raw {
  if (!needsSource.test(text)) return JSON.parse(text) as Raw
  return scanExact(text) ?? parseBySource(text)
}

/** The same for any JSON at all, and with its errors. */
export function parseBySource(text: string): Raw {
  return JSON.parse(text, revive) as Raw
}

function revive(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value
  const { source } = context
  if (/^-?\d+$/.test(source) && source !== '-0') {
    if (Number.isSafeInteger(value)) return value
    if (source.length > maxDigits) throw new RangeError(`a number has ${source.length} digits`)
    return integerOf(BigInt(source))
  }
  if (!Number.isFinite(value)) throw new RangeError(`the number ${source} is too large for a float`)
  return Number.isInteger(value) ? new Double(value) : value
}
