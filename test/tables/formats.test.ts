import * as arrow from 'apache-arrow'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, it } from 'vitest'
import { arrowBytes, type Compression } from './feather.ts'
import { jsonOfTable, rowsOfTable, tableIn } from './reading.ts'

// One logical table, written in each format. What every reader must make of it:
const wanted = [
  '{"id":864691135494192529,"count":1,"score":1.0,"name":"a, \\"b\\"\\n–🧠","flag":true}',
  '{"id":-9007199254740993,"count":-2,"score":-0.25,"name":"007","flag":false}',
  '{"id":3,"count":9007199254740991,"score":null,"name":null,"flag":null}',
]
const ids = [864691135494192529n, -9007199254740993n, 3n]
const counts = [1n, -2n, 9007199254740991n]
const scores = [1, -0.25, null]
const names = ['a, "b"\n–🧠', '007', null]
const flags = [true, false, null]

const ndjson = `${wanted.join('\n')}\n`
const csv = (delimiter: string) =>
  [
    ['id', 'count', 'score', 'name', 'flag'],
    ['864691135494192529', '1', '1.0', '"a, ""b""\n–🧠"', 'True'],
    ['-9007199254740993', '-2', '-0.25', '007', 'False'],
    ['3', '9007199254740991', '', '', ''],
  ]
    .map(cells => `${cells.join(delimiter)}\n`)
    .join('')

function feather(compression: Compression, stream = false): Uint8Array {
  const table = new arrow.Table({
    id: arrow.vectorFromArray(ids, new arrow.Int64()),
    count: arrow.vectorFromArray(counts, new arrow.Int64()),
    score: arrow.vectorFromArray(scores, new arrow.Float64()),
    name: arrow.vectorFromArray(names, new arrow.Utf8()),
    flag: arrow.vectorFromArray(flags, new arrow.Bool()),
  })
  return arrowBytes(table.batches, compression, stream)
}

function parquet(codec: 'UNCOMPRESSED' | 'SNAPPY'): Uint8Array {
  return new Uint8Array(
    parquetWriteBuffer({
      codec,
      columnData: [
        { name: 'id', data: ids, type: 'INT64' },
        { name: 'count', data: counts, type: 'INT64' },
        { name: 'score', data: scores, type: 'DOUBLE', nullable: true },
        { name: 'name', data: names, type: 'STRING', nullable: true },
        { name: 'flag', data: flags, type: 'BOOLEAN', nullable: true },
      ],
    }),
  )
}

const yaml = `
- {id: 864691135494192529, count: 1, score: 1.0, name: "a, \\"b\\"\\n–🧠", flag: true}
- {id: -9007199254740993, count: -2, score: -0.25, name: '007', flag: false}
- {id: 3, count: 9007199254740991}
`

const program = `
export function* tasks() {
  yield { id: 864691135494192529n, count: 1, score: 1, name: 'a, "b"\\n–🧠', flag: true }
  yield { id: -9007199254740993n, count: -2, score: -0.25, name: '007', flag: false }
  yield { id: 3, count: 9007199254740991n, score: NaN }
}
`

const formats: readonly (readonly [string, string, string | Uint8Array])[] = [
  ['plain Feather', 't.feather', feather('none')],
  ['LZ4 Feather', 't.feather', feather('lz4')],
  ['ZSTD Feather', 't.arrow', feather('zstd')],
  ['an Arrow stream', 't.arrows', feather('lz4', true)],
  ['plain Parquet', 't.parquet', parquet('UNCOMPRESSED')],
  ['Snappy Parquet', 't.parquet', parquet('SNAPPY')],
  ['CSV', 't.csv', csv(',')],
  ['TSV', 't.tsv', csv('\t')],
  ['NDJSON', 't.ndjson', ndjson],
  ['a JSON array', 't.json', `[${wanted.join(' ,\n')}]`],
  ['YAML', 't.yaml', yaml],
  ['a generator function', 't.ts', program],
]

describe('the same table in every format', () => {
  it.each(formats)('%s gives the same JSON text', async (_words, name, contents) => {
    expect(await jsonOfTable(await tableIn(name, contents))).toEqual(wanted)
  })

  it.each(formats)('%s gives the same row objects', async (_words, name, contents) => {
    const rows = await rowsOfTable(await tableIn(name, contents))
    expect(rows.map(row => ({ ...row }))).toEqual([
      { id: ids[0], count: 1, score: 1, name: names[0], flag: true },
      { id: ids[1], count: -2, score: -0.25, name: '007', flag: false },
      { id: 3n, count: 9007199254740991, score: null, name: null, flag: null },
    ])
    expect(rows.every(row => Object.getPrototypeOf(row) === null)).toBe(true)
  })

  it.each(formats)('%s gives its columns the same forms', async (_words, name, contents) => {
    const { columns } = await tableIn(name, contents)
    expect(columns.map(({ name: column, form, integers }) => [column, form, integers])).toEqual([
      ['id', 'bigint', 'bigint'],
      ['count', 'number', 'number'],
      ['score', 'number', undefined],
      ['name', 'string', undefined],
      ['flag', 'boolean', undefined],
    ])
  })

  it.each(formats)(
    '%s keeps a column declared bigint as bigints',
    async (_words, name, contents) => {
      const table = await tableIn(name, contents, { types: { count: 'bigint' } })
      const rows = await rowsOfTable(table)
      expect(rows.map(row => row['count'])).toEqual([1n, -2n, 9007199254740991n])
    },
  )

  it.each(formats)('%s has the same fingerprint twice', async (_words, name, contents) => {
    const { fingerprint } = await tableIn(name, contents)
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/)
    expect((await tableIn(name, contents)).fingerprint).toBe(fingerprint)
  })
})
