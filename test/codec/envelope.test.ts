import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  bodyComposer,
  composeBody,
  decodeBody,
  encodeBody,
} from '../../src/runtime/queue/envelope.ts'
import { writeJson } from '../../src/runtime/queue/json.ts'
import { type OracleObject, type OracleValue, oracleRead, oracleWrite } from './oracle.ts'
import { refusal } from './refused.ts'
import { lexemes, strings, texts, values } from './values.ts'

const id = 864691135494192529n

test('a body is the version, the parameters, and what else there is', () => {
  expect(encodeBody({ a: 1 })).toBe('{"taskq":1,"params":{"a":1}}')
  expect(encodeBody({}, { bigints: [], meta: {} })).toBe('{"taskq":1,"params":{}}')
  expect(encodeBody({ a: id }, { bigints: ['a', 'b'], meta: { table: 't', row: 7n } })).toBe(
    '{"taskq":1,"params":{"a":864691135494192529},"bigint":["a","b"],"meta":{"table":"t","row":7}}',
  )
})

test('a task comes out of its body as it went in', () => {
  const tasks = fc.record({
    params: objects(values),
    bigints: fc.array(strings),
    meta: objects(values),
  })
  fc.assert(
    fc.property(tasks, ({ params, bigints, meta }) => {
      const body = encodeBody(params, { bigints, meta })
      const parts = [`"taskq":1`, `"params":${oracleWrite(params)}`]
      if (bigints.length > 0) parts.push(`"bigint":${oracleWrite(bigints)}`)
      if (Object.keys(meta).length > 0) parts.push(`"meta":${oracleWrite(meta)}`)
      expect(body).toBe(`{${parts.join(',')}}`)
      deepStrictEqual(decodeBody(body), expected(body, bigints))
    }),
    { numRuns: 500 },
  )
})

test('a body in any spelling and order is read, or refused, as the oracle says', () => {
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', '__proto__', 'x y'), { maxLength: 3 })
  const member = fc.tuple(
    fc.constantFrom('a', 'b', '__proto__', 'x y', 'z'),
    fc.oneof(lexemes, texts),
  )
  // A key named twice is left out: the last one wins, and what it overwrites may be anything.
  const members = fc.uniqueArray(member, { maxLength: 5, selector: ([name]) => name })
  const bodies = fc
    .tuple(names, members, texts, fc.nat({ max: 23 }))
    .map(([bigints, members, meta, order]) => {
      const params = members.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')
      const parts = [
        '"taskq":1',
        `"params":{${params}}`,
        `"bigint":${JSON.stringify(bigints)}`,
        `"meta":{"a":${meta}}`,
      ]
      for (let i = 0; i < order; i++) parts.push(...parts.splice(i % 4, 1))
      return { bigints, body: `{${parts.join(',')}}` }
    })
  fc.assert(
    fc.property(bodies, ({ bigints, body }) => {
      if (oracleRead(body) === undefined) refusal(() => decodeBody(body))
      else deepStrictEqual(decodeBody(body), expected(body, bigints))
    }),
    { numRuns: 2000 },
  )
})

test('in a column of bigints every integer is one, however small and deep; a float stays a number', () => {
  const body =
    '{"taskq":1,"params":{"n":5,"ids":[1,{"x":-0,"f":5.0,"e":1e3}],"big":864691135494192529},"bigint":["ids"],"meta":{"ids":1},"ids":1}'
  const decoded = decodeBody(body)
  deepStrictEqual(decoded.params, { n: 5, ids: [1n, { x: 0n, f: 5, e: 1000 }], big: id })
  deepStrictEqual(decoded.meta, { ids: 1 })
})

test('the columns of one body are never taken for those of the next', () => {
  const bodies = [[], ['a'], ['b'], ['a', 'b'], ['b', 'a']].map(bigints => ({
    bigints,
    body: encodeBody({ a: 1, b: 2 }, { bigints }),
  }))
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...bodies)), sequence => {
      for (const { bigints, body } of sequence) {
        expect(decodeBody(body)).toStrictEqual({
          params: { a: bigints.includes('a') ? 1n : 1, b: bigints.includes('b') ? 2n : 2 },
          bigints,
          meta: {},
        })
      }
    }),
  )
})

