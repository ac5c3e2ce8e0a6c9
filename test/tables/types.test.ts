import * as arrow from 'apache-arrow'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, it } from 'vitest'
import { kindWords } from '../../src/runtime/tables/arrow/kinds.ts'
import { arrowBytes } from './feather.ts'
import { jsonOfTable, rowsOfTable, tableIn } from './reading.ts'

type Case = readonly [words: string, data: arrow.Data, json: string, type: string]

const noon = 1_767_268_800n

function ints(values: readonly bigint[]): BigInt64Array {
  return BigInt64Array.from(values)
}

/** A null in the last row, whatever the values. */
function data(type: arrow.DataType, length: number, buffers: object): arrow.Data {
  return arrow.makeData({
    type,
    length,
    nullCount: 1,
    nullBitmap: Uint8Array.of((1 << (length - 1)) - 1),
    ...buffers,
  } as never)
}

function decimals(bits: number, values: readonly bigint[]): Uint32Array {
  const words = new Uint32Array((values.length * bits) / 32)
  for (const [i, value] of values.entries()) {
    for (let word = 0; word < bits / 32; word++) {
      words[(i * bits) / 32 + word] = Number(
        (BigInt.asUintN(bits, value) >> BigInt(word * 32)) & 0xffffffffn,
      )
    }
  }
  return words
}

const offsets = Int32Array.of(0, 2, 2, 3)
const item = new arrow.Field('item', new arrow.Int64(), true)
const itemData = arrow.makeData({
  type: new arrow.Int64(),
  length: 3,
  data: ints([1n, 864691135494192529n, -3n]),
})
const keyValue = new arrow.Struct([
  new arrow.Field('key', new arrow.Utf8(), false),
  new arrow.Field('value', new arrow.Float64(), true),
])

