import * as arrow from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import { openTable } from '../../src/runtime/tables/open.ts'
import { arrowBytes } from './feather.ts'
import { tableIn } from './reading.ts'

/** Lists in one another. */
function nested(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels)
}

const cases: readonly (readonly [
  words: string,
  name: string,
  contents: string,
  message: RegExp,
])[] = [
  ['an empty file', 't.csv', '', /t\.csv.*empty/],
  ['an empty file of rows', 't.ndjson', '\n\n', /no rows/],
  ['an empty array', 't.json', '[]', /no rows/],
  ['rows without columns', 't.ndjson', '{}\n', /no columns/],
  ['two columns of one name', 't.csv', 'a,b,a\n1,2,3\n', /two columns named "a"/],
  ['a column without a name', 't.csv', 'a,,b\n1,2,3\n', /column 2 has no name/],
  ["a column for pandas' index", 't.csv', ',a\n0,1\n', /column 1 has no name.*index=False/],
  ['semicolons between cells', 't.csv', 'a;b\n1;2\n', /one column, "a;b".*by ";".*commas/],
  ['tabs between cells', 't.csv', 'a\tb\n1\t2\n', /one column, "a\\tb".*extension \.tsv/],
  ['a column __proto__ in CSV', 't.csv', '__proto__\n1\n', /"__proto__" is refused/],
  ['a column constructor', 't.ndjson', '{"constructor":1}', /"constructor" is refused/],
  [
    'a key __proto__ inside a value',
    't.ndjson',
    '{"a":[{"__proto__":1}]}',
    /"__proto__" is refused/,
  ],
  ['a key prototype in YAML', 't.yaml', '- {a: {prototype: 1}}', /"prototype" is refused/],
  ['a column __proto__ in YAML', 't.yaml', '- {__proto__: 1}', /"__proto__" is refused/],
  ['too few cells in a row', 't.csv', 'a,b\n1,2\n3\n', /t\.csv.*line 3/],
  ['a quote that does not close', 't.csv', 'a,b\n1,"2\n', /t\.csv.*[Qq]uote/],
  ['a row that is no JSON', 't.ndjson', '{"a":1}\n{"a":\n', /row 2 is no valid JSON/],
  ['a row that is no object', 't.json', '[{"a":1},[2]]', /row 2 is not an object/],
  ['an array cut short', 't.json', '[{"a":1},{"a":2}', /cut short/],
  ['something behind an array', 't.json', '[{"a":1}] {"a":2}', /follows/],
  ['a missing comma value', 't.json', '[{"a":1},]', /row 2 is no valid JSON/],
  ['a number too large', 't.ndjson', '{"a":1e999}', /row 1.*too large/],
  [
    'a task file that breaks its form',
    't.json',
    '[{"task_id":"1","data":{"a":1}},{"a":1}]',
    /row 2/,
  ],
  ['broken YAML', 't.yaml', '- {a: 1', /t\.yaml/],
  ['YAML that is no list', 't.yaml', 'a: 1', /no list of rows/],
  ['two YAML documents', 't.yaml', '- {a: 1}\n---\n- {a: 2}', /one document/],
  ['a YAML key twice', 't.yaml', '- {a: 1, a: 2}', /unique/],
  ['a YAML merge key', 't.yaml', '- &x {a: 1}\n- {<<: *x, b: 2}', /merge key/],
  ['a YAML key that is a list', 't.yaml', '- {? [a, b] : 1}', /keys must be/],
  ['a YAML map in order', 't.yaml', '- {a: !!omap [b: 1]}', /tag.*omap/],
  ['bytes in YAML', 't.yaml', '- {a: !!binary aGVsbG8=}', /tag.*binary/],
  ['YAML that fills memory', 't.yaml', `- {a: [${'1,'.repeat(1_100_000)}]}`, /NDJSON/],
  [
    'rows that each bring a column',
    't.ndjson',
    Array.from({ length: 20_000 }, (_, i) => `{"c${i}":1}\n`).join(''),
    /more than 10000 columns/,
  ],
  [
    'an object over several lines',
    't.json',
    '{\n  "a": [1, 2],\n  "b": [3, 4]\n}\n',
    /one object over several lines.*orient="records"/,
  ],
  [
    'columns by row numbers',
    't.json',
    '{"a":{"0":1,"1":2},"b":{"0":3,"1":4}}',
    /columns by row numbers.*orient="records"/,
  ],
  ['lists in lists without end', 't.ndjson', `{"a":${nested(100_000)}}`, /nested too deep/],
  ['more levels than a worker reads', 't.json', `[{"a":${nested(1001)}}]`, /nested too deep/],
  ['deep YAML', 't.yaml', `- {a: ${nested(5000)}}`, /nested too deep/],
  ['a header of too many cells', 't.csv', `${','.repeat(10_000)}\n`, /line 1 has more than 10000 /],
  ['a late line of too many', 't.tsv', `a\tb\n1\t2\n${'\t'.repeat(10_000)}`, /line 3 has more/],
  ['Arrow by name only', 't.feather', 'a,b\n1,2\n', /name says arrow/],
  ['Parquet by name only', 't.parquet', 'a,b\n1,2\n', /name says parquet/],
  ['contents of no kind', 't.dat', 'hello', /neither its contents nor its name.*to_feather/],
  ['a head of Arrow alone', 't.feather', 'ARROW1\0\0', /does not end as one/],
  [
    'a program that throws',
    't.ts',
    'export function* tasks() { yield { a: 1 }; throw new Error("boom") }',
    /after row 1: boom/,
  ],
  ['a program without rows', 't.ts', 'export const tasks = 1', /exports no function/],
  [
    'a program with half a character',
    't.ts',
    'export function* tasks() { yield { a: "\\ud800" } }',
    /surrogate/,
  ],
  [
    'a program that yields functions',
    't.ts',
    'export function* tasks() { yield { a: () => 1 } }',
    /"a", row 1: a function/,
  ],
]

