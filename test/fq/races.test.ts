import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { keyOf } from '../../src/runtime/drivers/fq/names.ts'
import type { Clock, Driver } from '../../src/runtime/queue/driver.ts'
import { openDriver } from '../../src/runtime/queue/open.ts'
import { ManualClock } from '../../src/runtime/testing/index.ts'
import { expectFitForPython, openBench, scratch } from './bench.ts'
import { message } from './message.ts'

const take = (driver: Driver, max = 10, seconds = 60) =>
  driver.lease({ max, seconds, worker: { id: 'w' } })
const tasks = (...ids: readonly string[]) => ids.map((id, n) => ({ id, body: message(n) }))

describe('a process that dies or is stopped', () => {
  it('of several inserters that follow a dead one, one only brings each task', async () => {
    const path = join(await scratch(), 'q')
    const count = 600
    await (await openDriver(`fq://${path}?durable=false`)).close()
    for (let n = 0; n < count; n += 1) await claimLongAgo(path, `task-${n}`)
    const actor = fileURLToPath(new URL('actor.ts', import.meta.url))
    const url = `fq://${path}?durable=false`
    const members = Array.from({ length: 3 }, () =>
      spawn(process.execPath, [actor, url, 'insert', String(count)], {
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    )
    const ends = members.map(({ stdout }) => text(stdout))
    await Promise.all(members.map(({ stdout }) => once(stdout, 'data')))
    for (const { stdin } of members) stdin.end('go')
    const said = (await Promise.all(ends)).map(one => Number(one.split('\n')[1]))
    expect(said.reduce((sum, one) => sum + one, 0)).toBe(count)
    expect((await readdir(join(path, 'queue'))).length).toBe(count)
  })

  it('a task whose claim ran out before it was recorded is lost to its worker, and comes back', async () => {
    const path = join(await scratch(), 'q')
    const clock = new ManualClock()
    const driver = await openDriver(`fq://${path}?durable=false`, { clock })
    onTestFinished(() => driver.close())
    await driver.insert(tasks(...Array.from({ length: 100 }, (_, n) => `task-${n}`)))
    const leases = await take(driver, 100)
    // A second passes with every look at the time: the first claims are over before the last is made.
    const slow = await openDriver(`fq://${path}?durable=false`, { clock: passing(clock, 1) })
    onTestFinished(() => slow.close())
    expect(new Set(await slow.complete(leases))).toEqual(new Set(['lost']))
    expect(await driver.counts()).toMatchObject({ ready: 100, done: 0 })
  })

  it('a revival that was cut off after the task was back leaves it alive', async () => {
    const { driver, path } = await openBench()
    await driver.insert(tasks('x'))
    const [lease] = await take(driver)
    await driver.tasks?.bury([{ id: 'x', token: lease?.token ?? '', reason: 'r' }])
    const dead = join(path, 'taskq/dead', `${keyOf('x')}.json`)
    const content = await readFile(dead, 'utf8')
    expect(await driver.tasks?.revive(['x'], 'dead')).toEqual(['done'])
    await writeFile(`${dead}.reviving`, content)
    await utimes(`${dead}.reviving`, new Date(0), new Date(0))
    expect((await driver.upkeep?.check('mend'))?.map(({ kind }) => kind)).toEqual(['half revived'])
    expect(await driver.counts()).toMatchObject({ ready: 1, dead: 0 })
    expect((await take(driver)).length).toBe(1)
  })

  it('a revival that was cut off before makes the task dead again', async () => {
    const { driver, path } = await openBench()
    await driver.insert(tasks('x'))
    await driver.tasks?.bury([{ id: 'x', reason: 'r' }])
    const dead = join(path, 'taskq/dead', `${keyOf('x')}.json`)
    await rename(dead, `${dead}.reviving`)
    await utimes(`${dead}.reviving`, new Date(0), new Date(0))
    await driver.upkeep?.check('mend')
    expect(await driver.tasks?.revive(['x'], 'dead')).toEqual(['done'])
    expect((await take(driver)).length).toBe(1)
  })
})

describe('whoever opens the queue', () => {
  /** A dead task whose revival was cut off so many seconds ago. */
  async function cutOff(secondsAgo: number) {
    const bench = await openBench()
    await bench.driver.insert(tasks('x'))
    await bench.driver.tasks?.bury([{ id: 'x', reason: 'r' }])
    const dead = join(bench.path, 'taskq/dead', `${keyOf('x')}.json`)
    const then = Date.now() / 1000 - secondsAgo
    await utimes(dead, then, then)
    await rename(dead, `${dead}.reviving`)
    return { ...bench, dead }
  }

  it('makes the task of a revival that was cut off dead again', async () => {
    const { another } = await cutOff(90)
    const driver = await another()
    expect(await driver.counts()).toMatchObject({ ready: 0, dead: 1 })
    expect(await driver.tasks?.revive(['x'], 'dead')).toEqual(['done'])
    expect((await take(driver)).length).toBe(1)
  })

  it('ends the revival of a task that has come back', async () => {
    const { another, driver, dead } = await cutOff(90)
    await rename(`${dead}.reviving`, dead)
    const content = await readFile(dead, 'utf8')
    expect(await driver.tasks?.revive(['x'], 'dead')).toEqual(['done'])
    await writeFile(`${dead}.reviving`, content)
    await utimes(`${dead}.reviving`, new Date(0), new Date(0))
    expect(await (await another()).counts()).toMatchObject({ ready: 1, dead: 0 })
    expect(await readdir(join(dead, '..'))).toEqual([])
  })

  it('leaves a revival alone that may be under way', async () => {
    const { another, dead } = await cutOff(30)
    expect(await (await another()).counts()).toMatchObject({ ready: 0, dead: 0 })
    expect(await readdir(join(dead, '..'))).toEqual([`${keyOf('x')}.json.reviving`])
  })

  it('finds none under way that looks old, however long the task was dead', async () => {
    const { another, driver, path, dead } = await cutOff(90)
    await rename(`${dead}.reviving`, dead)
    await utimes(dead, new Date(0), new Date(0))
    // The folder into which it would come back is away: it stops in the middle.
    await rename(join(path, 'queue'), join(path, 'away'))
    await expect(driver.tasks?.revive(['x'], 'dead')).rejects.toThrow()
    await rename(join(path, 'away'), join(path, 'queue'))
    await another()
    expect(await readdir(join(dead, '..'))).toEqual([`${keyOf('x')}.json.reviving`])
  })
})

describe('what the folder remembers', () => {
  it('a removed task that comes back gets no name that somebody may still hold', async () => {
    const { driver, another, path } = await openBench()
    await driver.insert(tasks('x'))
    const [old] = await take(driver)
    expect(await driver.tasks?.remove(['x'])).toEqual(['done'])
    const other = await another()
    expect(await other.insert(tasks('x'))).toEqual(['new'])
    await expectFitForPython(path)
    const [lease] = await take(other)
    expect(lease?.token).not.toBe(old?.token)
    expect(await driver.complete(old === undefined ? [] : [old])).toEqual(['lost'])
    expect(await other.complete(lease === undefined ? [] : [lease])).toEqual(['done'])
  })

  it('one that comes back with a delay waits for it', async () => {
    const { driver, clock } = await openBench()
    await driver.insert(tasks('x'))
    await take(driver)
    await driver.tasks?.remove(['x'])
    await driver.insert([{ id: 'x', body: message(1), headers: { delaySeconds: 60 } }])
    expect(await driver.counts()).toMatchObject({ delayed: 1, leased: 0 })
    clock.advance(62)
    expect((await take(driver)).length).toBe(1)
  })

  it('names of removed tasks lie in one file, and no longer than somebody may hold one', async () => {
    const { driver, path, clock } = await openBench()
    const past = () => readdir(join(path, 'taskq/past'))
    const ids = Array.from({ length: 50 }, (_, n) => `task-${n}`)
    await driver.insert(tasks(...ids, 'y'))
    await take(driver, 50)
    await driver.tasks?.remove(ids)
    const [first] = await past()
    expect((await past()).length).toBe(1)
    clock.advance(3600)
    await driver.insert(tasks('z'))
    await take(driver, 50)
    await driver.tasks?.remove(['y', 'z', ...ids])
    expect((await past()).length).toBe(1)
    expect(await past()).not.toContain(first)
    clock.advance(3600)
    await driver.upkeep?.check('mend')
    expect(await past()).toEqual([])
  })

  it('who holds what is noted as it is leased, a few tasks at a time', async () => {
    const { driver, path } = await openBench()
    await driver.insert(tasks(...Array.from({ length: 120 }, (_, n) => `task-${n}`)))
    await take(driver, 120)
    const [file = ''] = await readdir(join(path, 'taskq/holds'))
    const lines = await readFile(join(path, 'taskq/holds', file), 'utf8')
    expect(lines.trim().split('\n').length).toBe(3)
  })

  it('who held what is forgotten after two days', async () => {
    const { driver, path } = await openBench()
    const old = join(path, 'taskq/holds/old.ndjson')
    await writeFile(old, '["w","5--x.json"]\n')
    await utimes(old, new Date(0), new Date(0))
    await driver.insert(tasks('x'))
    await take(driver)
    const files = await readdir(join(path, 'taskq/holds'))
    expect(files.length).toBe(1)
    expect(files).not.toContain('old.ndjson')
  })

  it('fsck removes the attempts of tasks that Python finished', async () => {
    const { driver, path } = await openBench()
    await driver.insert(tasks('x'))
    const attempts = join(path, 'taskq/attempts')
    for (const key of [keyOf('x'), keyOf('gone')]) {
      writeFileSync(join(attempts, key), '1')
      await utimes(join(attempts, key), new Date(0), new Date(0))
    }
    const findings = await driver.upkeep?.check('mend')
    expect(findings?.map(({ name }) => name)).toEqual([keyOf('gone')])
    expect(await readdir(attempts)).toEqual([keyOf('x')])
  })
})

/** What an inserter leaves that died between its claim and its task. */
async function claimLongAgo(path: string, id: string): Promise<void> {
  mkdirSync(join(path, 'movement'), { recursive: true })
  const file = join(path, 'movement', keyOf(id))
  writeFileSync(file, `0--${keyOf(id)}.json\n`)
  await utimes(file, new Date(0), new Date(0))
}

/** The same clock, on which some seconds pass with every look at the time of day. */
function passing(clock: ManualClock, seconds: number): Clock {
  return {
    bootId: clock.bootId,
    monotonic: () => clock.monotonic(),
    sleep: clock.sleep.bind(clock),
    now() {
      clock.advance(seconds)
      return clock.now()
    },
  }
}
