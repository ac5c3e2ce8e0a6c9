import { existsSync, symlinkSync, writeFileSync } from 'node:fs'
import { appendFile, mkdir, readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { seal, unseal } from '../../src/runtime/drivers/fq/body.ts'
import { keyOf } from '../../src/runtime/drivers/fq/names.ts'
import type { Clock, Driver } from '../../src/runtime/queue/driver.ts'
import { openDriver, takeInventory } from '../../src/runtime/queue/open.ts'
import { expectFitForPython, openBench, scratch } from './bench.ts'
import { message } from './message.ts'

const key = '0a22ad58-dc14-4fbe-8065-d8f2b30c1979'
const take = (driver: Driver, max = 10, seconds = 60) =>
  driver.lease({ max, seconds, worker: { id: 'w' } })

describe('queues that python-task-queue wrote', () => {
  it.each([
    ['fq-fresh', { ready: 6, delayed: 0, leased: 0 }],
    ['fq-tallied', { ready: 2, delayed: 0, leased: 0 }],
    ['fq-delayed', { ready: 0, delayed: 1, leased: 0 }],
    ['fq-leased-renewed-released', { ready: 1, delayed: 0, leased: 2 }],
  ])('%s is counted as it is', async (fixture, expected) => {
    const { driver, clock } = await openBench(fixture)
    clock.jump(1_795_228_000 - clock.now() / 1000)
    expect(await driver.counts()).toEqual({ ...expected, done: 0, dead: 0 })
  })

  it('their tasks are leased when their time has come, to the letter, and leave nothing behind', async () => {
    const { driver, clock, path } = await openBench('fq-leased-renewed-released')
    clock.jump(1_795_228_539 - clock.now() / 1000)
    expect((await take(driver)).map(({ id }) => id)).toEqual([
      'be0c1571-ef32-43e4-bbe7-6e40f4e646d5',
    ])
    clock.advance(1)
    const [lease] = await take(driver)
    expect(lease?.body).toBe(
      '{"payload": [["my_project.task", "_run_task"], [3], {}, -1], "queueName": "/data/fq-leased-renewed-released", "id": "4c806501-828d-4070-a578-1ff3b4cc3cf7"}',
    )
    await expectFitForPython(path)
    clock.advance(2000)
    expect(await driver.complete(await take(driver))).toEqual(['done', 'done', 'done'])
    expect(await readdir(join(path, 'queue'))).toEqual([])
    expect(await readdir(join(path, 'movement'))).toEqual([])
    expect(await readFile(join(path, 'completions'))).toEqual(Buffer.alloc(4))
    expect(await readFile(join(path, 'insertions'), 'utf8')).toBe('4')
  })
})

it('whatever is done to tasks, their files stay such as Python understands', async () => {
  const { driver, path, clock } = await openBench()
  const ids = ['cell 17', '../../victim', key, '-', '.hidden', 'a--b.json']
  await driver.insert(ids.map((id, at) => ({ id, body: message(at) })))
  await driver.insert([{ id: 'text', body: 'no message' }])
  await driver.insert([{ id: 'later', body: message(7), headers: { delaySeconds: 30 } }])
  await expectFitForPython(path)
  const leases = await take(driver, 5)
  await expectFitForPython(path)
  await driver.extend(leases, 90)
  await driver.release(leases.slice(0, 1), 20)
  await driver.release(leases.slice(1, 2))
  await expectFitForPython(path)
  await driver.tasks?.bury(leases.slice(2, 3).map(({ id, token }) => ({ id, token, reason: 'x' })))
  await driver.tasks?.revive(
    leases.slice(2, 3).map(({ id }) => id),
    'dead',
  )
  await driver.tasks?.revive(
    leases.slice(3, 4).map(({ id }) => id),
    'leased',
  )
  await expectFitForPython(path)
  clock.advance(100)
  expect((await take(driver, 20)).length).toBe(8)
  await expectFitForPython(path)
  expect((await readdir(path)).sort()).toEqual(['insertions', 'movement', 'queue', 'taskq'])
})

it('an id is found again under the same name, and an id that is one stays what it is', () => {
  expect(keyOf(key)).toBe(key)
  expect(keyOf(key.toUpperCase())).not.toBe(key.toUpperCase())
  expect(keyOf('cells.feather:17')).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  )
  expect(new Set(Array.from({ length: 1000 }, (_, at) => keyOf(`task-${at}`))).size).toBe(1000)
})

