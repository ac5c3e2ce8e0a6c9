import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { insertTable } from '../../src/runtime/insert/index.ts'
import { inFormat, type ResultFormat } from '../../src/runtime/results/formats.ts'
import { headersOf } from '../../src/runtime/results/headers.ts'
import type { ResultRow } from '../../src/runtime/results/rows.ts'
import { writeFileWhole } from '../../src/runtime/results/write-out.ts'
import { openTable, type Table } from '../../src/runtime/tables/index.ts'
import { type Bench, openBench } from '../worker/bench.ts'
import { csvOf, linesOf, openIo, results } from './reading.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.dispose())

const value = (given: unknown) => ({ does: 'value', value: given as never })
const inFolder = (name: string) => join(bench.folder, name)

/** Inserts the rows of a table file and runs them. */
async function runRows(name: string, text: string): Promise<string> {
  const path = inFolder(name)
  await writeFile(path, text)
  const table = await openTable(path)
  await insertTable(bench.queue, table)
  await table.close()
  await bench.work({ TQ_CONCURRENCY: '1' })
  return path
}

/** What a file holds, by our own reader. */
async function read(
  path: string,
): Promise<{ rows: Awaited<ReturnType<Table['toArray']>>; types: object }> {
  const table = await openTable(path)
  const types = Object.fromEntries(table.columns.map(({ name, type }) => [name, type]))
  const rows = await table.toArray()
  await table.close()
  return { rows, types }
}

