import { spawnSync } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished, type TestContext } from 'vitest'
import { openDriver } from '../../src/runtime/queue/open.ts'
import { without } from '../support/need.ts'
import { scratch } from './bench.ts'
import { message } from './message.ts'

it('a task whose outcome found the disk full stays with its holder, who can finish it later', async context => {
  const disk = await smallDisk(context)
  const driver = await openDriver(`fq://${disk}/q`)
  onTestFinished(() => driver.close())
  const ids = Array.from({ length: 20 }, (_, at) => `task-${at}`)
  await driver.insert(ids.map((id, at) => ({ id, body: message(at) })))
  const leases = await driver.lease({ max: 20, seconds: 300, worker: { id: 'w' } })
  await writeFile(join(disk, 'ballast'), Buffer.alloc(2 ** 22)).catch(() => {})
  const settlements = leases.map(lease => ({ ...lease, record: 'x'.repeat(10_000) }))
  await expect(driver.results?.settle(settlements)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/full/),
  })
  expect(await driver.lease({ max: 20, seconds: 300, worker: { id: 'v' } })).toEqual([])
  await rm(join(disk, 'ballast'))
  expect(await driver.results?.settle(settlements)).toEqual(leases.map(() => 'done'))
  expect(await driver.counts()).toMatchObject({ ready: 0, leased: 0, done: 20, dead: 0 })
  const page = await driver.results?.read({ max: 100 })
  expect(page?.items.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
})

/** A file system of two megabytes, which only root can mount. */
async function smallDisk(context: TestContext): Promise<string> {
  const disk = join(await scratch(), 'disk')
  await mkdir(disk)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk])
  if (mounted.status !== 0) without(context, 'only root can mount a small disk')
  onTestFinished(() => void spawnSync('umount', [disk]))
  return disk
}
