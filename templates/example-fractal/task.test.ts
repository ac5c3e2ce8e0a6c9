import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tryTask } from 'taskq-runtime'
import type { Params, Tile } from './task.ts'
import { depth, points } from './tile.ts'

test('a tile inside the set never escapes', async () => {
  const tile = await resultOf({ column: 3, line: 4, left: -0.1, top: 0.1, side: 0.01 })
  assert.deepEqual([tile.column, tile.line, tile.mean], [3, 4, depth])
})

test('a tile far outside escapes at once, every point of it', async () => {
  const tile = await resultOf({ column: 0, line: 0, left: 5, top: 5, side: 0.01 })
  assert.equal(tile.mean, 0)
  assert.equal(Buffer.from(tile.points, 'base64').length, 2 * points * points)
})

/** Runs a row here as a worker would, so that breakpoints in task.ts work. */
async function resultOf(params: Params): Promise<Tile> {
  const row = { id: 'one', params: { ...params } }
  const { failure, value } = await tryTask({ task: 'task.ts', row })
  assert.equal(failure, undefined)
  return value as unknown as Tile
}
