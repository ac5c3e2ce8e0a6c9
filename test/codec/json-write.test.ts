import { deepStrictEqual } from 'node:assert/strict'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readJson, writeJson } from '../../src/runtime/queue/json.ts'
import { oracleWrite } from './oracle.ts'
import { refusal } from './refused.ts'
import { byValue, values } from './values.ts'

const written = (value: unknown) => writeJson(value, { what: 'params' })
const refused = (value: unknown) => refusal(() => written(value))

test('any plain data is written as the oracle writes it', () => {
  fc.assert(
    fc.property(values, value => {
      expect(writeJson(value)).toBe(oracleWrite(value))
    }),
    { numRuns: 1000 },
  )
})

test('what is written reads back as the same value', () => {
  fc.assert(
    fc.property(values, value => {
      deepStrictEqual(readJson(writeJson(value)), byValue(value))
    }),
    { numRuns: 1000 },
  )
})

test('data without bigint, -0 and huge floats is written as JSON.stringify writes it', () => {
  const row = {
    id: 7,
    x: 1.5,
    name: 'a\n"\\\u0001é😀\ud800',
    list: [1, [], {}],
    none: null,
    1: true,
  }
  expect(writeJson(row)).toBe(JSON.stringify(row))
})

test('a bigint is written as its digits', () => {
  const row = { a: 2n ** 64n - 1n, b: -(2n ** 63n), c: 9007199254740993n, d: [5n] }
  expect(writeJson(row)).toBe(
    '{"a":18446744073709551615,"b":-9223372036854775808,"c":9007199254740993,"d":[5]}',
  )
})

test('a number that bare digits would turn into something else is written as a float', () => {
  expect(writeJson([-0, 0, 2 ** 53, -(2 ** 53), 2 ** 53 - 1, 1e20, 1e21])).toBe(
    '[-0.0,0,9007199254740992.0,-9007199254740992.0,9007199254740991,100000000000000000000.0,1e+21]',
  )
})

test('own keys named like parts of every object are data, with and without a bigint beside them', () => {
  for (const n of [1, 1n]) {
    const row = JSON.parse('{"__proto__":{"constructor":1},"toJSON":"x","hasOwnProperty":0}')
    expect(writeJson({ n, ...row })).toBe(
      '{"n":1,"__proto__":{"constructor":1},"toJSON":"x","hasOwnProperty":0}',
    )
  }
})

test('an unpaired surrogate is written as an escape', () => {
  expect(writeJson('\ud800')).toBe(String.raw`"\ud800"`)
  expect(writeJson(['\udc00x', 1n])).toBe(String.raw`["\udc00x",1]`)
})

test('an undefined property is left out', () => {
  expect(writeJson({ a: undefined, b: 1 })).toBe('{"b":1}')
  expect(writeJson({ a: undefined, b: 1n, c: undefined })).toBe('{"b":1}')
  expect(writeJson({ a: undefined })).toBe('{}')
})

test('objects without a prototype and from another realm are plain', () => {
  const bare: Record<string, unknown> = Object.create(null)
  bare['x'] = [1n]
  expect(writeJson(bare)).toBe('{"x":[1]}')
  expect(writeJson(runInNewContext('({ x: [1, { y: 2 }] })'))).toBe('{"x":[1,{"y":2}]}')
})

test('what others put on the prototypes is never called nor written', () => {
  const prototypes = [Object.prototype, BigInt.prototype, String.prototype] as object[]
  for (const prototype of prototypes) {
    Object.defineProperty(prototype, 'toJSON', { value: () => 'wrong', configurable: true })
  }
  Object.defineProperty(Object.prototype, 'stray', {
    value: () => 1,
    writable: true,
    configurable: true,
    enumerable: true,
  })
  try {
    expect(writeJson({ a: 1n, b: 'x' })).toBe('{"a":1,"b":"x"}')
    expect(writeJson({ a: 1, b: 'x' })).toBe('{"a":1,"b":"x"}')
    expect(writeJson([1, { b: 'x' }])).toBe('[1,{"b":"x"}]')
  } finally {
    for (const prototype of prototypes) Reflect.deleteProperty(prototype, 'toJSON')
    Reflect.deleteProperty(Object.prototype, 'stray')
  }
})

test('an accessor is read once, and what was checked is what is written', () => {
  for (const beside of [1, 1n]) {
    let reads = 0
    const row = {
      beside,
      get inner() {
        reads++
        return { x: reads === 1 ? 1 : Number.NaN }
      },
    }
    expect(writeJson(row)).toBe('{"beside":1,"inner":{"x":1}}')
    expect(reads).toBe(1)
  }
})

test('an accessor deep inside is read once too', () => {
  let reads = 0
  const inner = {
    get x() {
      return ++reads === 1 ? 1 : Number.NaN
    },
  }
  expect(writeJson({ outer: [{ inner }] })).toBe('{"outer":[{"inner":{"x":1}}]}')
  expect(reads).toBe(1)
})

test('writing changes nothing of what is passed in', () => {
  const row = Object.freeze({ list: Object.freeze([Object.freeze({ n: 1n })]) })
  expect(writeJson(row)).toBe('{"list":[{"n":1}]}')
  expect(row).toStrictEqual({ list: [{ n: 1n }] })
})

