import { expect, it } from 'vitest'
import { Spool } from '../../src/runtime/watching/spool.ts'

function spool(write: (items: readonly string[]) => Promise<void>, mostBytes = 100) {
  const lost: [number, string][] = []
  const onLost = (count: number, why: string) => lost.push([count, why])
  return {
    lost,
    spool: new Spool<string>({ write, bytesOf: item => item.length, onLost, mostBytes }),
  }
}

it('what is added comes out in order, many at a time', async () => {
  const written: (readonly string[])[] = []
  const { spool: it, lost } = spool(items => Promise.resolve(void written.push(items)))
  for (const item of ['a', 'b', 'c']) it.add(item)
  await it.close()
  expect({ written, lost }).toEqual({ written: [['a', 'b', 'c']], lost: [] })
})

it('what there is no room for is lost, counted and told, and nobody waits', async () => {
  const written: string[] = []
  const { spool: it, lost } = spool(items => Promise.resolve(void written.push(...items)))
  for (let at = 0; at < 15; at += 1) it.add('ten bytes.')
  expect(written).toEqual([])
  await it.close()
  expect(written).toHaveLength(10)
  // At once when it begins, the rest at the end.
  const why = 'they came faster than they could be written'
  expect(lost).toEqual([
    [1, why],
    [4, why],
  ])
})

it('what cannot be written is lost, and what comes later is written again', async () => {
  const written: string[] = []
  let isFull = true
  const { spool: it, lost } = spool(items =>
    isFull ? Promise.reject(new Error('ENOSPC')) : Promise.resolve(void written.push(...items)),
  )
  it.add('a')
  it.add('b')
  await it.close()
  expect(lost).toEqual([[2, 'ENOSPC']])
  isFull = false
  it.add('c')
  await it.close()
  expect(written).toEqual(['c'])
})
