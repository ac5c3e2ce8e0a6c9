import { types } from 'node:util'
import { printable } from './json-path.ts'

/** Says of a value that is no JSON data what it is and what to pass instead: `is a Date; pass ...`. */
export function describeStranger(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'is undefined; pass null, or leave it out'
    case 'function':
      return 'is a function; pass what it returns, or a name that the task can look up'
    case 'symbol':
      return 'is a symbol; pass text'
    case 'number':
      return `is ${value}, which is no number in JSON; pass null or text, or leave it out`
    default:
      return describeObject(Object(value))
  }
}

function describeObject(value: object): string {
  const kind = KINDS.find(({ is }) => is(value))
  if (kind !== undefined) return `is ${kind.noun}; pass ${kind.instead}`
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name
  const noun = typeof name === 'string' && name !== '' ? printable(name) : 'a class'
  return `is an instance of ${noun}; pass a plain object of its data`
}

interface Kind {
  readonly is: (value: object) => boolean
  readonly noun: string
  readonly instead: string
}

// The first that fits counts: a Buffer is a typed array as well.
const KINDS: readonly Kind[] = [
  { is: types.isDate, noun: 'a Date', instead: 'its .toISOString()' },
  { is: types.isMap, noun: 'a Map', instead: 'Object.fromEntries(map)' },
  { is: types.isSet, noun: 'a Set', instead: 'the array [...set]' },
  { is: value => Buffer.isBuffer(value), noun: 'a Buffer', instead: "its .toString('base64')" },
  { is: value => ArrayBuffer.isView(value), noun: 'a typed array', instead: 'Array.from(array)' },
  { is: types.isAnyArrayBuffer, noun: 'an ArrayBuffer', instead: 'its bytes as base64 text' },
  { is: types.isRegExp, noun: 'a RegExp', instead: 'its .source' },
  { is: types.isPromise, noun: 'a Promise', instead: 'what it resolves to: await it first' },
  { is: types.isNativeError, noun: 'an Error', instead: 'its .message' },
  { is: types.isBoxedPrimitive, noun: 'a boxed primitive', instead: 'its .valueOf()' },
]