const cases: readonly Case[] = [
  [
    'timestamps in seconds',
    data(new arrow.Timestamp(0, 'UTC'), 3, { data: ints([noon, -1n, 0n]) }),
    '["2026-01-01T12:00:00Z","1969-12-31T23:59:59Z",null]',
    'timestamp[s, UTC]',
  ],
  [
    'timestamps in milliseconds',
    data(new arrow.Timestamp(1), 3, { data: ints([noon * 1000n + 5n, -1n, 0n]) }),
    '["2026-01-01T12:00:00.005Z","1969-12-31T23:59:59.999Z",null]',
    'timestamp[ms]',
  ],
  [
    'timestamps in microseconds',
    data(new arrow.Timestamp(2, 'Europe/Berlin'), 3, {
      data: ints([noon * 10n ** 6n + 5n, -1n, 0n]),
    }),
    '["2026-01-01T12:00:00.000005Z","1969-12-31T23:59:59.999999Z",null]',
    'timestamp[us, Europe/Berlin]',
  ],
  [
    'timestamps in nanoseconds, every digit',
    data(new arrow.Timestamp(3), 3, { data: ints([noon * 10n ** 9n + 123456789n, -1n, 0n]) }),
    '["2026-01-01T12:00:00.123456789Z","1969-12-31T23:59:59.999999999Z",null]',
    'timestamp[ns]',
  ],
  [
    'dates',
    data(new arrow.DateDay(), 4, { data: Int32Array.of(20454, -1, -719529, 0) }),
    '["2026-01-01","1969-12-31","-000001-12-31",null]',
    'date32',
  ],
  [
    'dates in milliseconds',
    data(new arrow.DateMillisecond(), 2, { data: ints([86_400_000n * 20454n, 0n]) }),
    '["2026-01-01",null]',
    'date64',
  ],
  [
    'times of day',
    data(new arrow.TimeMicrosecond(), 3, { data: ints([0n, 86_399_999_999n, 0n]) }),
    '["00:00:00","23:59:59.999999",null]',
    'time64[us]',
  ],
  [
    'durations',
    data(new arrow.DurationMillisecond(), 3, { data: ints([90_500n, -1n, 0n]) }),
    '["PT90.500S","-PT0.001S",null]',
    'duration[ms]',
  ],
  [
    'decimals of 128 bits with their scale',
    data(new arrow.Decimal(2, 38, 128), 4, {
      data: decimals(128, [1250n, -5n, -(10n ** 30n), 0n]),
    }),
    `["12.50","-0.05","-${'1'.padEnd(29, '0')}.00",null]`,
    'decimal128(scale 2)',
  ],
  [
    'decimals of 256 bits',
    data(new arrow.Decimal(3, 76, 256), 3, { data: decimals(256, [10n ** 70n, -1n, 0n]) }),
    `["${'1'.padEnd(68, '0')}.000","-0.001",null]`,
    'decimal256(scale 3)',
  ],
  [
    'half floats',
    data(new arrow.Float16(), 3, { data: Uint16Array.of(0x3c00, 0x3555, 0) }),
    '[1.0,0.333251953125,null]',
    'float16',
  ],
  [
    'single floats',
    data(new arrow.Float32(), 4, { data: Float32Array.of(0.5, Number.NaN, -0, 0) }),
    '[0.5,null,-0.0,null]',
    'float32',
  ],
  [
    'unsigned 64-bit integers',
    data(new arrow.Uint64(), 3, { data: BigUint64Array.of(2n ** 64n - 1n, 1n, 0n) }),
    '[18446744073709551615,1,null]',
    'uint64',
  ],
  [
    'small integers',
    data(new arrow.Int8(), 3, { data: Int8Array.of(-128, 127, 0) }),
    '[-128,127,null]',
    'int8',
  ],
  [
    'binary as base64',
    data(new arrow.Binary(), 3, { valueOffsets: offsets, data: Uint8Array.of(255, 0, 7) }),
    '["/wA=","",null]',
    'binary',
  ],
  [
    'binary of fixed size',
    data(new arrow.FixedSizeBinary(2), 2, { data: Uint8Array.of(255, 0, 7, 7) }),
    '["/wA=",null]',
    'fixed_size_binary[2]',
  ],
  [
    'lists, with one decision over all their integers',
    data(new arrow.List(item), 3, { valueOffsets: offsets, child: itemData }),
    '[[1,864691135494192529],[],null]',
    'list<int64>',
  ],
  [
    'lists of fixed size',
    data(new arrow.FixedSizeList(1, item), 3, { child: itemData }),
    '[[1],[864691135494192529],null]',
    'fixed_size_list<int64>[1]',
  ],
  [
    'structs',
    data(new arrow.Struct([item, new arrow.Field('ü', new arrow.Bool(), true)]), 3, {
      children: [
        itemData,
        arrow.makeData({ type: new arrow.Bool(), length: 3, data: Uint8Array.of(1) }),
      ],
    }),
    '[{"item":1,"ü":true},{"item":864691135494192529,"ü":false},null]',
    'struct<item: int64, ü: bool>',
  ],
  [
    'maps as lists of pairs, in order and with duplicates',
    data(new arrow.Map_(new arrow.Field('entries', keyValue, false)), 3, {
      valueOffsets: offsets,
      child: arrow.makeData({
        type: keyValue,
        length: 3,
        children: [
          arrow.vectorFromArray(['b', 'b', '__proto__'], new arrow.Utf8()).data[0] as arrow.Data,
          arrow.makeData({
            type: new arrow.Float64(),
            length: 3,
            data: Float64Array.of(1, 2.5, 3),
          }),
        ],
      }),
    }),
    '[[["b",1.0],["b",2.5]],[],null]',
    'map<string, float64>',
  ],
  [
    'text with every kind of character',
    arrow.vectorFromArray(['a"\\\n\u0001\u007f', 'naïve – 🧠', '', null], new arrow.LargeUtf8())
      .data[0] as arrow.Data,
    '["a\\"\\\\\\n\\u0001\u007f","naïve – 🧠","",null]',
    'large_string',
  ],
  [
    'text in views, short and long',
    arrow.vectorFromArray(['short', 'longer than twelve bytes – 🧠', null], new arrow.Utf8View())
      .data[0] as arrow.Data,
    '["short","longer than twelve bytes – 🧠",null]',
    'string_view',
  ],
  [
    'binary in views',
    arrow.vectorFromArray([Uint8Array.of(1, 2), new Uint8Array(14), null], new arrow.BinaryView())
      .data[0] as arrow.Data,
    '["AQI=","AAAAAAAAAAAAAAAAAAA=",null]',
    'binary_view',
  ],
  [
    'categories',
    arrow.vectorFromArray(
      ['x', 'y', 'x', null],
      new arrow.Dictionary(new arrow.Utf8(), new arrow.Int16()),
    ).data[0] as arrow.Data,
    '["x","y","x",null]',
    'dictionary<string>',
  ],
  [
    'columns of nothing',
    arrow.makeData({ type: new arrow.Null(), length: 2 }),
    '[null,null]',
    'null',
  ],
]

