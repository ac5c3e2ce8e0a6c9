import { describe, expect, it } from 'vitest'
import { openDriver } from '../../src/runtime/queue/open.ts'
import { ManualClock } from '../../src/runtime/testing/index.ts'
import { turnOfTheLoop } from '../support/turns.ts'

const worker = { id: 'w' }

async function openTimed() {
  const clock = new ManualClock()
  const driver = await openDriver('memory:', { clock })
  const lease = async (max = 10, waitSeconds = 0, seconds = 60) => {
    const leases = await driver.lease({ max, seconds, waitSeconds, worker })
    return leases.map(({ id }) => id)
  }
  const insert = (id: string, delaySeconds = 0) =>
    driver.insert([{ id, body: '{}', headers: { delaySeconds } }])
  return { clock, lease, insert }
}

describe('a lease of a memory queue that waits', () => {
  it('has the task of another at the moment its lease ends, of the one that ends first', async () => {
    const { clock, lease, insert } = await openTimed()
    await insert('long')
    await insert('short')
    expect(await lease(1, 0, 30)).toEqual(['long'])
    expect(await lease(1, 0, 5)).toEqual(['short'])
    const waiting = lease(1, 60)
    await turnOfTheLoop()
    clock.advance(4.999)
    await turnOfTheLoop()
    clock.advance(0.001)
    expect(await waiting).toEqual(['short'])
  })

  it('comes back with nothing at the moment its wait is over', async () => {
    const { clock, lease } = await openTimed()
    let isOver = false
    const waiting = lease(1, 10).then(ids => {
      isOver = true
      return ids
    })
    await turnOfTheLoop()
    clock.advance(9.999)
    await turnOfTheLoop()
    expect(isOver).toBe(false)
    clock.advance(0.001)
    await turnOfTheLoop()
    expect(isOver).toBe(true)
    expect(await waiting).toEqual([])
  })

  it('has a delayed task when its time has come', async () => {
    const { clock, lease, insert } = await openTimed()
    await insert('held')
    await insert('later', 7)
    expect(await lease(1, 0, 30)).toEqual(['held'])
    const waiting = lease(1, 60)
    await turnOfTheLoop()
    clock.advance(7)
    expect(await waiting).toEqual(['later'])
  })
})

describe('delayed tasks of a memory queue', () => {
  it('come each in its time, whichever was inserted first', async () => {
    const { clock, lease, insert } = await openTimed()
    for (const [id, delay] of [
      ['c', 3],
      ['a', 1],
      ['d', 4],
      ['b', 2],
    ] as const)
      await insert(id, delay)
    const come: string[][] = []
    for (let second = 1; second <= 4; second += 1) {
      clock.advance(1)
      come.push(await lease())
    }
    expect(come).toEqual([['a'], ['b'], ['c'], ['d']])
  })
})