test('writing inside an accessor of what is being written does not disturb it', () => {
  const row = {
    a: 1n,
    get b() {
      return writeJson({ deep: [{ er: -0 }] })
    },
    c: [2n],
  }
  expect(writeJson(row)).toBe(String.raw`{"a":1,"b":"{\"deep\":[{\"er\":-0.0}]}","c":[2]}`)
})

test('the same object may stand in several places', () => {
  const shared = { x: 1 }
  expect(writeJson([shared, shared, { shared }])).toBe('[{"x":1},{"x":1},{"shared":{"x":1}}]')
})

class Point {
  readonly x = 1
}

test.each([
  [() => 1, 'is a function'],
  [Symbol('s'), 'is a symbol'],
  [Number.NaN, 'is NaN'],
  [Number.POSITIVE_INFINITY, 'is Infinity'],
  [Number.NEGATIVE_INFINITY, 'is -Infinity'],
  [new Date(0), 'is a Date; pass its .toISOString()'],
  [new Map(), 'is a Map; pass Object.fromEntries(map)'],
  [new Set(), 'is a Set; pass the array [...set]'],
  [Buffer.from('x'), "is a Buffer; pass its .toString('base64')"],
  [new Uint8Array(2), 'is a typed array; pass Array.from(array)'],
  [new DataView(new ArrayBuffer(1)), 'is a typed array'],
  [new ArrayBuffer(1), 'is an ArrayBuffer'],
  [/x/, 'is a RegExp; pass its .source'],
  [new Point(), 'is an instance of Point; pass a plain object'],
  [Object.create({ x: 1 }), 'is an instance of Object'],
  [Object.setPrototypeOf([1], Point.prototype), 'is an instance of Point'],
  [new (class Cells extends Array<number> {})(), 'is an instance of Cells'],
  [Object(1), 'is a boxed primitive; pass its .valueOf()'],
  [Object('x'), 'is a boxed primitive'],
  [Object(1n), 'is a boxed primitive'],
  [Promise.resolve(), 'is a Promise; pass what it resolves to: await it first'],
  [new Error('x'), 'is an Error; pass its .message'],
  [{ [Symbol('hidden')]: 1 }, 'has the key Symbol(hidden), a symbol; use a text key'],
  [Math, 'has the key Symbol(Symbol.toStringTag), a symbol'],
])('%o is refused where it stands', (value, complaint) => {
  for (const beside of [0, 1n]) {
    const message = refused({ cells: [beside, { when: value }] })
    expect(message).toContain('params.cells[1].when')
    expect(message).toContain(complaint)
  }
})

test('a toJSON method is refused as a function, and never called', () => {
  expect(refused({ a: { toJSON: () => 1 } })).toMatch(/^params\.a\.toJSON is a function/)
})

test('undefined and holes are refused in arrays and on their own', () => {
  expect(refused([1, undefined])).toBe('params[1] is undefined; pass null, or leave it out')
  expect(refused({ a: Object.assign(new Array(3), { 0: 1, 2: 3 }) })).toBe(
    'params.a[1] is a hole in a sparse array; fill it with null',
  )
  expect(refused(new Array(4e9))).toContain('params[0] is a hole')
  expect(refused(undefined)).toContain('params is undefined')
})

test('a circle is refused with both of its ends', () => {
  const row: Record<string, unknown> = { list: [{}] }
  ;(row['list'] as Record<string, unknown>[])[0] = { back: row }
  expect(refused(row)).toContain('params.list[0].back is params again, in a circle')
  expect(refused({ a: row })).toContain('params.a.list[0].back is params.a again, in a circle')
})

test('nesting is written to a depth of 1000 levels and refused beyond', () => {
  const nest = (levels: number) => {
    let value: unknown = []
    for (let i = 1; i < levels; i++) value = i % 2 ? { a: value } : [value]
    return value
  }
  expect(readJson(written(nest(1000)))).toStrictEqual(nest(1000))
  expect(refused(nest(1001))).toContain('lies deeper than 1000 levels; flatten it')
  expect(refused(nest(1_000_000)).length).toBeLessThan(200)
})

test('a path spells odd keys safely and shortly', () => {
  const at = (key: string) => refused({ [key]: undefined, ok: { [key]: Number.NaN } })
  expect(at('a b')).toContain('params.ok["a b"] is NaN')
  expect(at('1')).toContain('params.ok["1"] is')
  expect(at('a"\\')).toContain(String.raw`params.ok["a\"\\"] is`)
  expect(at('\u001b[31m\u202e\n')).toContain(String.raw`params.ok["\u001b[31m\u202e\u000a"] is`)
  expect(at('x'.repeat(1e6))).toContain(`params.ok["${'x'.repeat(40)}…"] is`)
})

test('a text too long for a string is refused instead of ending the process', () => {
  const long = 'x'.repeat(2 ** 27)
  expect(refused({ a: [long, 'x'] })).toContain('params.a[1] makes the JSON text too long')
  expect(refused([long, 'x', 1n])).toContain('params[1] makes the JSON text too long')
  // Below the limit, but six times as long with its escapes.
  expect(refused(['\u0001'.repeat(2 ** 27 - 1)])).toContain('params makes the JSON text too long')
})

test('a fault in an accessor comes through as it is', () => {
  const fault = new RangeError('mine')
  const row = {
    get x() {
      throw fault
    },
  }
  expect(() => writeJson(row)).toThrow(fault)
})
