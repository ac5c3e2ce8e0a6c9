import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type JsonValue, readJson, writeJson } from '../../src/runtime/queue/json.ts'
import type { OracleValue } from './oracle.ts'
import { pythonMissing, startPython } from './python.ts'
import { byValue, values } from './values.ts'

describe.skipIf(pythonMissing !== undefined)(
  `with Python${pythonMissing ? ` (${pythonMissing})` : ''}`,
  () => {
    let python: ReturnType<typeof startPython>
    beforeAll(() => {
      python = startPython()
    })
    afterAll(() => python.stop())

    const ask = async (text: string) => {
      const answer = await python.ask(text)
      if ('error' in answer) return expect.fail(`Python refused ${text}: ${answer.error}`)
      return answer
    }

    test('a bigint reaches Python as an int, a huge or negative zero number as a float', async () => {
      const text = writeJson([
        2n ** 64n - 1n,
        -(2n ** 63n),
        9007199254740993n,
        7,
        2 ** 53,
        1e20,
        -0,
      ])
      const answer = await ask(text)
      expect(answer.numbers).toStrictEqual([
        'int 18446744073709551615',
        'int -9223372036854775808',
        'int 9007199254740993',
        'int 7',
        'float 0x1.0000000000000p+53',
        'float 0x1.5af1d78b58c40p+66',
        'float -0x0.0p+0',
      ])
    })

    test('what Python writes of NaN and the infinities is read', async () => {
      const { again } = await ask('[NaN, Infinity, -Infinity, 864691135494192529, 1e16]')
      expect(again).toBe('[NaN, Infinity, -Infinity, 864691135494192529, 1e+16]')
      expect(readJson(again)).toStrictEqual([
        Number.NaN,
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        864691135494192529n,
        1e16,
      ])
    })

    test('any value comes back from Python as it left', async () => {
      await fc.assert(
        fc.asyncProperty(values, async value => {
          const { again, numbers } = await ask(writeJson(value))
          deepStrictEqual(readJson(again), byValue(value))
          // Integers to the digit and floats to the bit, as Python itself sees them.
          const integers = numbers.filter(number => number.startsWith('int '))
          deepStrictEqual(integers, integersOf(value))
        }),
        { numRuns: 1000 },
      )
    })
  },
)

function integersOf(value: OracleValue | JsonValue): string[] {
  if (typeof value === 'bigint') return [`int ${value}`]
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? [`int ${value}`] : []
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(item => integersOf(item as JsonValue))
}
