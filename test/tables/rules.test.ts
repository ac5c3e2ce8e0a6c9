import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  floatText,
  Sink,
  writeFloat,
  writeInt64,
  writeUtf8,
} from '../../src/runtime/tables/sink.ts'
import { jsonOfTable, rowsOfTable, tableIn } from './reading.ts'

async function csvColumn(...cells: readonly string[]) {
  const table = await tableIn('t.csv', `x,y\n${cells.map(cell => `${cell},1\n`).join('')}`)
  const texts = await jsonOfTable(table)
  return {
    type: table.columns[0]?.type,
    json: texts.map(text => text.slice(5, text.lastIndexOf(',"y"'))),
  }
}

describe('a CSV column', () => {
  it.each([
    ['integers are integer', ['1', '-2', '0', ''], 'integer', ['1', '-2', '0', 'null']],
    [
      'one long integer makes all exact',
      ['1', '864691135494192529'],
      'integer',
      ['1', '864691135494192529'],
    ],
    [
      'floats beside integers are float',
      ['1', '2.5', 'NaN', ''],
      'float',
      ['1.0', '2.5', 'null', 'null'],
    ],
    ['leading zeros stay text', ['007', '1'], 'text', ['"007"', '"1"']],
    ['plus signs stay text', ['+49', '1'], 'text', ['"+49"', '"1"']],
    [
      'long integers are never guessed into floats',
      ['864691135494192529', '0.5'],
      'text',
      ['"864691135494192529"', '"0.5"'],
    ],
    ['True and false are boolean', ['True', 'false', ''], 'boolean', ['true', 'false', 'null']],
    ['a mixture is text', ['1', 'x', ''], 'text', ['"1"', '"x"', 'null']],
    ['nothing at all is null', ['', ''], 'null', ['null', 'null']],
    ['exponents are float', ['1e3', '-0'], 'float', ['1000.0', '-0.0']],
    ['numbers no float can hold stay text', ['1e999', '1'], 'text', ['"1e999"', '"1"']],
    ['padded numbers stay text', [' 1', '2'], 'text', ['" 1"', '"2"']],
  ])('%s', async (_words, cells, type, json) => {
    expect(await csvColumn(...cells)).toEqual({ type, json })
  })

  it('declared as text keeps every cell as it is, empty ones too', async () => {
    const table = await tableIn('t.csv', 'x,y\n1,2\n,3\n', { types: { x: 'text' } })
    expect(await jsonOfTable(table)).toEqual(['{"x":"1","y":2}', '{"x":"","y":3}'])
  })

  it('declared as float takes integers, as integer refuses floats by file, column and row', async () => {
    const table = await tableIn('t.csv', 'x\n1\n2\n', { types: { x: 'float' } })
    expect(await jsonOfTable(table)).toEqual(['{"x":1.0}', '{"x":2.0}'])
    await expect(tableIn('t.csv', 'x\n1\n2.5\n', { types: { x: 'integer' } })).rejects.toThrow(
      /t\.csv, column "x", row 2: expected integer as declared, got "2\.5"/,
    )
  })

  it('of a BOM, quotes, line breaks and CRLF reads as people mean it', async () => {
    const table = await tableIn('t.csv', '\uFEFFa,b\r\n"x\r\ny","say ""hi"""\r\n\r\n')
    expect(await jsonOfTable(table)).toEqual(['{"a":"x\\r\\ny","b":"say \\"hi\\""}'])
  })
})

