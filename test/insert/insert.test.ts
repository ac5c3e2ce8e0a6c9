import { describe, expect, test } from 'vitest'
import { insertTable } from '../../src/runtime/insert/insert.ts'
import { tableIn } from '../tables/reading.ts'
import { cells, finishAll, idsOf, queueIn, tasksOf } from './setting.ts'

describe('a row becomes a task', () => {
  test('named by the table and the place of the row, exact, with what it was made from', async () => {
    const queue = await queueIn()
    const table = await tableIn('cells.ndjson', cells(3))
    const report = await insertTable(queue, table, { code: 'c0de' })
    expect(report).toEqual({ rows: 3, total: 3, inserted: 3, present: 0, stopped: false })
    const [first, , last] = await tasksOf(queue)
    expect(first?.id).toBe('cells.ndjson:0')
    expect({ ...last?.params }).toEqual({
      root_id: 864691135494192531n,
      score: 2.5,
      name: 'cell 2',
    })
    expect(last?.meta).toEqual({
      table: 'cells.ndjson',
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
      code: 'c0de',
      row: 2,
    })
  })

  test('by its key columns when they are given', async () => {
    const queue = await queueIn()
    const table = await tableIn('a.csv', 'id,name,x\n9007199254740993,"a ""b""",1\n2,c,2\n')
    await insertTable(queue, table, { key: ['id', 'name'] })
    expect(await idsOf(queue)).toEqual(['9007199254740993:a "b"', '2:c'])
  })

  test('by the name that a task file gives it', async () => {
    const queue = await queueIn()
    const rows = [
      { task_id: 'one', data: { x: 1 } },
      { task_id: 'two', data: { x: 2 } },
    ]
    const table = await tableIn('tasks.json', JSON.stringify(rows))
    await insertTable(queue, table)
    expect(await idsOf(queue)).toEqual(['one', 'two'])
  })

  test('by its place before filtering', async () => {
    const queue = await queueIn()
    const table = await tableIn('cells.ndjson', cells(10))
    await insertTable(
      queue,
      table.filter((_, index) => index % 4 === 3),
    )
    expect(await idsOf(queue)).toEqual(['cells.ndjson:3', 'cells.ndjson:7'])
  })

  test('with only the columns that are asked for, to the digit', async () => {
    const queue = await queueIn()
    const text = '{"a":"}\\",","b":[1,{"c":"]"}],"d":864691135494192529,"e":1.0,"f":null}\n'
    const table = await tableIn('t.ndjson', text)
    await insertTable(queue, table, { columns: ['e', 'b', 'd'] })
    const { items } = await queue.tasks.list({ max: 1 })
    expect(items[0]?.body).toContain(
      '"params":{"b":[1,{"c":"]"}],"d":864691135494192529,"e":1.0},"bigint":["d"]',
    )
  })

  test('with its priority and delay', async () => {
    const queue = await queueIn()
    const table = await tableIn('cells.ndjson', cells(2))
    await insertTable(queue, table, { headers: { priority: 7, delaySeconds: 60 } })
    const { items } = await queue.tasks.list({ max: 9 })
    expect(items.map(({ state, headers }) => [state, headers.priority])).toEqual([
      ['delayed', 7],
      ['delayed', 7],
    ])
  })
})

