import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readJson } from '../../src/runtime/queue/json.ts'
import { oracleRead } from './oracle.ts'
import { refusal } from './refused.ts'
import { texts } from './values.ts'

const refused = (text: string) => refusal(() => readJson(text, { what: 'params' }))

/** What our reader answers, in the form of the oracle: `undefined` when refused cleanly. */
function attempt(text: string): { value: unknown } | undefined {
  let answer: { value: unknown } | undefined
  const act = () => {
    answer = { value: readJson(text) }
    return answer
  }
  try {
    act()
  } catch {
    refusal(act)
  }
  return answer
}

test('any text is read, or refused, as the oracle does', () => {
  fc.assert(
    fc.property(texts, text => {
      deepStrictEqual(attempt(text), oracleRead(text))
    }),
    { numRuns: 3000 },
  )
})

test('text damaged in one place is read, or refused, as the oracle does', () => {
  const damage = fc.tuple(
    texts,
    fc.nat(),
    fc.nat({ max: 2 }),
    fc.oneof(
      fc.constantFrom(...Array.from('"\\{}[]:,-+.eE0 9nNIu/\n\u0000')),
      fc.string({ unit: 'binary', maxLength: 2 }),
    ),
  )
  fc.assert(
    fc.property(damage, ([text, place, cut, insert]) => {
      const at = place % (text.length + 1)
      const hostile = text.slice(0, at) + insert + text.slice(at + cut)
      deepStrictEqual(attempt(hostile), oracleRead(hostile))
    }),
    { numRuns: 3000 },
  )
})

test('any characters at all are read or refused, never a crash', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), text => {
      deepStrictEqual(attempt(text), oracleRead(text))
    }),
    { numRuns: 1000 },
  )
})

test.each([
  ['18446744073709551615', 2n ** 64n - 1n],
  ['-9223372036854775808', -(2n ** 63n)],
  ['9007199254740993', 9007199254740993n],
  ['9007199254740992', 9007199254740992n],
  ['-9007199254740992', -9007199254740992n],
  ['9007199254740991', 9007199254740991],
  ['-9007199254740991', -9007199254740991],
  ['1.0', 1],
  ['1e2', 100],
  ['-0', -0],
  ['-0.0', -0],
  ['0', 0],
  ['1e-400', 0],
  ['0e999', 0],
  ['9007199254740993.0', 9007199254740992],
  ['1e20', 1e20],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])('the number %s is read exactly, alone and in company', (lexeme, value) => {
  expect(readJson(lexeme)).toBe(value)
  expect(readJson(`{"a":[${lexeme}]}`)).toStrictEqual({ a: [value] })
  expect(readJson(`[864691135494192529,${lexeme}]`)).toStrictEqual([864691135494192529n, value])
})

test('an integer of any length keeps all of its digits', () => {
  const digits = `-${'1234567890'.repeat(1000)}`
  expect(readJson(digits)).toBe(BigInt(digits))
  expect(readJson(`1${'0'.repeat(400)}`)).toBe(10n ** 400n)
})

test.each(['1e400', '-1e400', `1${'0'.repeat(400)}.5`, '123456789e301'])(
  'the float %s is refused as it has no double, by its place and spelling',
  lexeme => {
    const message = refused(`{"a":{"b":[0,${lexeme}]}}`)
    expect(message).toContain('params.a.b[1]: the number ')
    expect(message).toContain(lexeme.slice(0, 40))
    expect(message).toContain('is beyond the range of a double; write it as text')
    expect(message.length).toBeLessThan(160)
  },
)

test('digits and tokens inside strings and keys are text', () => {
  const row = {
    a: ', 12345678901234567890, NaN',
    '864691135494192529': 'Infinity 1e400',
    b: '\\"1e999',
  }
  expect(readJson(JSON.stringify(row))).toStrictEqual(row)
  expect(readJson(`{"x":NaN,${JSON.stringify(row).slice(1)}`)).toStrictEqual({
    x: Number.NaN,
    ...row,
  })
})

test('a key named __proto__ is data and touches no prototype', () => {
  for (const n of ['1', '864691135494192529', 'NaN']) {
    const value = readJson(`{"n":${n},"__proto__":{"polluted":1},"constructor":2}`) as object
    expect(Object.keys(value)).toStrictEqual(['n', '__proto__', 'constructor'])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect('polluted' in value).toBe(false)
  }
})