describe('JSON rows', () => {
  it('fill what a row leaves out with null, columns in the order they appear', async () => {
    const table = await tableIn('t.ndjson', '{"a":1}\n\n{"b":[1,2.5,{"c":1.0}],"a":null}')
    expect(await jsonOfTable(table)).toEqual([
      '{"a":1,"b":null}',
      '{"a":null,"b":[1,2.5,{"c":1.0}]}',
    ])
    expect(table.columns.map(({ nullable }) => nullable)).toEqual([true, true])
  })

  it('with a float anywhere make a float column, with mixed kinds a mixed one', async () => {
    const table = await tableIn('t.ndjson', '{"a":1,"b":1}\n{"a":2.0,"b":"x"}')
    expect(await jsonOfTable(table)).toEqual(['{"a":1.0,"b":1}', '{"a":2.0,"b":"x"}'])
    expect(table.columns.map(column => column.type)).toEqual(['float', 'mixed: integer, text'])
  })

  it('keep a long integer and a float of one column both exact', async () => {
    const table = await tableIn('t.ndjson', '{"a":864691135494192529}\n{"a":0.5}\n{"a":1}')
    expect(await jsonOfTable(table)).toEqual(['{"a":864691135494192529}', '{"a":0.5}', '{"a":1}'])
    expect((await rowsOfTable(table)).map(row => row['a'])).toEqual([864691135494192529n, 0.5, 1n])
  })

  it('may hold the NaN and Infinity that Python writes, but not inside text', async () => {
    const table = await tableIn('t.ndjson', '{"a":NaN,"b":"NaN \\" NaN"}\n{"a":-Infinity,"b":""}')
    expect(await jsonOfTable(table)).toEqual(['{"a":null,"b":"NaN \\" NaN"}', '{"a":null,"b":""}'])
  })

  it.each([
    ['t.json', '[{"task_id":"one","data":{"x":1}},{"task_id":2,"data":{"x":3}}]'],
    ['t.ndjson', '{"task_id":"one","data":{"x":1}}\n{"task_id":2,"data":{"x":3}}'],
    ['t.yaml', '- {task_id: one, data: {x: 1}}\n- {task_id: 2, data: {x: 3}}'],
  ])('of a task file (%s) name their tasks', async (name, contents) => {
    const table = await tableIn(name, contents)
    const ids: (string | undefined)[] = []
    for await (const batch of table.batches()) {
      for (let at = 0; at < batch.length; at++) ids.push(batch.id(at))
    }
    expect(ids).toEqual(['one', '2'])
    expect(await jsonOfTable(table)).toEqual(['{"x":1}', '{"x":3}'])
  })

  it('cut from an array wherever its chunks end are the same rows', async () => {
    const row = { text: `[{"}]\\",${'x'.repeat(700)}`, list: [[1], { a: '}' }] }
    const rows = Array.from({ length: 4000 }, () => row)
    const texts = await jsonOfTable(await tableIn('t.json', JSON.stringify(rows, undefined, 1)))
    expect(texts.length).toBe(4000)
    expect(new Set(texts)).toEqual(new Set([JSON.stringify(row)]))
  })
})

describe('YAML rows', () => {
  it('use the core schema: yes is text, 0o7 an integer, tags are refused', async () => {
    const table = await tableIn('t.yaml', '- {a: yes, b: 0o17, c: .nan, d: ~}')
    expect(await jsonOfTable(table)).toEqual(['{"a":"yes","b":15,"c":null,"d":null}'])
    await expect(tableIn('t.yaml', '- {a: !!js/function x}')).rejects.toThrow(/tag/i)
  })

  it('that multiply by their anchors are refused', async () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) =>
        `- &a${i + 1} {${'abcdefghi'
          .split('')
          .map(key => `${key}: *a${i}`)
          .join(', ')}}`,
    )
    await expect(tableIn('t.yaml', `- &a0 {x: 1}\n${levels.join('\n')}`)).rejects.toMatchObject({
      code: 'invalid',
    })
  })
})

describe('JSON text', () => {
  it('of text is what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), texts => {
        const sink = new Sink()
        const ends = texts.map(text => {
          const bytes = Buffer.from(text.toWellFormed())
          writeUtf8(sink, bytes, 0, bytes.length)
          return sink.at - sink.extra
        })
        expect(sink.cut(ends, ends.length)).toEqual(
          texts.map(text => JSON.stringify(text.toWellFormed())),
        )
      }),
    )
  })

  it('of a float reads back as the same float, and shows that it is one', () => {
    const decimal = fc.integer({ min: -1e9, max: 1e9 }).map(n => n / 1000)
    fc.assert(
      fc.property(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), decimal), value => {
        const sink = new Sink()
        writeFloat(sink, value)
        const text = sink.bytes.toString('latin1', 0, sink.at)
        expect(text).toBe(floatText(value))
        expect(Object.is(JSON.parse(text), value)).toBe(true)
        expect(text).toMatch(/[.e]/)
      }),
    )
  })

  it('of a 64-bit integer is its digits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), value => {
        const sink = new Sink()
        const signed = value < 2n ** 63n
        writeInt64(sink, Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn), signed)
        expect(sink.bytes.toString('latin1', 0, sink.at)).toBe(String(value))
      }),
    )
  })
})
