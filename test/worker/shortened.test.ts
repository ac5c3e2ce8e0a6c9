import { expect, it } from 'vitest'
import { shortened } from '../../src/runtime/cli/work/shortened.ts'

it('what a person can read stays as it is, 64-bit numbers as well', () => {
  const value = { id: 864691135494192529n, name: 'cell', parts: [1, { deep: [true, null] }] }
  expect(shortened(value)).toEqual(value)
})

it('long texts, lists and objects are cut and say how much is left out', () => {
  const value = {
    points: 'A'.repeat(17_384),
    list: Array.from({ length: 1010 }, (_, at) => at),
    table: Object.fromEntries(Array.from({ length: 41 }, (_, at) => [`k${at}`, at])),
  }
  const short = shortened(value) as Record<keyof typeof value, unknown>
  expect(short.points).toBe(`${'A'.repeat(60)}… 17,324 characters more`)
  expect(short.list).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, '… 1,000 more'])
  expect(short.table).toMatchObject({ k0: 0, k9: 9, '…': '31 more' })
})

it('no character is cut in two', () => {
  expect(shortened(`${'a'.repeat(59)}${'🧠'.repeat(100)}`)).toBe(
    `${'a'.repeat(59)}… 200 characters more`,
  )
})
