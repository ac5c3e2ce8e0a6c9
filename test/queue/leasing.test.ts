import { describe, expect, it } from 'vitest'
import { createQueue, type LeaseRequest, type Limits } from '../../src/runtime/index.ts'
import { leaseAll } from '../../src/runtime/queue/leasing.ts'
import { openPlain } from './plain-driver.ts'

/** A queue with so many tasks on a driver of such limits, and what the driver is asked. */
async function openAsked(count: number, limits: Partial<Limits>) {
  const { driver, clock } = await openPlain({ limits })
  const queue = createQueue(driver)
  const insert = (many: number) =>
    queue.insert(Array.from({ length: many }, (_, at) => ({ id: `t${at}`, params: {} })))
  await insert(count)
  const asked: { readonly max: number; readonly waitSeconds: number | undefined }[] = []
  const asking = {
    ...driver,
    lease: (request: LeaseRequest) => {
      asked.push({ max: request.max, waitSeconds: request.waitSeconds })
      return driver.lease(request)
    },
  }
  const lease = (max: number, waitSeconds?: number) =>
    leaseAll(
      asking,
      { max, seconds: 60, worker: { id: 'w' }, ...(waitSeconds !== undefined && { waitSeconds }) },
      clock,
    )
  return { lease, asked, clock, insert }
}

const maxOf = ({ max }: { readonly max: number }) => max

describe('a lease of many tasks', () => {
  it('never asks for more than is still wanted', async () => {
    const { lease, asked } = await openAsked(40, { batch: 10 })
    expect(await lease(25)).toHaveLength(25)
    expect(asked.map(maxOf)).toEqual([10, 10, 5])
  })

  it('asks no further once a piece has come back short', async () => {
    const { lease, asked } = await openAsked(15, { batch: 10 })
    expect(await lease(40)).toHaveLength(15)
    expect(asked.map(maxOf)).toEqual([10, 10])
  })

  it('waits for its first piece alone', async () => {
    const { lease, asked } = await openAsked(25, { batch: 10, waitSeconds: 20 })
    expect(await lease(40, 7)).toHaveLength(25)
    expect(asked.map(({ waitSeconds }) => waitSeconds)).toEqual([7, 0, 0])
  })
})

describe('a lease of an empty queue', () => {
  it('looks once where it is not to wait', async () => {
    const { lease, asked } = await openAsked(0, { waitSeconds: 0 })
    expect(await lease(1)).toEqual([])
    expect(asked).toHaveLength(1)
  })

  it('looks five times a second where the store cannot wait, and once more at the end', async () => {
    const { lease, asked, clock } = await openAsked(0, { waitSeconds: 0 })
    const waiting = lease(1, 0.5)
    await clock.pass(0.199)
    expect(asked).toHaveLength(1)
    await clock.pass(0.001)
    expect(asked).toHaveLength(2)
    await clock.pass(0.2)
    expect(asked).toHaveLength(3)
    await clock.pass(0.1)
    expect(await waiting).toEqual([])
    expect(asked).toHaveLength(4)
  })

  it('goes on to its last moment', async () => {
    const { lease, clock, insert } = await openAsked(0, { waitSeconds: 0 })
    const waiting = lease(1, 0.2005)
    await clock.pass(0.2)
    await insert(1)
    await clock.pass(0.0005)
    expect(await waiting).toHaveLength(1)
  })
})