test('of a key that occurs twice the last one counts, as in JSON.parse', () => {
  const text = '{"a":1,"b":2,"a":864691135494192529}'
  expect(Object.entries(readJson(text) as object)).toStrictEqual([
    ['a', 864691135494192529n],
    ['b', 2],
  ])
})

test('keys are read rightly whatever the keys of the text before were', () => {
  const big = 864691135494192529n
  const keys = fc.constantFrom(
    'a',
    'ab',
    'a"b',
    'a\\',
    'a\n',
    '',
    'a\\"',
    '\\',
    '"',
    'b',
    'a\\u0041',
  )
  fc.assert(
    fc.property(fc.array(fc.uniqueArray(keys), { minLength: 2 }), rows => {
      for (const row of rows) {
        const members = row.map(key => `${JSON.stringify(key)}:${big}`).join(',')
        const expected = Object.fromEntries(row.map(key => [key, big]))
        deepStrictEqual(readJson(`{${members}}`), expected)
      }
    }),
  )
  readJson(String.raw`{"q\"r":${big},"s\nt":${big}}`)
  expect(refused(`{"q"r":${big},"s\nt":${big}}`)).toContain('no valid JSON')
  readJson(String.raw`{"s\nt":${big}}`)
  expect(refused(`{"s\nt":${big}}`)).toContain('no valid JSON')
})

test('an escaped key keeps its name after a text whose key is a backslash', () => {
  JSON.parse(String.raw`{"a":1,"\\":1}`)
  deepStrictEqual(readJson(String.raw`{"a":1,"\n":2}`), { a: 1, '\n': 2 })
  deepStrictEqual(readJson(String.raw`{"a":1,"\u2028":2}`), { a: 1, '\u2028': 2 })
})

test('strings of a megabyte and unpaired surrogates survive', () => {
  const long = `${'x'.repeat(1e6)}\ud800\\"`
  expect(readJson(JSON.stringify([long, 1]))).toStrictEqual([long, 1])
  expect(readJson(`[${JSON.stringify(long)},864691135494192529]`)).toStrictEqual([
    long,
    864691135494192529n,
  ])
})

test('text is read to a depth of 1000 levels and refused beyond, at whatever depth', () => {
  const nest = (levels: number, core: string) => '['.repeat(levels) + core + ']'.repeat(levels)
  for (const core of ['1', '864691135494192529', 'NaN']) {
    expect(readJson(nest(1000, core))).toBeInstanceOf(Array)
    for (const levels of [1001, 1_000_000]) {
      expect(refused(nest(levels, core))).toBe(
        'params is nested deeper than 1000 levels at character 1001; flatten it',
      )
    }
  }
  expect(refused('{"a":'.repeat(100_000))).toContain('deeper than 1000 levels')
  expect(refused('['.repeat(100_000))).toContain('deeper than 1000 levels')
})

test.each([
  ['', 'expected a value at character 1, got the end'],
  ['{"a":1', 'expected "," or "}" at character 7, got the end'],
  ['[1 2]', 'expected "," or "]" at character 4, got "2", near [1 2]'],
  ['{a:1}', 'expected a key in double quotes at character 2, got "a"'],
  ['{"a" 1}', 'expected ":" at character 6, got "1"'],
  ['1 2', 'expected the end at character 3, got "2"'],
  ['[1.]', 'expected a digit at character 4, got "]"'],
  ['[-]', 'expected a digit at character 3, got "]"'],
  ['01', 'expected the end at character 2, got "1"'],
  [
    '"a\nb"',
    String.raw`expected the rest of a string at character 3, got "\u000a", near "a\u000ab"`,
  ],
  ['["\\x"]', 'expected a string whose escapes are valid at character 2'],
  ['nul', 'expected a value at character 1, got "n"'],
  ['\u001b[2J', String.raw`expected a value at character 1, got "\u001b", near \u001b[2J`],
  ['[\u202e\ud800]', String.raw`near [\u202e\ud800]`],
])('%j is refused with place and excerpt', (text, complaint) => {
  const message = refused(text)
  expect(message).toContain('params is no valid JSON: ')
  expect(message).toContain(complaint)
})

test('a refusal shows a short piece of a long text', () => {
  const message = refused(`{"a":"${'x'.repeat(1e6)}",b}`)
  expect(message).toContain('at character 1000009')
  expect(message.length).toBeLessThan(200)
})

test('one bad text leaves nothing behind for the next', () => {
  refused('[[[{"a":[864691135494192529,')
  expect(readJson('{"a":[864691135494192529]}')).toStrictEqual({ a: [864691135494192529n] })
})
