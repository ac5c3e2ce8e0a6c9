import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { applyFilter } from '../../src/runtime/insert/filter.ts'
import { outputExists } from '../../src/runtime/insert/outputs.ts'
import type { Row, Table } from '../../src/runtime/tables/table.ts'
import { tableIn } from '../tables/reading.ts'
import { folderOf } from './setting.ts'

type Filter = Parameters<typeof applyFilter>[1]

const numbers = () => tableIn('n.csv', `n\n${Array.from({ length: 10 }, (_, n) => n).join('\n')}\n`)
const odd = (row: Row) => Number(row['n']) % 2 === 1

/** The numbers of the rows that a filter leaves, and their `n`. */
async function left(filter: Filter): Promise<readonly (readonly [number, unknown])[]> {
  const table = await applyFilter(await numbers(), filter, 'file:///out')
  const found: (readonly [number, unknown])[] = []
  for await (const batch of table.batches())
    for (let at = 0; at < batch.length; at++) found.push([batch.index(at), batch.row(at)['n']])
  if (table.rowCount !== undefined) expect(table.rowCount).toBe(found.length)
  return found
}

const odds = [1, 3, 5, 7, 9].map(n => [n, n])

describe('a filter may return', () => {
  const filters: Readonly<Record<string, Filter>> = {
    'the table, filtered': (table: Table) => table.filter(odd),
    'a promise of it': async (table: Table) => await Promise.resolve(table.filter(odd)),
    'a table filtered twice': (table: Table) => table.filter(row => row['n'] !== 2).filter(odd),
    'an array of its rows': async (table: Table) => (await table.toArray()).filter(odd),
    'its rows one by one': async function* (table: Table) {
      for await (const row of table) if (odd(row)) yield row
    },
    'rows in any order, and twice': async (table: Table) => {
      const rows = (await table.toArray()).filter(odd)
      return [...rows.toReversed(), ...rows]
    },
    'a set of rows': async (table: Table) => new Set((await table.toArray()).filter(odd)),
  }
  test.each(Object.entries(filters))('%s', async (_, filter) => {
    expect(await left(filter)).toEqual(odds)
  })

  test('the table as it is', async () => {
    expect(await left((table: Table) => table)).toHaveLength(10)
  })

  test('nothing that is left', async () => {
    expect(await left(() => [])).toEqual([])
  })
})

describe('a filter written for an array of rows', () => {
  const filters: Readonly<Record<string, Filter>> = {
    'with filter and map': (rows: Row[]) => rows.filter(odd).map(row => row),
    'with for of': (rows: Row[]) => {
      const found: Row[] = []
      for (const row of rows) if (odd(row)) found.push(row)
      return found
    },
    'with indices': (rows: Row[]) => [rows[1], rows[3], rows[5], rows[7], rows[9]],
    'with length': (rows: Row[]) => (rows.length === 10 ? rows.filter(odd) : []),
    'with spreading': async (rows: Row[]) => [...rows].filter(odd),
    'as a generator': function* (rows: Row[]) {
      for (const row of rows) if (odd(row)) yield row
    },
    'that wraps what it cannot do': (rows: Row[]) => {
      try {
        return rows.filter(odd).slice(0)
      } catch (cause) {
        throw new Error('wrapped', { cause })
      }
    },
    'that hides what it cannot do': (rows: Row[]) => {
      try {
        return rows.filter(odd).slice(0)
      } catch {
        return []
      }
    },
  }
  test.each(Object.entries(filters))('works %s', async (_, filter) => {
    expect(await left(filter)).toEqual(odds)
  })
})

test('columns that a filter adds reach the task', async () => {
  for (const filter of [
    (table: Table) => table.withColumn('x', 'y').filter(odd),
    (table: Table) => table.filter(odd).withColumn('x', 'y'),
    async (table: Table) => (await table.withColumn('x', 'y').toArray()).filter(odd),
  ]) {
    const table = await applyFilter(await numbers(), filter, '')
    expect((await table.toArray()).map(row => ({ ...row }))[0]).toEqual({ n: 1, x: 'y' })
  }
})

describe('a filter is refused', () => {
  const filters: readonly (readonly [string, Filter, RegExp])[] = [
    ['when it returns nothing', () => undefined, /returned nothing.*table\.filter/],
    [
      'when it returns copies',
      async (t: Table) => (await t.toArray()).map(r => ({ ...r })),
      /no cop/,
    ],
    ['when it returns numbers', () => [1, 2], /no row of the table/],
    ['when it returns an answer', () => true, /returned a boolean/],
    [
      'when it mixes rows with and without a column',
      async (t: Table) => [...(await t.toArray()), ...(await t.withColumn('x', '').toArray())],
      /mixed rows/,
    ],
  ]
  test.each(filters)('%s', async (_, filter, message) => {
    await expect(left(filter)).rejects.toThrow(message)
  })

  test('with its own error when it throws one', async () => {
    const filter = () => {
      throw new RangeError('mine')
    }
    await expect(left(filter)).rejects.toThrow(RangeError)
  })

  test('when it returns another table', async () => {
    const other = await numbers()
    await expect(left(() => other)).rejects.toThrow(/no row of the table/)
  })
})

describe('outputExists', () => {
  test('knows the files below a folder by their names', async () => {
    const folder = folderOf()
    mkdirSync(join(folder, 'a/b'), { recursive: true })
    for (const name of ['1.json', 'a/3.json', 'a/b/5.json']) writeFileSync(join(folder, name), '')
    const names: Readonly<Record<number, string>> = {
      1: '1.json',
      3: './a/3.json',
      5: '/a/b/5.json',
      7: 'a',
    }
    for (const cloudpath of [folder, pathToFileURL(folder).href]) {
      const isDone = await outputExists(cloudpath, row => names[Number(row['n'])] ?? '')
      expect(await left((table: Table) => table.filter(row => isDone(row)))).toEqual(
        [1, 3, 5].map(n => [n, n]),
      )
    }
  })

  test('finds nothing in a folder that is not there', async () => {
    const isDone = await outputExists(join(folderOf(), 'none'), () => 'x')
    expect(isDone({})).toBe(false)
  })

  test('says what it cannot list', async () => {
    await expect(outputExists('gs://bucket/x', () => '')).rejects.toThrow(/gs:/)
    await expect(outputExists(' ', () => '')).rejects.toThrow(/CF_CLOUDPATH/)
    const file = join(folderOf(), 'file')
    writeFileSync(file, '')
    await expect(outputExists(file, () => '')).rejects.toThrow(
      /file cannot be used: ENOTDIR.*Check that it is a folder/,
    )
  })
})