describe('inserting again', () => {
  test('adds nothing, also when tasks are done', async () => {
    const queue = await queueIn()
    const table = await tableIn('cells.ndjson', cells(25_000))
    expect(await insertTable(queue, table)).toMatchObject({ inserted: 25_000, present: 0 })
    await finishAll(queue)
    const again = await insertTable(queue, table)
    expect(again).toMatchObject({ rows: 25_000, inserted: 0, present: 25_000 })
    expect(await queue.counts()).toMatchObject({ ready: 0, done: 25_000 })
  })

  test('adds what is missing, wherever it is', async () => {
    const queue = await queueIn()
    const table = await tableIn('cells.ndjson', cells(60_000))
    await insertTable(queue, table)
    const gone = [0, 5, 9_999, 10_000, 30_001, 44_444, 59_999].map(row => `cells.ndjson:${row}`)
    await queue.tasks.remove(gone)
    expect(await insertTable(queue, table)).toMatchObject({ inserted: 7, present: 59_993 })
    expect(new Set(await idsOf(queue)).size).toBe(60_000)
  })

  test('goes on after it was stopped', async () => {
    const queue = await queueIn()
    const table = await tableIn('cells.ndjson', cells(60_000))
    const stop = new AbortController()
    const first = await insertTable(queue, table, {
      signal: stop.signal,
      onProgress: ({ rows }) => rows >= 20_000 && stop.abort(),
    })
    expect(first.stopped).toBe(true)
    expect(first.inserted).toBeLessThan(60_000)
    expect((await queue.counts()).ready).toBe(first.inserted)
    const second = await insertTable(queue, table)
    expect(second.inserted).toBe(60_000 - first.inserted)
  })

  test('with "again" makes finished tasks anew and leaves the others as they are', async () => {
    const queue = await queueIn()
    const table = await tableIn('cells.ndjson', cells(5))
    await insertTable(queue, table)
    const leases = await queue.lease({ max: 3, seconds: 60, worker: { id: 'w' } })
    await queue.complete(leases.slice(0, 1))
    await queue.bury(leases.slice(1, 2).map(lease => ({ lease, reason: 'bad' })))
    const report = await insertTable(queue, table, { again: true })
    expect(report).toMatchObject({ inserted: 2, present: 3 })
    expect(await queue.counts()).toMatchObject({ ready: 4, leased: 1, done: 0, dead: 0 })
    expect(await queue.complete(leases.slice(2))).toEqual(['done'])
  })
})

describe('a changed table under the same name is refused', () => {
  test('when the row that is there differs', async () => {
    const queue = await queueIn()
    await insertTable(queue, await tableIn('t.csv', 'x,y\n1,a\n2,b\n'))
    const changed = await tableIn('t.csv', 'x,y\n1,a\n3,b\n4,c\n')
    await expect(insertTable(queue, changed)).rejects.toThrow(/"x" was 2 and is 3[\s\S]*--key/)
    expect((await queue.counts()).ready).toBe(2)
  })

  test('when the rows that are there are the same but the table is not', async () => {
    const queue = await queueIn()
    await insertTable(queue, await tableIn('t.csv', 'x,y\n1,a\n2,b\n'))
    const grown = await tableIn('t.csv', 'x,y\n1,a\n2,b\n4,c\n')
    await expect(insertTable(queue, grown)).rejects.toThrow(/the rest of the table/)
  })

  test('when only rows in the middle of it are there', async () => {
    const queue = await queueIn()
    const table = await tableIn('cells.ndjson', cells(60_000))
    await insertTable(queue, table)
    const changed = await tableIn('cells.ndjson', cells(60_000, 1))
    await expect(insertTable(queue, changed)).rejects.toThrow(/"root_id" was/)
  })

  test('but a table with a key may grow', async () => {
    const queue = await queueIn()
    await insertTable(queue, await tableIn('t.csv', 'x,y\n1,a\n2,b\n'), { key: ['x'] })
    const grown = await tableIn('t.csv', 'x,y\n0,z\n1,a\n2,b\n')
    expect(await insertTable(queue, grown, { key: ['x'] })).toMatchObject({
      inserted: 1,
      present: 2,
    })
  })

  test('but "again" takes it where the task of before is finished', async () => {
    const queue = await queueIn()
    await insertTable(queue, await tableIn('t.csv', 'x,y\n1,a\n'))
    const changed = await tableIn('t.csv', 'x,y\n3,a\n')
    await expect(insertTable(queue, changed, { again: true })).rejects.toThrow(/"x" was 1/)
    await finishAll(queue)
    expect(await insertTable(queue, changed, { again: true })).toMatchObject({ inserted: 1 })
    expect((await tasksOf(queue))[0]?.params['x']).toBe(3)
  })
})
