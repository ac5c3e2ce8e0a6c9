import { expect, it } from 'vitest'
import { createQueue, openQueue } from '../../src/runtime/index.ts'
import { readResults } from '../../src/runtime/results/read.ts'

it('of two results of one task beside a queue the first counts, though its leases are fenced', async () => {
  const memory = await openQueue('memory:')
  const { results: _, ...driver } = memory.driver
  const queue = createQueue(driver)
  expect(queue.driver.traits.fenced).toBe(true)
  const items = ['a', 'b', 'a'].map((id, at) => ({ id, attempts: 1, record: String(at) }))
  const read = ({ after }: { readonly after?: string }) =>
    Promise.resolve(after === undefined ? { items, next: 'end' } : { items: [] })
  const repeats: string[] = []
  const found = await Array.fromAsync(
    readResults({ ...queue, results: { read } }, id => repeats.push(id)),
  )
  expect(found.map(({ id, text }) => [id, text])).toEqual([
    ['a', '0'],
    ['b', '1'],
  ])
  expect(repeats).toEqual(['a'])
  await queue.close()
})
