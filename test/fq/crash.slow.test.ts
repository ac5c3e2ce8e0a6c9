import { spawnSync } from 'node:child_process'
import { lutimesSync, readdirSync } from 'node:fs'
import { cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import type { Driver } from '../../src/runtime/queue/driver.ts'
import { openDriver } from '../../src/runtime/queue/open.ts'
import { ManualClock } from '../../src/runtime/testing/index.ts'
import { expectFitForPython, scratch, weakDisk } from './bench.ts'
import { message } from './message.ts'

const actor = fileURLToPath(new URL('actor.ts', import.meta.url))
const ids = ['a', 'b', 'c', 'd', 'e']

it('killed before whichever change of the folder, nothing that was answered is lost and nothing is done twice', async context => {
  const library = await weakDisk(context)
  const fresh = join(await scratch(), 'q')
  await (await openDriver(`fq://${fresh}?durable=false`)).close()
  let killed = 0
  for (let at = 1; ; at += 1) {
    const path = join(await scratch(), 'q')
    await cp(fresh, path, { recursive: true })
    const run = spawnSync(process.execPath, [actor, `fq://${path}?durable=false`, 'live'], {
      env: { ...process.env, LD_PRELOAD: library, KILL_ROOT: path, KILL_AT: String(at) },
    })
    expect(String(run.stderr)).toBe('')
    if (run.signal !== 'SIGKILL') break
    killed += 1
    await expectWhole(path, String(run.stdout), `killed before change ${at}`)
  }
  expect(killed).toBeGreaterThan(60)
}, 600_000)

/** An hour later the same is inserted again, all is worked off, and the folder is mended. */
async function expectWhole(path: string, said: string, what: string): Promise<void> {
  for (const file of readdirSync(path, { recursive: true })) {
    const old = (Date.now() - 3_600_000) / 1000
    lutimesSync(join(path, String(file)), old, old)
  }
  const clock = new ManualClock()
  clock.jump(Date.now() / 1000 + 3600 - clock.now() / 1000)
  const driver = await openDriver(`fq://${path}?durable=false`, { clock })
  if (said.includes('inserted')) {
    const counts = await driver.counts()
    const total = Object.values(counts).reduce((sum, count) => sum + (count ?? 0), 0)
    // Removed and not yet back, or on its way among the dead, which fsck finds.
    expect(total, what).toBeGreaterThanOrEqual(4)
  }
  await driver.insert(ids.map((id, n) => ({ id, body: message(n) })))
  await drain(driver)
  await driver.upkeep?.check('mend')
  await expectFitForPython(path)
  const dead = await driver.tasks?.list({ states: ['dead'], max: 9 })
  const deadIds = dead?.items.map(({ id }) => id) ?? []
  expect(['', 'b'], what).toContain(deadIds.join())
  await driver.tasks?.revive(deadIds, 'dead')
  await drain(driver)
  const page = await driver.results?.read({ max: 99 })
  expect(page?.items.map(({ id }) => id).sort(), what).toEqual(ids)
  const first = page?.items.find(({ id }) => id === 'a')?.record
  if (said.includes('settled')) expect(first, what).toBe('"first"')
  expect(await driver.counts(), what).toEqual({ ready: 0, delayed: 0, leased: 0, done: 5, dead: 0 })
  expect(
    (await driver.upkeep?.check('look'))?.map(({ kind }) => kind),
    what,
  ).toEqual([])
  for (const folder of ['queue', 'movement', 'taskq/temp', 'taskq/attempts', 'taskq/dead'])
    expect(await readdir(join(path, folder)), `${what}: ${folder}`).toEqual([])
  await driver.close()
}

async function drain(driver: Driver): Promise<void> {
  for (;;) {
    const leases = await driver.lease({ max: 9, seconds: 60, worker: { id: 'w' } })
    if (leases.length === 0) return
    await driver.results?.settle(leases.map(lease => ({ ...lease, record: '"later"' })))
  }
}
