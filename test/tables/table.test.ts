import { appendFile, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openTable } from '../../src/runtime/tables/open.ts'
import type { Batch } from '../../src/runtime/tables/table.ts'
import { fileOf, jsonOfTable, rowsOfTable, tableIn } from './reading.ts'

const numbers = Array.from({ length: 40_000 }, (_, i) => `{"n":${i},"s":"${i}"}`).join('\n')

describe('a table', () => {
  it('hands out each row once, in order, with its place', async () => {
    const table = await tableIn('t.ndjson', numbers)
    let next = 0
    for await (const batch of table.batches()) {
      for (let at = 0; at < batch.length; at++) {
        expect(batch.index(at)).toBe(next)
        expect(batch.row(at)['n']).toBe(next++)
      }
    }
    expect(next).toBe(table.rowCount)
  })

  it('refuses a batch of Arrow that is used after its buffers have gone on', async () => {
    const table = await openTable(
      join(import.meta.dirname, '../fixtures/tables/cells-batches.feather'),
    )
    onTestFinished(() => table.close())
    const batches: Batch[] = []
    for await (const batch of table.batches()) batches.push(batch)
    expect(batches.length).toBeGreaterThan(1)
    expect(() => batches[0]?.row(0)).toThrow(/after the next one/)
  })

  it('filtered keeps the rows answered true, with their places and their text', async () => {
    const table = await tableIn('t.ndjson', numbers)
    const some = table.filter((row, index) => index % 10_000 === 7 && row['n'] === index)
    expect(some.rowCount).toBeUndefined()
    expect(await jsonOfTable(some)).toEqual(
      [7, 10_007, 20_007, 30_007].map(n => `{"n":${n},"s":"${n}"}`),
    )
    const places: number[] = []
    for await (const batch of some.filter(row => row['n'] !== 7).batches()) {
      for (let at = 0; at < batch.length; at++) places.push(batch.index(at))
    }
    expect(places).toEqual([10_007, 20_007, 30_007])
  })

  it('filtered by promises awaits at most 64 of them at a time, and keeps the order', async () => {
    const table = await tableIn('t.ndjson', numbers)
    let open = 0
    let most = 0
    const some = table.filter(async row => {
      most = Math.max(most, ++open)
      await Promise.resolve()
      open--
      return Number(row['n']) < 3
    })
    expect((await some.toArray()).map(row => row['n'])).toEqual([0, 1, 2])
    expect(most).toBeLessThanOrEqual(64)
  })

  it('refuses a filter that answers neither true nor false', async () => {
    const table = await tableIn('t.ndjson', '{"a":1}')
    await expect(rowsOfTable(table.filter((() => 1) as never))).rejects.toThrow(/answer true/)
  })

  it('takes one more column of text, but not one it has', async () => {
    const table = await tableIn('t.ndjson', '{"a":1}')
    const wider = table.withColumn('cloudpath', 'file:///tmp/"x"')
    expect(await jsonOfTable(wider)).toEqual(['{"a":1,"cloudpath":"file:///tmp/\\"x\\""}'])
    expect(await wider.toArray()).toEqual([{ a: 1, cloudpath: 'file:///tmp/"x"' }])
    expect(wider.columns.map(column => column.name)).toEqual(['a', 'cloudpath'])
    expect(() => wider.withColumn('a', '')).toThrow(/two columns named "a"/)
  })

  it('whose file changed since it was read hands out no row', async () => {
    for (const change of [
      (path: string) => appendFile(path, 'a'),
      (path: string) => utimes(path, 1, 1),
    ]) {
      const path = fileOf('t.csv', 'a\n1\n')
      const table = await openTable(path)
      onTestFinished(() => table.close())
      await change(path)
      await expect(rowsOfTable(table)).rejects.toThrow(/changed while/)
    }
  })

  it('stops reading when it is told to', async () => {
    const stop = new AbortController()
    const table = await tableIn('t.ndjson', numbers, { signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(rowsOfTable(table)).rejects.toThrow('enough')
  })

  it('named without extension is found, or says which names were tried', async () => {
    const path = fileOf('cells.csv', 'a\n1\n')
    const table = await openTable(path.slice(0, -4))
    onTestFinished(() => table.close())
    expect(table.name).toBe('cells.csv')
  })

  it('of a kind of address nobody knows is unsupported, and the error says which are known', async () => {
    await expect(openTable('ftp://host/cells.feather')).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('begins with file:, s3:, gs:, https:'),
    })
  })

  it('of a function declared to be read once is not kept, and is read once', async () => {
    const path = fileOf(
      'tasks.ts',
      `export const once = { n: 'integer', x: 'float' }
       export async function* tasks() { yield { n: 1, x: 1 }; yield { n: 2 }; yield { n: 'three' } }`,
    )
    const table = await openTable(path)
    expect(table.rowCount).toBeUndefined()
    const iterator = table[Symbol.asyncIterator]()
    await expect(iterator.next()).rejects.toThrow(/"n", row 3: expected integer/)
    await expect(rowsOfTable(table)).rejects.toThrow(/read once/)
  })
})