it('a body keeps its characters in the file, and the id that counts is the one of the name', () => {
  const other = '{"payload": [["m", "f"], [], {"x": 1.0}, -1], "id": "../../victim"} \n'
  for (const body of [message(1), other, '', '{}', 'text', '{"payload":', '{"payload":[]}'])
    for (const id of [key, 'cell "17"', 'x","id":"y'])
      for (const name of [key]) {
        const text = seal(body, id, name)
        expect((JSON.parse(text) as { id: string }).id).toBe(name)
        expect(unseal(text, name)?.id).toBe(id)
        expect(unseal(text, name)?.body.trim()).toBe(body.trim())
      }
})

it('no part of a file is taken for the whole, wherever it was cut', () => {
  const bodies = [message(1), '{"payload":[["a]}","f"],[],{"x":{"y":"\\\\\\"}"}}]}', 'te{x}t']
  for (const whole of [
    ...bodies.map(body => seal(body, key, key)),
    bodies[0] ?? '',
    bodies[1] ?? '',
  ]) {
    expect(unseal(whole, key)?.id).toBe(key)
    for (let length = 0; length < whole.length; length += 1)
      expect(unseal(whole.slice(0, length), key), whole.slice(0, length)).toBeUndefined()
  }
})

describe('what others left in the folder', () => {
  it('a body whose id points elsewhere deletes nothing but itself', async () => {
    const { driver, path } = await openBench()
    await writeFile(join(path, 'victim'), 'precious')
    await writeFile(
      join(path, 'queue', `0--${key}.json`),
      '{"payload": [["m", "f"], [], {}, -1], "queueName": "q", "id": "../../victim"}',
    )
    const leases = await take(driver)
    expect(leases.map(({ id }) => id)).toEqual([key])
    expect(await driver.complete(leases)).toEqual(['done'])
    expect(await readFile(join(path, 'victim'), 'utf8')).toBe('precious')
  })

  it('a symbolic link is never followed, and says among the dead what it was', async () => {
    const { driver, path } = await openBench()
    await writeFile(join(path, 'secret'), message(1))
    symlinkSync(join(path, 'secret'), join(path, 'queue', `0--${key}.json`))
    expect(await take(driver)).toEqual([])
    const [view] = (await driver.tasks?.get([key])) ?? []
    expect(view?.reason).toMatch(/^unreadable: .* a symbolic link; the file lies in .*quarantine/)
    expect(view?.body).toBe('')
    expect((await readdir(join(path, 'taskq/quarantine'))).length).toBe(1)
  })

  it.each(['.nfs0000123', 'tmp', '1.5--x.json', '.DS_Store', `x--${key}.json`, `5--${key}`])(
    'the entry %s is left alone',
    async stray => {
      const { driver, path } = await openBench()
      await writeFile(join(path, 'queue', stray), message(1))
      await mkdir(join(path, 'queue', 'folder'))
      await driver.insert([{ id: 'x', body: message(1) }])
      expect((await take(driver)).map(({ id }) => id)).toEqual(['x'])
      expect(await driver.counts()).toMatchObject({ leased: 1, ready: 0 })
      expect((await readdir(join(path, 'queue'))).length).toBe(3)
    },
  )

  it('a stamp in milliseconds means the second it lies in', async () => {
    const { driver, path, clock } = await openBench()
    const soon = clock.now() + 5000
    await writeFile(join(path, 'queue', `${soon}--${key}.json`), message(1))
    expect(await take(driver)).toEqual([])
    clock.advance(5)
    expect((await take(driver)).length).toBe(1)
    expect(await readdir(join(path, 'queue'))).toEqual([`${soon / 1000 + 60}--${key}.json`])
  })

  it('a file that is torn is looked at again, then put aside with the reason; the queue drains', async () => {
    const { driver, path, clock } = await openBench()
    const whole = `${message(1).slice(0, -1)}, "id": "${key}"}`
    for (const bytes of [0, 1, 40, whole.length - 1]) {
      await driver.purge()
      await driver.insert([{ id: 'good', body: message(2) }])
      await writeFile(join(path, 'queue', `0--${key}.json`), whole.slice(0, bytes))
      expect(await driver.complete(await take(driver))).toEqual(['done'])
      expect(await driver.counts()).toMatchObject({ dead: 0, delayed: 1 })
      clock.advance(6)
      expect(await take(driver)).toEqual([])
      expect(await driver.counts()).toMatchObject({ ready: 0, delayed: 0, leased: 0, dead: 1 })
    }
  })

  it('a purge of many files tells how many are gone', async () => {
    const { driver, path } = await openBench()
    const files = 3000
    for (let at = 0; at < files; at += 1)
      writeFileSync(join(path, 'queue', `0--${at}.json`), message(at))
    const told: number[] = []
    await driver.purge(async removed => {
      told.push(removed)
    })
    expect(told.length).toBeGreaterThan(0)
    expect(told).toEqual(told.toSorted((a, b) => a - b))
    expect(told.at(-1)).toBeLessThanOrEqual(files)
    expect(await readdir(join(path, 'queue'))).toEqual([])
  })

  it('a file that Python was still writing is leased when it is whole', async () => {
    const { driver, path, clock } = await openBench()
    const file = join(path, 'queue', `0--${key}.json`)
    await writeFile(file, message(1).slice(0, 20))
    expect(await take(driver)).toEqual([])
    const [name = ''] = await readdir(join(path, 'queue'))
    await appendFile(join(path, 'queue', name), message(1).slice(20))
    clock.advance(6)
    expect((await take(driver)).map(({ body }) => body)).toEqual([message(1)])
  })
})