test('a composer writes what encodeBody writes, its extra metadata joined to the common one', () => {
  const params = { a: id }
  for (const bigints of [[], ['a']]) {
    for (const meta of [{}, { table: 't' }]) {
      const compose = bodyComposer({ bigints, meta })
      expect(compose('{"a":864691135494192529}')).toBe(encodeBody(params, { bigints, meta }))
      expect(compose('{"a":864691135494192529}', '{}')).toBe(encodeBody(params, { bigints, meta }))
      expect(compose('{"a":864691135494192529}', '{"row":7}')).toBe(
        encodeBody(params, { bigints, meta: { ...meta, row: 7 } }),
      )
    }
  }
  const twice = bodyComposer({ meta: { row: 1 } })('{}', '{"row":2}')
  expect(decodeBody(twice).meta).toStrictEqual({ row: 2 })
  expect(composeBody('{"x":1.0}', { meta: { a: 1 } })).toBe(
    '{"taskq":1,"params":{"x":1.0},"meta":{"a":1}}',
  )
})

test('a composer refuses text that is no object', () => {
  expect(refusal(() => composeBody('[1]'))).toBe(
    'params must be JSON text of an object, got [1]; pass writeJson(params)',
  )
  expect(refusal(() => bodyComposer({})('{}', '7'))).toContain('extraMetaText must be JSON text')
})

test('what cannot be written is refused by its place in the task', () => {
  const wrong = (value: unknown) => value as OracleObject
  expect(refusal(() => encodeBody(wrong({ when: new Date() })))).toContain('params.when is a Date')
  expect(refusal(() => encodeBody(wrong([1])))).toContain('params must be JSON text of an object')
  expect(refusal(() => encodeBody({}, { meta: wrong({ f: () => 1 }) }))).toContain(
    'meta.f is a function',
  )
})

test('parameters may be nested as deep as JSON may', () => {
  const nest = (levels: number) => `${'['.repeat(levels)}5${']'.repeat(levels)}`
  const body = (text: string) => composeBody(`{"a":${text}}`, { bigints: ['a'] })
  expect(writeJson(decodeBody(body(nest(999))).params)).toBe(`{"a":${nest(999)}}`)
  expect(refusal(() => decodeBody(body(nest(1000))))).toContain('deeper than 1001 levels')
})

test('a body of a newer envelope says what to update', () => {
  expect(refusal(() => decodeBody('{"taskq":2,"rows":[]}'))).toBe(
    'the body was written by a newer taskq (envelope 2); update taskq-runtime on the worker',
  )
})

test.each([
  ['[1]', 'it is a list, not an object'],
  ['null', 'it is null, not an object'],
  ['"x"', 'it is a string, not an object'],
  ['{"payload":[],"queueName":"q"}', 'it has no "taskq"'],
  ['{"taskq":0,"params":{}}', 'its "taskq" is not 1'],
  ['{"taskq":"1","params":{}}', 'its "taskq" is not 1'],
  ['{"taskq":1.5,"params":{}}', 'its "taskq" is not 1'],
  ['{"taskq":1}', 'its "params" is absent, not an object'],
  ['{"taskq":1,"params":[]}', 'its "params" is a list, not an object'],
  ['{"taskq":1,"params":null}', 'its "params" is null, not an object'],
  ['{"taskq":1,"params":{},"bigint":"a"}', 'its "bigint" is not a list of column names'],
  ['{"taskq":1,"params":{},"bigint":[1]}', 'its "bigint" is not a list of column names'],
  ['{"taskq":1,"params":{},"meta":3}', 'its "meta" is a number, not an object'],
  ['{"__proto__":{"taskq":1,"params":{}}}', 'it has no "taskq"'],
])('the body %s is refused', (body, complaint) => {
  const message = refusal(() => decodeBody(body))
  expect(message).toContain(`the body is no task of ours: ${complaint}; insert the task with taskq`)
})

test('a body that is no JSON is refused with the place', () => {
  expect(refusal(() => decodeBody('{"taskq":1,"params":{"a":}}'))).toContain(
    'the body is no valid JSON: expected a value at character 26',
  )
  expect(refusal(() => decodeBody('{"taskq":1,"params":{"a":1e999}}'))).toContain(
    'the body.params.a: the number 1e999',
  )
})

function objects(items: fc.Arbitrary<OracleValue>): fc.Arbitrary<OracleObject> {
  return fc
    .array(fc.tuple(strings, items), { maxLength: 5 })
    .map(entries => Object.fromEntries(entries))
}

function expected(body: string, bigints: readonly string[]) {
  const isBigint = (path: readonly (string | number)[]) =>
    path[0] === 'params' && path.length > 1 && bigints.includes(String(path[1]))
  const envelope = oracleRead(body, isBigint)?.value as OracleObject
  return { params: envelope['params'], bigints, meta: envelope['meta'] ?? {} }
}