describe('bad input', () => {
  it.each(cases)('%s is refused with what is wrong', async (_words, name, contents, message) => {
    const failure = await tableIn(name, contents).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(failure).toMatchObject({ name: 'TaskqError', code: 'invalid' })
    expect(String(failure)).toMatch(message)
  })

  it('commas and quotes inside of a cell make no columns', async () => {
    const cell = `"say ""hi""${','.repeat(10_001)}\n"`
    const [row] = await (await tableIn('t.csv', `a,b\n1,${cell}\n`)).toArray()
    expect(row?.['b']).toBe(cell.slice(1, -1).replaceAll('""', '"'))
  })

  it('a Feather file of too many columns is refused as any other table', async () => {
    const one = arrow.vectorFromArray([1], new arrow.Int32())
    const columns = Array.from({ length: 10_001 }, (_, at): [string, typeof one] => [`c${at}`, one])
    const { batches } = new arrow.Table(Object.fromEntries(columns))
    await expect(tableIn('t.feather', arrowBytes(batches))).rejects.toThrow(/more than 10000 col/)
  })

  it('a YAML mapping of many keys takes no time in proportion to their square', async () => {
    const keys = Array.from({ length: 50_000 }, (_, i) => `c${i}: 1`)
    await expect(tableIn('t.yaml', `- {x: {${keys.join(', ')}}}`)).resolves.toBeDefined()
  })

  it('text that is not UTF-8 is refused', async () => {
    await expect(tableIn('t.csv', Buffer.from('a\n\xff\n', 'latin1'))).rejects.toThrow(/UTF-8/)
    await expect(tableIn('t.ndjson', Buffer.from('{"a":"\xff"}', 'latin1'))).rejects.toThrow(
      /row 1 is not valid UTF-8/,
    )
  })

  it('a file that is not there and a directory are refused by what was tried', async () => {
    await expect(openTable('/nowhere/cells')).rejects.toThrow(/cells\.feather.*cells\.yml/)
    await expect(openTable('/tmp')).rejects.toThrow(/directory/)
  })

  it('a contents of another kind than the extension is read by its contents', async () => {
    const { batches } = new arrow.Table({ x: arrow.vectorFromArray([1], new arrow.Int32()) })
    expect((await tableIn('t.csv', arrowBytes(batches))).columns[0]?.type).toBe('int32')
  })

  it('a row larger than the limit is refused before it is held', async () => {
    const limits = { cellBytes: 2 ** 20 }
    const long = 'x'.repeat(3 * 2 ** 20)
    for (const [name, contents] of [
      ['t.ndjson', `{"a":"${long}"}`],
      ['t.json', `[{"a":"${long}"}]`],
      ['t.csv', `a,b\n"${long}",1\n`],
    ] as const) {
      await expect(tableIn(name, contents, { limits })).rejects.toMatchObject({ code: 'invalid' })
    }
    const { batches } = new arrow.Table({ a: arrow.vectorFromArray(['x', long], new arrow.Utf8()) })
    await expect(tableIn('t.feather', arrowBytes(batches, 'lz4'), { limits })).rejects.toThrow(
      /"a", row 2: a value of 3145728 bytes/,
    )
  })

  it('a batch that decompresses beyond the limit is refused before it is made', async () => {
    const { batches } = new arrow.Table({ a: arrow.makeVector(new Float64Array(200_000)) })
    for (const compression of ['lz4', 'zstd'] as const) {
      await expect(
        tableIn('t.feather', arrowBytes(batches, compression), { limits: { batchBytes: 2 ** 20 } }),
      ).rejects.toThrow(/limits\.batchBytes/)
    }
  })

  it('text that is not UTF-8 in an Arrow column is refused by column and row', async () => {
    const column = arrow.makeData({
      type: new arrow.Utf8(),
      length: 2,
      valueOffsets: Int32Array.of(0, 1, 2),
      data: Uint8Array.of(65, 255),
    })
    const { batches } = new arrow.Table({ a: new arrow.Vector([column]) })
    await expect(tableIn('t.feather', arrowBytes(batches))).rejects.toThrow(
      /"a", row 2: its text is not valid UTF-8/,
    )
  })

  it('a character cut in two by an offset is refused', async () => {
    const column = arrow.makeData({
      type: new arrow.Utf8(),
      length: 2,
      valueOffsets: Int32Array.of(0, 1, 2),
      data: Buffer.from('é'),
    })
    const { batches } = new arrow.Table({ a: new arrow.Vector([column]) })
    await expect(tableIn('t.feather', arrowBytes(batches))).rejects.toThrow(/"a", row 1/)
  })

  it('lengths that lie are refused before room is made for them', async () => {
    const { batches } = new arrow.Table({ x: arrow.vectorFromArray([1], new arrow.Int32()) })
    const file = Buffer.from(arrowBytes(batches))
    file.writeInt32LE(0x7fffffff, file.length - 10)
    await expect(tableIn('t.feather', file)).rejects.toThrow(/footer claims 2147483647/)
    const stream = Buffer.from(arrowBytes(batches, 'none', true))
    stream.writeInt32LE(0x7fffffff, 4)
    await expect(tableIn('t.arrows', stream)).rejects.toThrow(/claims 2147483647/)
    const parquet = Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(40, 255), Buffer.from('PAR1')])
    await expect(tableIn('t.parquet', parquet)).rejects.toThrow(/footer claims 4294967295/)
    const packed = Buffer.from(
      arrowBytes(new arrow.Table({ x: arrow.makeVector(new Float64Array(999)) }).batches, 'lz4'),
    )
    // The length before the first compressed buffer, of 7,992 bytes.
    const at = packed.indexOf(Buffer.from([0x38, 0x1f, 0, 0, 0, 0, 0, 0]))
    packed.writeBigInt64LE(2n ** 40n, at)
    await expect(tableIn('t.feather', packed)).rejects.toThrow(/declares 1099511627776 bytes/)
    packed.writeBigInt64LE(2n ** 29n, at)
    await expect(tableIn('t.feather', packed)).rejects.toThrow(/cannot hold the 536870912 bytes/)
  })

  it('an Arrow stream without its end mark is refused', async () => {
    const { batches } = new arrow.Table({ x: arrow.vectorFromArray([1], new arrow.Int32()) })
    const bytes = arrowBytes(batches, 'none', true)
    await expect(tableIn('t.arrows', bytes.subarray(0, -8))).rejects.toThrow(/without its end mark/)
    await expect(tableIn('t.arrows', Buffer.concat([bytes, bytes]))).rejects.toThrow(
      /follow the end/,
    )
  })

  it('a declaration for a column that is not there, or of another type, is refused', async () => {
    await expect(tableIn('t.csv', 'a\n1\n', { types: { b: 'text' } })).rejects.toThrow(
      /no column "b"/,
    )
    await expect(tableIn('t.ndjson', '{"a":"x"}', { types: { a: 'integer' } })).rejects.toThrow(
      /expected integer as declared, got text/,
    )
  })
})
