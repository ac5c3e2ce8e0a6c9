import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { readResults } from '../../src/runtime/results/read.ts'
import { runTable } from '../../src/runtime/worker/run-table.ts'
import { readSettings } from '../../src/runtime/worker/settings.ts'
import { tryTask } from '../../src/runtime/worker/try.ts'
import { wild } from './bench.ts'

it('one row is tried in this process, with the value as it would be recorded', async () => {
  const logged: string[] = []
  const trial = await tryTask({
    task: wild,
    row: { id: 'x', params: { does: 'log' } },
    onLog: message => logged.push(message),
  })
  expect(trial).toMatchObject({ outcome: 'done', value: 1 })
  expect(logged).toEqual(['half way'])
  const big = await tryTask({ task: wild, row: { id: 'x', params: { does: 'big' } } })
  expect(big.value).toBe(864691135494192529n)
})

it('a row that fails says how, with the stack', async () => {
  const trial = await tryTask({ task: wild, row: { id: 'x', params: { does: 'throw' } } })
  expect(trial).toMatchObject({
    outcome: 'exception',
    failure: { reason: 'Error: it was too much', stack: expect.stringContaining('wild.ts') },
  })
  expect(await tryTask({ task: wild, row: { id: 'x', params: { does: 'giveUp' } } })).toMatchObject(
    {
      outcome: 'give-up',
      failure: { reason: 'no such cell' },
    },
  )
})

it.each([
  ['function', /value\.a\[3\]\.b is a function; pass what it returns/],
  ['nan', /value\.x is NaN, which is no number in JSON; pass null or text/],
  ['date', /value is a Date; pass its \.toISOString\(\)/],
  ['bytes', /value\.all is a typed array; pass Array\.from\(array\)/],
  ['hole', /value\[0\] is undefined; pass null/],
  ['set', /value\["a b"\] is a Set; pass the array/],
  ['promise', /value\.later is a Promise; pass what it resolves to/],
  ['long', /value.* makes the JSON text too long; store it elsewhere/],
])('a result that holds a %s is given up, by its place', async (kind, says) => {
  const row = { id: 'x', params: { does: 'strange', kind } }
  const { outcome, failure } = await tryTask({ task: wild, row })
  expect(outcome).toBe('give-up')
  expect(failure?.reason).toMatch(/^the result cannot be kept: /)
  expect(failure?.reason).toMatch(says)
})

it('a property that is undefined is left out, and integers of any size are kept', async () => {
  const row = { id: 'x', params: { does: 'value', value: { a: 2n ** 100n, b: -0 } } }
  expect((await tryTask({ task: wild, row })).value).toEqual({ a: 2n ** 100n, b: -0 })
})

it('a table is run without a queue of its own and leaves nothing behind', async () => {
  const left = async () => (await readdir(tmpdir())).filter(name => name.startsWith('taskq-run-'))
  const before = await left()
  function* tasks() {
    for (let at = 0; at < 300; at += 1) yield { id: `t${at}`, params: { does: 'value', value: at } }
    yield { id: 'bad', params: { does: 'giveUp' } }
  }
  const settings = readSettings([{ values: { TQ_CONCURRENCY: '2' }, place: () => 'the test' }])
  const ids = await runTable({ tasks: tasks(), task: wild, settings }, async (queue, summary) => {
    expect(summary).toMatchObject({ end: 'drained', done: 300, dead: 1 })
    return (await Array.fromAsync(readResults(queue))).map(({ id }) => id)
  })
  expect(new Set(ids).size).toBe(300)
  expect(await left()).toEqual(before)
})
