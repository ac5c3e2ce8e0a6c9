import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import { openQueue, systemClock } from '../../src/runtime/index.ts'

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'taskq-pulse-'))
  onTestFinished(() => rm(made, { recursive: true, force: true }))
  return made
}

/** A queue of eight tasks whose time stands until it is moved. */
async function timed() {
  let moved = 0
  const began = Math.ceil(systemClock.monotonic() / 1000) * 1000
  const clock = { ...systemClock, now: () => 1e12 + moved, monotonic: () => began + moved }
  const queue = await openQueue(`sqlite:${join(await folder(), 'queue.db')}`, { clock })
  onTestFinished(() => queue.close())
  await queue.insert(Array.from({ length: 8 }, (_, at) => ({ id: `t${at}`, params: {} })))
  const lease = (max: number) => queue.lease({ max, seconds: 9000, worker: { id: 'w' } })
  const pass = (seconds: number) => {
    moved += seconds * 1000
  }
  const lately = (seconds: number) => queue.driver.finishedLately?.(seconds)
  return { queue, lease, pass, lately }
}

it('tells how many tasks were done or died, and since when that counts', async () => {
  const { queue, lease, pass, lately } = await timed()
  expect(await lately(60)).toEqual({ finished: 0, seconds: 60 })
  await queue.complete(await lease(3))
  expect(await lately(60)).toEqual({ finished: 3, seconds: 1 })
  pass(10)
  const [one] = await lease(1)
  if (one === undefined) throw new Error('nothing to lease')
  await queue.bury([{ lease: one, reason: 'gave up' }])
  await queue.tasks.bury([{ id: 't7', reason: 'cancelled' }])
  expect(await lately(60)).toEqual({ finished: 5, seconds: 10 })
  expect(await lately(5)).toEqual({ finished: 2, seconds: 1 })
  pass(60)
  expect(await lately(60)).toEqual({ finished: 2, seconds: 60 })
  pass(1)
  expect(await lately(60)).toEqual({ finished: 0, seconds: 60 })
})

it('what is released, revived or dead already does not count, and a purge forgets', async () => {
  const { queue, lease, lately } = await timed()
  await queue.release(await lease(2))
  await queue.tasks.bury([{ id: 't0', reason: 'cancelled' }])
  await queue.tasks.bury([{ id: 't0', reason: 'cancelled again' }])
  await queue.tasks.revive(['t0'], 'dead')
  expect(await lately(60)).toMatchObject({ finished: 1 })
  await queue.purge()
  expect(await lately(60)).toMatchObject({ finished: 0 })
})

it('a file of the first version gets its pulse when it is opened', async () => {
  const path = join(await folder(), 'queue.db')
  await (await openQueue(`sqlite:${path}`)).close()
  const db = new DatabaseSync(path)
  db.exec('drop table pulse; drop table note; pragma user_version = 1')
  db.close()
  const queue = await openQueue(`sqlite:${path}`, { create: false })
  expect(await queue.driver.finishedLately?.(60)).toEqual({ finished: 0, seconds: 60 })
  await queue.close()
})
