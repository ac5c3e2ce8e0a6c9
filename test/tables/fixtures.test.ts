import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openTable } from '../../src/runtime/tables/open.ts'
import { exact, exactText, jsonOfTable, rowsOfTable } from './reading.ts'

const fixtures = join(import.meta.dirname, '../fixtures/tables')
const expected = (await readFile(join(fixtures, 'cells.expected.ndjson'), 'utf8'))
  .trimEnd()
  .split('\n')
  .map(exact)

describe('the tables that pandas wrote', () => {
  it.each([
    'cells.feather',
    'cells-plain.feather',
    'cells-zstd.feather',
    'cells-batches.feather',
    'cells.arrows',
    'cells.parquet',
    'cells-zstd.parquet',
    'cells.csv',
    'cells.expected.ndjson',
  ])('%s gives exactly the expected rows, as JSON text and as objects', async name => {
    const table = await openTable(join(fixtures, name))
    const names = table.columns.map(column => column.name)
    const wanted = expected.map(row =>
      exactText(Object.fromEntries(names.map(column => [column, row[column]]))),
    )
    expect((await jsonOfTable(table)).map(text => exactText(exact(text)))).toEqual(wanted)
    expect((await rowsOfTable(table)).map(exactText)).toEqual(wanted)
    expect(table.rowCount).toBe(wanted.length)
    if (name !== 'cells.csv') expect(names).toEqual(Object.keys(expected[0] ?? {}))
    await table.close()
  })

  it('a Feather file of version 1 is recognised, and the error says how to convert it', async () => {
    await expect(openTable(join(fixtures, 'cells-v1.feather'))).rejects.toThrow(
      /version 1.*write_feather/,
    )
  })

  it('ids beyond 2^53 are bigints in every row and leave as the same digits', async () => {
    const table = await openTable(join(fixtures, 'cells.feather'))
    const [first] = await rowsOfTable(table)
    expect(first?.['root_id']).toBe(864691760095466604n)
    expect(table.columns.find(column => column.name === 'root_id')).toMatchObject({
      form: 'bigint',
      integers: 'bigint',
      type: 'uint64',
    })
    expect((await jsonOfTable(table))[0]).toContain('"root_id":864691760095466604,')
    await table.close()
  })
})