it('what a process notes after somebody else has purged the queue is there for all', async () => {
  const { driver, clock, path } = await openBench()
  const other = await openDriver(`fq://${path}`, { clock })
  const lendAndRemove = async () => {
    await driver.insert([{ id: 'x', body: message(1) }])
    await take(driver)
    const [view] = (await other.tasks?.get(['x'])) ?? []
    await driver.tasks?.remove(['x'])
    return { worker: view?.worker, past: (await readdir(join(path, 'taskq/past'))).length }
  }
  expect(await lendAndRemove()).toEqual({ worker: 'w', past: 1 })
  await other.purge()
  expect(await lendAndRemove()).toEqual({ worker: 'w', past: 1 })
  await other.close()
})

describe('after a crash', () => {
  it('a task whose insert was cut off is inserted by the next who brings it', async () => {
    const { driver, path } = await openBench()
    const movement = join(path, 'movement', keyOf('x'))
    await writeFile(movement, `0--${keyOf('x')}.json\n`)
    await utimes(movement, new Date(0), new Date(0))
    expect(await driver.insert([{ id: 'x', body: message(1) }])).toEqual(['new'])
    expect(await driver.insert([{ id: 'x', body: message(1) }])).toEqual(['present'])
    expect((await take(driver)).length).toBe(1)
  })

  it('a task that was recorded as done and not removed is not run again', async () => {
    const { driver, path, another, clock } = await openBench()
    await driver.insert([{ id: 'x', body: message(1) }])
    const file = join(path, 'queue', `0--${keyOf('x')}.json`)
    const text = await readFile(file, 'utf8')
    await driver.complete(await take(driver))
    await writeFile(join(path, 'queue', `${clock.now() / 1000 - 5}--${keyOf('x')}.json`), text)
    const other = await another()
    expect(await take(other)).toEqual([])
    expect(await readdir(join(path, 'queue'))).toEqual([])
    expect(await other.counts()).toMatchObject({ done: 1, ready: 0 })
  })

  it('a lease whose name nobody noted ends like any other', async () => {
    const { driver, path, clock } = await openBench()
    await driver.insert([{ id: 'x', body: message(1) }])
    const away = `${clock.now() / 1000 + 60}--${keyOf('x')}.json`
    await rename(join(path, 'queue', `0--${keyOf('x')}.json`), join(path, 'queue', away))
    expect(await driver.counts()).toMatchObject({ leased: 1 })
    expect((await driver.tasks?.get(['x']))?.[0]?.state).toBe('leased')
    clock.advance(60)
    expect((await take(driver)).map(({ id }) => id)).toEqual(['x'])
    await expectFitForPython(path)
  })

  it('half a line of results hides none of the others', async () => {
    const { driver, path, another } = await openBench()
    await driver.insert(['a', 'b'].map(id => ({ id, body: message(1) })))
    await driver.complete(await take(driver, 1))
    const [file = ''] = await readdir(join(path, 'taskq/done'))
    await appendFile(join(path, 'taskq/done', file), '{"key":"half')
    const other = await another()
    await other.complete(await take(other))
    const page = await (await another()).results?.read({ max: 9 })
    expect(page?.items.map(({ id }) => id).sort()).toEqual(['a', 'b'])
  })
})

