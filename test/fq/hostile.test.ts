import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Driver } from '../../src/runtime/queue/driver.ts'
import { openDriver } from '../../src/runtime/queue/open.ts'
import { openBench, scratch } from './bench.ts'
import { message } from './message.ts'

const key = '0a22ad58-dc14-4fbe-8065-d8f2b30c1979'
const take = (driver: Driver, max = 10) => driver.lease({ max, seconds: 60, worker: { id: 'w' } })

it('a name that has no room for a lease is no task, and holds nobody up', async () => {
  const { driver, path } = await openBench()
  const name = `0--${'a'.repeat(247)}.json`
  await writeFile(join(path, 'queue', name), message(1))
  await driver.insert([{ id: 'x', body: message(1) }])
  expect((await take(driver)).map(({ id }) => id)).toEqual(['x'])
  expect((await driver.upkeep?.check('look'))?.map(one => [one.kind, one.name])).toEqual([
    ['stray', name],
  ])
})

it.each(['movement', 'taskq/attempts'])(
  'a link in %s has nothing written where it leads',
  async at => {
    const { driver, path } = await openBench()
    await driver.insert([{ id: key, body: message(1) }])
    const victim = join(path, '..', 'victim')
    await writeFile(victim, 'precious')
    await rm(join(path, at, key), { force: true })
    await symlink(victim, join(path, at, key))
    const leases = await take(driver)
    expect(leases.length).toBe(1)
    const charged = leases.map(lease => ({ ...lease, attempts: 3 }))
    expect(await driver.extend(charged, 90)).toEqual(['done'])
    expect(await driver.release(charged, 0)).toEqual(['done'])
    expect(await readFile(victim, 'utf8')).toBe('precious')
  },
)

it('a link in place of the counter of completions is replaced, not followed', async () => {
  const { driver, path } = await openBench()
  const victim = join(path, '..', 'victim')
  await writeFile(victim, 'precious')
  await symlink(victim, join(path, 'completions'))
  await driver.insert([{ id: 'x', body: message(1) }])
  expect(await driver.complete(await take(driver))).toEqual(['done'])
  expect(await readFile(victim, 'utf8')).toBe('precious')
  expect(await driver.counters?.read()).toEqual({ inserted: 1, completed: 1 })
})

it('a pipe in place of the counter of completions is replaced, not waited for', async () => {
  const { driver, path } = await openBench()
  expect(spawnSync('mkfifo', [join(path, 'completions')]).status).toBe(0)
  await driver.insert([{ id: 'x', body: message(1) }])
  expect(await driver.complete(await take(driver))).toEqual(['done'])
  expect(await driver.counters?.read()).toEqual({ inserted: 1, completed: 1 })
})

it('a link in place of the file that names the life of the queue is replaced, not written through', async () => {
  const { driver, path } = await openBench()
  const victim = join(path, '..', 'thesis.tex')
  await writeFile(victim, 'precious')
  await rm(join(path, 'taskq/epoch'), { force: true })
  await symlink(victim, join(path, 'taskq/epoch'))
  await driver.insert([{ id: 'x', body: message(1) }])
  const leases = await take(driver)
  expect(await driver.complete(leases)).toEqual(['done'])
  expect(await readFile(victim, 'utf8')).toBe('precious')
  expect(await readFile(join(path, 'taskq/epoch'), 'utf8')).toMatch(/^[0-9a-f]{12}$/)
})

it.each(['null', '7', '[]', '{}', '{"withdrawn":"x"}', `{"key":"${key}"}`, '{"key":"../x"}'])(
  'a file of %s among what is done or dead keeps nothing else back',
  async text => {
    const { driver, path } = await openBench()
    await driver.insert([{ id: 'x', body: message(1) }])
    const epoch = await readFile(join(path, 'taskq/epoch'), 'utf8')
    await writeFile(join(path, 'taskq/done', `${epoch}-0-x.ndjson`), `${text}\n`)
    await writeFile(join(path, 'taskq/dead', `${key}.json`), text)
    expect(await driver.tasks?.bury([{ id: 'x', reason: 'r' }])).toEqual(['done'])
    const all = await driver.tasks?.list({ max: 9, states: ['dead', 'done'] })
    expect(all?.items.map(({ id }) => id)).toEqual(['x'])
    expect(await driver.results?.read({ max: 9 })).toEqual({ items: [] })
    expect(await driver.tasks?.revive([key, 'x'], 'dead')).toEqual(['absent', 'done'])
    expect(await driver.complete(await take(driver))).toEqual(['done'])
  },
)

it('a folder under the name of a task hides none of the others', async () => {
  const { driver, path } = await openBench()
  await driver.insert([{ id: 'x', body: message(1) }])
  await mkdir(join(path, 'queue', `0--${key}.json`))
  const page = await driver.tasks?.list({ max: 9 })
  expect(page?.items.map(({ id }) => id)).toContain('x')
  expect((await take(driver)).map(({ id }) => id)).toEqual(['x'])
})

it('looking at a task shows nothing of a file that a link in its place leads to', async () => {
  const { driver, path } = await openBench()
  await writeFile(join(path, '..', 'secret'), 'secret')
  await symlink(join(path, '..', 'secret'), join(path, 'queue', `0--${key}.json`))
  await writeFile(join(path, 'movement', key), `0--${key}.json\n`)
  expect(JSON.stringify(await driver.tasks?.get([key]))).not.toContain('secret')
  expect(JSON.stringify(await driver.tasks?.list({ max: 9 }))).not.toContain('secret')
})

it.each(['queue', 'movement', 'taskq', 'taskq/done'])(
  'a link in place of the folder %s is refused, so that nothing is purged behind it',
  async part => {
    const path = join(await scratch(), 'q')
    const home = join(path, '..', 'home')
    await mkdir(home)
    await writeFile(join(home, 'thesis.tex'), 'precious')
    for (const folder of ['queue', 'taskq']) await mkdir(join(path, folder), { recursive: true })
    await rm(join(path, part), { recursive: true, force: true })
    await symlink(home, join(path, part))
    await expect(openDriver(`fq://${path}`)).rejects.toThrow(`${part} is a symbolic link`)
    expect(existsSync(join(home, 'thesis.tex'))).toBe(true)
  },
)
