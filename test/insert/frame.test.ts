import { resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { encoderOf, range } from '../../src/runtime/insert/encoder.ts'
import { type Codec, codecOf } from '../../src/runtime/queue/codec.ts'
import { openTable, type Table } from '../../src/runtime/tables/index.ts'

const codecs = (['taskq', 'python'] as const).map(wire =>
  codecOf({ wire, url: 'q:/"row":0}}' }, () => ({ module: 'm', name: '_f' })),
)

/** The bodies of a table as they are written from its buffers, and joined text by text. */
async function bothWays(table: Table, codec: Codec) {
  const encoder = encoderOf(table, { code: 'c0de' }, codec)
  const compose = codec.composer({
    bigints: encoder.columns.filter(column => column.integers === 'bigint').map(({ name }) => name),
    meta: { table: table.name, fingerprint: encoder.fingerprint, code: 'c0de' },
  })
  const framed: string[] = []
  const joined: string[] = []
  for await (const batch of table.batches()) {
    const all = range(0, batch.length)
    const named = encoder.ids(batch, 0, batch.length)
    const odd = all.filter(at => at % 2 === 1)
    framed.push(...encoder.messages(batch, named, 0, odd).map(({ body }) => body))
    const texts = batch.json()
    joined.push(...odd.map(at => compose(texts[at] ?? '', `{"row":${batch.index(at)}}`)))
  }
  return { framed, joined }
}

test.each(['cells.feather', 'cells.parquet', 'cells.csv', 'cells.expected.ndjson'])(
  'the bodies written from %s are the ones that are joined, to the letter',
  async name => {
    const table = await openTable(resolve('test/fixtures/tables', name))
    onTestFinished(() => table.close())
    const wider = table.withColumn('cloud"päth', 'file:///ü"🧠').withColumn('two', '')
    for (const each of [table, wider, wider.filter(row => row['flag'] === true)]) {
      for (const codec of codecs) {
        const { framed, joined } = await bothWays(each, codec)
        expect(framed.length).toBeGreaterThan(100)
        expect(framed).toEqual(joined)
      }
    }
  },
)

test.each(codecs)('a frame is what a composed body has around its parameters', codec => {
  const surroundings = { bigints: ['a"'], meta: { table: 'ä{}"row":0}}', nested: { row: 1 } } }
  for (const each of [surroundings, {}]) {
    const { head, tail, end } = codec.frame(each)
    expect(`${head}{"a":1${tail}17${end}`).toBe(codec.composer(each)('{"a":1}', '{"row":17}'))
  }
})