describe('Arrow types', () => {
  it.each(cases)('%s have one form in JSON and as values', async (_words, column, json, type) => {
    for (const compression of ['none', 'lz4'] as const) {
      const batches = new arrow.Table({ x: new arrow.Vector([column]) }).batches
      const table = await tableIn('t.feather', arrowBytes(batches, compression))
      expect(`[${(await jsonOfTable(table)).map(text => text.slice(5, -1)).join(',')}]`).toBe(json)
      const values = (await rowsOfTable(table)).map(row => row['x'])
      expect(plain(values)).toEqual(plain(JSON.parse(json, reviver(table.columns[0]?.integers))))
      expect(table.columns[0]?.type).toBe(type)
    }
  })

  it.each([
    ['interval', data(new arrow.IntervalYearMonth(), 2, { data: Int32Array.of(1, 2) })],
    [
      'union',
      arrow.makeData({
        type: new arrow.SparseUnion([0], [item]),
        length: 3,
        typeIds: Int8Array.of(0, 0, 0),
        children: [itemData],
      }),
    ],
  ] as const)('a column of %s is refused by name and type before any row', async (type, column) => {
    const bytes = arrowBytes(
      new arrow.Table({ odd: new arrow.Vector([column as arrow.Data]) }).batches,
    )
    await expect(tableIn('t.feather', bytes)).rejects.toThrow(new RegExp(`"odd".*${type}`))
  })

  it('a time past midnight and a date with hours are refused by column and row', async () => {
    const late = data(new arrow.TimeSecond(), 3, { data: Int32Array.of(0, 86_400, 0) })
    const odd = data(new arrow.DateMillisecond(), 3, { data: ints([0n, 1n, 0n]) })
    for (const column of [late, odd]) {
      const bytes = arrowBytes(new arrow.Table({ when: new arrow.Vector([column]) }).batches)
      await expect(tableIn('t.feather', bytes)).rejects.toThrow(/"when", row 2/)
    }
  })

  it('names nested kinds in the words of pyarrow', () => {
    expect(kindWords({ is: 'list', width: 8, item: { is: 'int', bits: 8, signed: false } })).toBe(
      'large_list<uint8>',
    )
  })
})

describe('Parquet types', () => {
  it('keep every digit of timestamps, decimals and 64-bit integers', async () => {
    const buffer = parquetWriteBuffer({
      schema: [
        { name: 'root', num_children: 5 },
        {
          name: 'ns',
          type: 'INT64',
          repetition_type: 'OPTIONAL',
          logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' },
        },
        {
          name: 'price',
          type: 'INT64',
          repetition_type: 'OPTIONAL',
          converted_type: 'DECIMAL',
          precision: 18,
          scale: 2,
        },
        { name: 'u64', type: 'INT64', repetition_type: 'REQUIRED', converted_type: 'UINT_64' },
        { name: 'day', type: 'INT32', repetition_type: 'REQUIRED', converted_type: 'DATE' },
        { name: 'blob', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
      ],
      columnData: [
        { name: 'ns', data: [noon * 10n ** 9n + 123456789n, null] },
        { name: 'price', data: [1250n, null] },
        { name: 'u64', data: [2n ** 64n - 1n, 1n] },
        { name: 'day', data: [20454, 0] },
        { name: 'blob', data: [Uint8Array.of(255, 0), null] },
      ],
    } as never)
    const table = await tableIn('t.parquet', new Uint8Array(buffer))
    expect(await jsonOfTable(table)).toEqual([
      '{"ns":"2026-01-01T12:00:00.123456789Z","price":"12.50","u64":18446744073709551615,"day":"2026-01-01","blob":"/wA="}',
      '{"ns":null,"price":null,"u64":1,"day":"1970-01-01","blob":null}',
    ])
  })

  it('keep structs, lists and maps as they are, null or empty', async () => {
    const optional = { repetition_type: 'OPTIONAL' }
    const buffer = parquetWriteBuffer({
      schema: [
        { name: 'root', num_children: 2 },
        { name: 'm', ...optional, converted_type: 'MAP', num_children: 1 },
        { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
        { name: 'key', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
        { name: 'value', type: 'INT64', ...optional },
        { name: 's', ...optional, num_children: 2 },
        { name: 'a', type: 'DOUBLE', ...optional },
        { name: 'b', ...optional, converted_type: 'LIST', num_children: 1 },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', type: 'INT64', ...optional },
      ],
      columnData: [
        {
          name: 'm',
          data: [
            [
              { key: 'b', value: 1n },
              { key: '1', value: 2n ** 60n },
            ],
            null,
            [],
          ],
        },
        { name: 's', data: [{ a: 1, b: [1n, null] }, null, { a: null, b: [] }] },
      ],
    } as never)
    expect(await jsonOfTable(await tableIn('t.parquet', new Uint8Array(buffer)))).toEqual([
      '{"m":[["b",1],["1",1152921504606846976]],"s":{"a":1.0,"b":[1,null]}}',
      '{"m":null,"s":null}',
      '{"m":[],"s":{"a":null,"b":[]}}',
    ])
  })
})

function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? `bigint ${inner}` : inner)),
  )
}

function reviver(integers: 'number' | 'bigint' | undefined) {
  return (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && integers === 'bigint' && /^-?\d+$/.test(context?.source ?? '')
      ? BigInt(context?.source ?? '0')
      : value
}
