import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tryTask } from 'taskq-runtime'
import type { Estimate, Params } from './task.ts'

test('many darts give an estimate near pi', async () => {
  const { pi } = await resultOf({ seed: 1, darts: 200_000 })
  assert.ok(Math.abs(pi - Math.PI) < 0.01, `${pi} is not near pi`)
})

test('the same seed gives the same estimate, and another one another', async () => {
  const row = { seed: 7, darts: 10_000 }
  assert.deepEqual(await resultOf(row), await resultOf(row))
  assert.notDeepEqual(await resultOf(row), await resultOf({ ...row, seed: 8 }))
})

/** Runs a row here as a worker would, so that breakpoints in task.ts work. */
async function resultOf(params: Params): Promise<Estimate> {
  const { failure, value } = await tryTask({
    task: 'task.ts',
    row: { id: 'one', params: { ...params } },
  })
  assert.equal(failure, undefined)
  return value as unknown as Estimate
}