describe('CSV', () => {
  it('has a column for every property of the values, quoted and defused', async () => {
    await bench.insert([
      value({ a: 1, text: 'say "hi", bye' }),
      value({ b: '=cmd()', a: -2, id: 'own' }),
      value({ deep: { x: [1] }, text: ' padded ' }),
      value('alone'),
    ])
    await bench.work({ TQ_CONCURRENCY: '1' })
    const out = inFolder('results.csv')
    expect((await results(bench, { out })).code).toBe(0)
    const rows = await csvOf(out)
    expect(rows[0]).toBe(
      'id,a,text,b,value.id,deep,value,status,attempt,seconds,startedAt,endedAt,worker,host',
    )
    expect(rows[1]).toMatch(/^t0,1,"say ""hi"", bye",,,,,done,1,/)
    expect(rows[2]).toMatch(/^t1,-2,,'=cmd\(\),own,,,done,1,/)
    expect(rows[3]).toMatch(/^t2,," padded ",,,"{""x"":\[1\]}",,done,1,/)
    expect(rows[4]).toMatch(/^t3,,,,,,alone,done,1,/)
  })
})

describe.each(['parquet', 'feather'])('%s', format => {
  it('keeps every value exactly, each column of one type', async () => {
    await bench.insert([
      value({
        id: 2n ** 63n - 1n,
        u: 2n ** 63n,
        wide: 2n ** 70n,
        f: 1.5,
        ok: true,
        mix: 1,
        s: 'ä"',
      }),
      value({
        id: -(2n ** 63n),
        u: 7,
        wide: 1,
        f: 2,
        ok: null,
        mix: 'a',
        s: '',
        list: [2n ** 60n, { a: 1 }],
      }),
      { does: 'nothing' },
    ])
    await bench.work({ TQ_CONCURRENCY: '1' })
    const out = inFolder(`results.${format}`)
    expect((await results(bench, { out })).code).toBe(0)
    const { rows, types } = await read(out)
    expect(types).toMatchObject({
      ...{ 'value.id': 'int64', u: 'uint64', f: 'float64' },
      ...{ startedAt: 'timestamp[ms, UTC]', attempt: 'int64' },
    })
    expect(rows).toHaveLength(3)
    expect(rows[0]).toMatchObject({
      ...{ id: 't0', 'value.id': 9223372036854775807n, u: 9223372036854775808n, f: 1.5, ok: true },
      ...{ wide: '1180591620717411303424', mix: '1', s: 'ä"', list: null, status: 'done' },
      startedAt: expect.stringMatching(/^2\d{3}-\d\d-\d\dT/),
    })
    expect(rows[1]).toMatchObject({
      ...{ 'value.id': -9223372036854775808n, u: 7n, f: 2, ok: null, mix: '"a"', s: '' },
      ...{ wide: '1', list: '[1152921504606846976,{"a":1}]' },
    })
    expect(rows[2]).toMatchObject({ id: 't2', 'value.id': null, s: null, ok: null })
  })

  it('of more properties than a file has columns is refused, with the format that takes them', async () => {
    const properties = (from: number) =>
      Object.fromEntries(Array.from({ length: 6000 }, (_, at) => [`p${from + at}`, 1]))
    await bench.insert([value(properties(0)), value(properties(6000))])
    await bench.work({ TQ_CONCURRENCY: '1' })
    const { code, said } = await results(bench, { out: inFolder(`results.${format}`) })
    expect(code).toBe(-1)
    expect(said).toMatch(/more than 10000 different properties.*--format ndjson/)
  })

  it('of a queue without results has the columns that stand beside them, and no rows', async () => {
    await bench.insert([value(1)])
    const out = inFolder(`results.${format}`)
    expect((await results(bench, { out })).code).toBe(66)
    const { rows, types } = await read(out)
    expect(rows).toEqual([])
    expect(Object.keys(types)).toEqual([
      ...['id', 'status', 'attempt', 'seconds', 'startedAt', 'endedAt', 'worker', 'host'],
    ])
  })

  it('is written piece by piece however many rows there are', async () => {
    const count = 70_000
    const rows = async function* (): AsyncGenerator<ResultRow> {
      for (let n = 0; n < count; n += 1) yield { id: `t${n}`, status: 'done', value: n, facts: {} }
    }
    const pieces = inFormat(
      format as ResultFormat,
      { look: rows, write: rows },
      { params: false, facts: [] },
    )
    const out = inFolder(`results.${format}`)
    await writeFileWhole(out, pieces, openIo().io)
    const table = await openTable(out)
    let read = 0
    let batches = 0
    for await (const batch of table.batches()) {
      const { id, value: n } = batch.row(batch.length - 1)
      read += batch.length
      batches += 1
      expect([id, n]).toEqual([`t${read - 1}`, read - 1])
    }
    await table.close()
    expect([read, batches > 1]).toEqual([count, true])
  })
})

describe('joined to the rows', () => {
  const text = [
    '{"does":"value","key":864691135494192529,"score":1.0,"value":{"key":1,"twice":2}}',
    '{"does":"giveUp","key":5,"score":0.5,"value":null}',
    '{"does":"value","key":6,"score":2.0,"value":{"key":3,"twice":4}}',
  ].join('\n')

  it('the parameters that the queue keeps stand beside the results, floats as floats', async () => {
    await runRows('cells.ndjson', text)
    const { out } = await results(bench, { join: true })
    expect(out).toContain('"params":{"does":"value","key":864691135494192529,"score":1.0,')
    const file = inFolder('joined.csv')
    await results(bench, { join: true, out: file })
    const [head, first] = await csvOf(file)
    expect(head).toMatch(/^id,does,key,score,params\.value,value\.key,twice,status,/)
    expect(first).toMatch(
      /^cells\.ndjson:0,value,864691135494192529,1\.0,"{""key"":1,""twice"":2}",1,2,done,/,
    )
  })

  it('one row out for every row of a table, in its order, with its types', async () => {
    const table = await runRows('cells.ndjson', text)
    const out = inFolder('joined.parquet')
    const { code, said } = await results(bench, { join: true, table, out })
    expect(code).toBe(66)
    expect(said).toMatch(/^2 results of 3 tasks\.\n1 dead: cells\.ndjson:1 /)
    const found = await read(out)
    expect(found.types).toMatchObject({ key: 'int64', score: 'float64', 'value.key': 'int64' })
    expect(
      found.rows.map(row => [row['id'], row['key'], row['score'], row['status'], row['twice']]),
    ).toEqual([
      ['cells.ndjson:0', 864691135494192529n, 1, 'done', 2],
      ['cells.ndjson:1', 5n, 0.5, 'dead', null],
      ['cells.ndjson:2', 6n, 2, 'done', 4],
    ])
    expect(found.rows[1]?.['reason']).toBe('gave up: no such cell')
  })

  it('a row that never reached the queue has the status absent', async () => {
    const table = await runRows('cells.ndjson', text)
    await writeFile(table, `${text}\n{"does":"value","key":7,"score":1.5,"value":null}`)
    const { code, said, out } = await results(bench, { join: true, table })
    expect(code).toBe(66)
    expect(said).toMatch(/1 not in the queue: cells\.ndjson:3 \(insert the table/)
    expect(linesOf(out).map(({ status }) => status)).toEqual(['done', 'dead', 'done', 'absent'])
  })

  it('a table alone says which rows must have a result, by the key they were named with', async () => {
    const path = inFolder('cells.ndjson')
    await writeFile(path, text)
    const table = await openTable(path)
    await insertTable(bench.queue, table, { key: ['key'] })
    await table.close()
    await bench.work()
    const { said, out } = await results(bench, { table: path, key: ['key'] })
    expect(said).toMatch(/^2 results of 3 tasks\.\n1 dead: 5 /)
    expect(linesOf(out)).toHaveLength(2)
    const other = await results(bench, { table: path })
    expect(other.said).toMatch(/^0 results of 3 tasks\.\n3 not in the queue: cells\.ndjson:0, /)
  })

  it('times of the table stay times', async () => {
    const table = 'test/fixtures/tables/cells.feather'
    const out = inFolder('joined.feather')
    await results(bench, { join: true, table, out })
    const { types, rows } = await read(out)
    expect(types).toMatchObject({ root_id: 'uint64', segment: 'int64', when: 'timestamp[us, UTC]' })
    expect(rows).toHaveLength(500)
    expect(rows[0]).toMatchObject({ when: '2026-01-06T01:24:29Z', status: 'absent' })
  })
})

it('names that clash say where they come from, until each column has its own', () => {
  const headers = headersOf({
    params: ['id', 'cell', 'params.id'],
    values: ['cell', 'value.cell', 'status', 'free', 'value'],
    facts: ['status'],
  })
  expect(['id', 'cell', 'params.id'].map(headers.param)).toEqual([
    ...['params.params.id', 'cell', 'params.id'],
  ])
  expect(['cell', 'value.cell', 'status', 'free', 'value'].map(headers.value)).toEqual([
    ...['value.value.cell', 'value.cell', 'value.status', 'free', 'value.value'],
  ])
})