it('insertions are counted without loss by several at once', async () => {
  const { another, path } = await openBench()
  const drivers = await Promise.all(Array.from({ length: 4 }, another))
  await Promise.all(
    drivers.map(async (driver, who) => {
      for (let n = 0; n < 20; n += 1) await driver.insert([{ id: `${who}-${n}`, body: message(n) }])
    }),
  )
  expect(await readFile(join(path, 'insertions'), 'utf8')).toBe('80')
})

it('a folder that takes long to list, by the clock that is passed in, is not listed again at once', async () => {
  const { driver, path, clock } = await openBench()
  const monotonic = () => {
    clock.advance(0.03)
    return clock.monotonic()
  }
  const slow: Clock = {
    bootId: clock.bootId,
    now: () => clock.now(),
    monotonic,
    sleep: async () => {},
  }
  const idle = await openDriver(`fq://${path}?durable=false`, { clock: slow })
  expect(await take(idle)).toEqual([])
  await driver.insert([{ id: 'x', body: message(1) }])
  expect(await take(idle)).toEqual([])
  clock.advance(1)
  expect((await take(idle)).length).toBe(1)
  await idle.close()
})

describe('opening', () => {
  it('a bare path is a folder of files, and its address leads back to it', async () => {
    const folder = await scratch()
    const driver = await openDriver(`${folder}/a%3Fb`)
    expect(driver.url).toBe(`fq://${folder}/a%3Fb`)
    await driver.insert([{ id: 'x', body: message(1) }])
    await driver.close()
    const again = await openDriver(driver.url, { create: false })
    expect(await again.counts()).toMatchObject({ ready: 1 })
    await again.close()
  })

  it('what is no queue is refused with what to do', async () => {
    const folder = await scratch()
    await writeFile(join(folder, 'thesis.tex'), '')
    const refused = (url: string, options = {}) => expect(openDriver(url, options)).rejects
    await refused(`fq://${folder}/gone`, { create: false }).toThrow(
      'It is made by the first insert',
    )
    await refused(`fq://${folder}`).toThrow('holds other things and no queue')
    await refused(`fq://${folder}/thesis.tex`).toThrow('is no folder')
    await refused(`fq://${folder}/q?fsync=1`).toThrow('Unknown option "fsync"')
    expect(existsSync(join(folder, 'queue'))).toBe(false)
  })

  it('a priority is refused, for there is no order to honour it in', async () => {
    const { driver } = await openBench()
    const urgent = [{ id: 'x', body: message(1), headers: { priority: 1 } }]
    await expect(driver.insert(urgent)).rejects.toMatchObject({ code: 'unsupported' })
  })
})

it('deleting a queue leaves what is no part of it', async () => {
  const { path, driver } = await openBench('fq-fresh')
  await driver.close()
  await writeFile(join(path, 'notes.txt'), 'keep')
  const inventory = await takeInventory(`fq://${path}`)
  expect(inventory?.parts.map(part => basename(part))).toEqual([
    ...['queue', 'movement', 'insertions', 'taskq'],
  ])
  expect(inventory?.left.map(({ name }) => basename(name))).toEqual(['notes.txt'])
  await inventory?.remove()
  expect(await readdir(path)).toEqual(['notes.txt'])
  expect((await takeInventory(`fq://${path}`))?.parts).toEqual([])
})
