import fc from 'fast-check'
import type { OracleValue } from './oracle.ts'

/** Strings of every kind: well-formed, unpaired surrogates, controls, text that looks like JSON. */
export const strings = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
    .map(units => String.fromCharCode(...units)),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toJSON',
    'hasOwnProperty',
    '',
    '1',
    '"',
    '\\',
    '\\"',
    '":1,"',
  ),
  fc.constantFrom(
    '864691135494192529',
    ', 12345678901234567890, ',
    'NaN',
    '-Infinity',
    'x 1e400',
    '\u2028',
  ),
)

/** Integers around every power of two, where rounding would show. */
export const bigints = fc.oneof(
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc
    .tuple(
      fc.integer({ min: 50, max: 1100 }),
      fc.bigInt({ min: -3n, max: 3n }),
      fc.constantFrom(1n, -1n),
    )
    .map(([power, step, sign]) => sign * (2n ** BigInt(power) + step)),
)

export const numbers = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(0, -0, 2 ** 53, -(2 ** 53), 2 ** 53 - 1, 1e20, 1e21, 1e308, 5e-324, 0.1),
)

/** Any value that can be written. */
export const values: fc.Arbitrary<OracleValue> = fc.letrec<{ value: OracleValue }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.oneof(fc.constant(null), fc.boolean(), strings, numbers, bigints),
    fc.array(tie('value'), { maxLength: 5 }),
    fc
      .array(fc.tuple(strings, tie('value')), { maxLength: 6 })
      .map(entries => Object.fromEntries(entries)),
  ),
})).value

/** A value as it comes back: integers of `bigint` that fit a double are numbers by value. */
export function byValue(value: OracleValue): OracleValue {
  if (typeof value === 'bigint') {
    return value > 2n ** 53n - 1n || value < 1n - 2n ** 53n ? value : Number(value)
  }
  if (Array.isArray(value)) return value.map(byValue)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, byValue(item)]))
}

const space = fc.constantFrom('', '', '', ' ', '\n\t', '\r ')
const digits = fc.stringMatching(/^\d{1,25}$/)

/** Number lexemes as hostile or foreign writers spell them, some of them no JSON. */
export const lexemes = fc.oneof(
  bigints.map(String),
  digits,
  fc.tuple(digits, digits).map(([whole, part]) => `${whole}.${part}`),
  fc
    .tuple(digits, fc.integer({ min: -400, max: 400 }))
    .map(([whole, power]) => `${whole}e${power}`),
  fc.constantFrom(
    '-0',
    '-0.0',
    '0',
    '1.0',
    '1E5',
    '1e+16',
    '01',
    '1.',
    '.5',
    '-',
    '+1',
    '1e',
    '1e400',
    '-1e-400',
    '0e999',
  ),
  fc.constantFrom(
    'NaN',
    'Infinity',
    '-Infinity',
    '-NaN',
    'nan',
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
  ),
)

/** JSON text in many spellings (spaces, odd lexemes, repeated keys, escapes), mostly valid. */
export const texts: fc.Arbitrary<string> = fc.letrec<{ text: string }>(tie => ({
  text: fc
    .tuple(
      space,
      fc.oneof(
        { maxDepth: 4, depthSize: 'small' },
        fc.oneof(lexemes, strings.map(quoteSomehow), fc.constantFrom('true', 'false', 'null')),
        fc.array(tie('text'), { maxLength: 4 }).map(items => `[${items.join(',')}]`),
        fc
          .array(fc.tuple(space, strings.map(quoteSomehow), space, tie('text')), { maxLength: 5 })
          .map(
            members =>
              `{${members.map(([a, key, b, item]) => `${a}${key}${b}:${item}`).join(',')}}`,
          ),
      ),
      space,
    )
    .map(parts => parts.join('')),
})).text

function quoteSomehow(text: string): string {
  if (text.length % 2 === 0) return JSON.stringify(text)
  const escaped = text
    .split('')
    .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return `"${escaped.join('')}"`
}
