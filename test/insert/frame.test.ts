import { resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { encoderOf, range } from '../../src/runtime/insert/encoder.ts'
import { bodyComposer, bodyFrame } from '../../src/runtime/queue/envelope.ts'
import { openTable, type Table } from '../../src/runtime/tables/index.ts'

/** The bodies of a table as they are written from its buffers, and joined text by text. */
async function bothWays(table: Table) {
  const encoder = encoderOf(table, { code: 'c0de' })
  const compose = bodyComposer({
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
      const { framed, joined } = await bothWays(each)
      expect(framed.length).toBeGreaterThan(100)
      expect(framed).toEqual(joined)
    }
  },
)

test('a frame is what a composed body has around its parameters', () => {
  const surroundings = { bigints: ['a"'], meta: { table: 'ä{}"row":0}}', nested: { row: 1 } } }
  const { head, tail, end } = bodyFrame(surroundings)
  const body = bodyComposer(surroundings)('{"a":1}', '{"row":17}')
  expect(`${head}{"a":1${tail}17${end}`).toBe(body)
  const bare = bodyFrame({})
  expect(`${bare.head}{"a":1${bare.tail}17${bare.end}`).toBe(
    bodyComposer({})('{"a":1}', '{"row":17}'),
  )
})
