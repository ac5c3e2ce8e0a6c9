import { deepStrictEqual } from 'node:assert/strict'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readRaw } from '../../src/runtime/tables/exact.ts'
import { Double } from '../../src/runtime/tables/values.ts'

/** What the language makes of a text when it is asked for the source of each number, or that it refuses it. */
function judged(text: string): unknown {
  try {
    return { raw: JSON.parse(text, revive) }
  } catch {
    return 'refused'
  }
}

function revive(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value
  const { source } = context
  if (/^-?\d+$/.test(source) && source !== '-0')
    return Number.isSafeInteger(value) ? value : BigInt(source)
  if (!Number.isFinite(value)) throw new RangeError(source)
  return Number.isInteger(value) ? new Double(value) : value
}

function read(text: string): unknown {
  try {
    return { raw: readRaw(text, 'the text') }
  } catch {
    return 'refused'
  }
}

const numbers = fc.oneof(
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map(value => value.toExponential()),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map(value => JSON.stringify(value)),
  fc.constantFrom('0', '-0', '-0.0', '0.0', '1.0', '1e400', '1E5', '-1e-400', '9007199254740993'),
  fc.constantFrom('01', '1.', '.5', '-', '+1', '1e', '1e+', '0x1', '1_0', '--1', '-01'),
)
const names = fc.oneof(
  fc.string(),
  fc.constantFrom('__proto__', 'constructor', '1', 'a', 'ä"\\', '\n'),
)
const texts = fc.letrec<{ value: string }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    numbers,
    fc.string({ unit: 'binary' }).map(each => JSON.stringify(each)),
    fc.constantFrom('null', 'true', 'false', 'nul', '""', '"\t"', '"\\u00e9"', '"', '"\\x"'),
    fc.array(tie('value')).map(each => `[${each.join(' , ')}]`),
    fc
      .uniqueArray(fc.tuple(names, tie('value')), { selector: ([name]) => name })
      .map(each => `{${each.map(([name, value]) => `${JSON.stringify(name)}: ${value}`).join()}}`),
  ),
})).value

describe('cells of JSON', () => {
  it('are what the language reads, with each number as it was written', () => {
    fc.assert(
      fc.property(texts, text => deepStrictEqual(read(text), judged(text))),
      { numRuns: 3000 },
    )
  })

  it('are refused where the language refuses them', () => {
    const marks = fc.constantFrom('', ',', ':', '"', '{', '}', '[', ']', '0', '-', 'e', '.', ' ')
    fc.assert(
      fc.property(texts, fc.nat(), marks, (text, place, mark) => {
        const at = place % (text.length + 1)
        const bent = text.slice(0, at) + mark + text.slice(at + 1)
        deepStrictEqual(read(bent), judged(bent))
      }),
      { numRuns: 3000 },
    )
  })

  it('are null where Python writes what is no number', () => {
    expect(read('{"a": NaN, "b": [Infinity, -Infinity], "c": "NaN"}')).toEqual({
      raw: { a: null, b: [null, null], c: 'NaN' },
    })
  })

  it('keep their names where one has an escape', () => {
    const rows = ['{"a\\"b":1,"c":2}', '{"a\\"b":3,"c":4}', '{"d\\"b":5,"c":6}']
    const all = rows.map(row => Object.keys(readRaw(row, 'a row') as object))
    expect(all).toEqual([
      ['a"b', 'c'],
      ['a"b', 'c'],
      ['d"b', 'c'],
    ])
  })

  it('name what cannot be a number', () => {
    expect(() => readRaw('{"a": 1e999}', 'row 7')).toThrow('row 7: the number 1e999 is too large')
    expect(() => readRaw(`[${'9'.repeat(2000)}]`, 'row 7')).toThrow('a number of 2000 digits')
  })
})
