import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createQueue, openDriver } from '../../src/runtime/index.ts'
import { insertTable } from '../../src/runtime/insert/insert.ts'
import type { StandardSchema } from '../../src/runtime/insert/standard-schema.ts'
import { tableIn } from '../tables/reading.ts'
import { cells, queueIn } from './setting.ts'

const nothing = { ready: 0, delayed: 0, leased: 0, done: 0, dead: 0 }

async function refused(name: string, text: string, options = {}): Promise<string> {
  const queue = await queueIn()
  const table = await tableIn(name, text)
  const error = await insertTable(queue, table, options).catch((thrown: unknown) => thrown)
  expect(await queue.counts()).toEqual(nothing)
  expect(error).toMatchObject({ name: 'TaskqError', code: 'invalid' })
  return (error as Error).message
}

describe('nothing is inserted from a table', () => {
  test('in which two rows have one key, far apart', async () => {
    const rows = `${cells(30_000)}${cells(1, 5)}`
    const message = await refused('cells.ndjson', rows, { key: ['root_id'] })
    expect(message).toContain('rows 6 and 30001 make the same task id "864691135494192534"')
  })

  test('in which two keys are joined to one', async () => {
    expect(await refused('t.csv', 'a,b\nx:y,z\nx,y:z\n', { key: ['a', 'b'] })).toContain(
      'rows 1 and 2',
    )
  })

  test('in which a task file names two tasks alike', async () => {
    const tasks = ['one', 'two', 'one'].map(task_id => ({ task_id, data: { x: 1 } }))
    expect(await refused('tasks.json', JSON.stringify(tasks))).toContain('rows 1 and 3')
  })

  test.each([
    ['a,b\n1,x\n,y\n', ['a'], /column "a", row 2: it is empty/],
    ['a,b\n1,"x\ty"\n', ['b'], /row 1: A task's id is text without control characters/],
    [`a\n${'x'.repeat(600)}\n`, ['a'], /row 1: A task's id has 1 to 512 bytes/],
    ['a\n0.5\n', ['a'], /"a" is .*which makes no key/],
    ['a,b\n1,2\n', ['c'], /no column "c".*a, b/],
    ['a,b\n1,2\n', ['a', 'a'], /"a" twice/],
  ] as const)('whose key is none: %j by %j', async (text, key, message) => {
    expect(await refused('t.csv', text, { key })).toMatch(message)
  })

  test('of which a later row is larger than the queue takes', async () => {
    const driver = await openDriver('memory:')
    const queue = createQueue({ ...driver, limits: { ...driver.limits, bodyBytes: 300 } })
    const table = await tableIn('t.csv', `x\nshort\n${'é'.repeat(150)}\n`)
    await expect(insertTable(queue, table)).rejects.toThrow(
      /^t\.csv, row 2: it makes a task of 4\d\d bytes, and memory: takes at most 300; nothing/,
    )
    expect(await queue.counts()).toEqual(nothing)
    const fits = await tableIn('t.csv', `x,y\n1,${'é'.repeat(150)}\n`)
    expect(await insertTable(queue, fits, { columns: ['x'] })).toMatchObject({ inserted: 1 })
  })
})

describe('a schema', () => {
  const schema = z.object({ root_id: z.bigint(), score: z.number().max(9.5), name: z.string() })

  test('lets through what is valid', async () => {
    const queue = await queueIn()
    const table = await tableIn('cells.ndjson', cells(10))
    expect(await insertTable(queue, table, { schema })).toMatchObject({ inserted: 10 })
  })

  test('refuses the table by row numbers, twenty of them and a count of the rest', async () => {
    const message = await refused('cells.ndjson', cells(40), { schema })
    expect(message).toContain('cells.ndjson: 30 rows are not as the schema in task.ts has it')
    expect(message).toMatch(/\n {2}row 11: score: /)
    expect(message).toMatch(/\n {2}row 30: score: .*\n {2}and 10 more$/)
    expect(message).not.toContain('row 31')
  })

  test('sees the columns that reach the task', async () => {
    const message = await refused('cells.ndjson', cells(1), { schema, columns: ['root_id'] })
    expect(message).toMatch(/row 1: score: .*; name: /)
  })

  const faulty: readonly (readonly [string, () => unknown, RegExp])[] = [
    [
      'throws',
      () => Promise.reject(new Error('bad schema')),
      /The schema failed; nothing was inserted[\s\S]*bad schema/,
    ],
    ['answers nothing of use', () => 5, /it answered number/],
  ]
  test.each(faulty)('that %s is refused', async (_, validate, message) => {
    const schema = { '~standard': { version: 1, vendor: 'test', validate } } as StandardSchema
    expect(await refused('cells.ndjson', cells(1), { schema })).toMatch(message)
  })

  test('may answer later', async () => {
    const slow: StandardSchema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: async row => {
          await Promise.resolve()
          const { score } = row as { score: number }
          return score === 70.5
            ? { issues: [{ message: 'not this one', path: [{ key: 'score' }] }] }
            : {}
        },
      },
    }
    expect(await refused('cells.ndjson', cells(100), { schema: slow })).toMatch(
      /1 row is not.*\n {2}row 71: score: not this one$/,
    )
  })
})
