import { lutimesSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { keyOf } from '../../src/runtime/drivers/fq/names.ts'
import { openDriver } from '../../src/runtime/queue/open.ts'
import { taskq } from '../cli/taskq.ts'
import { expectFitForPython, scratch } from './bench.ts'
import { message } from './message.ts'

const key = (n: number) => keyOf(`task-${n}`)
const file = (n: number, stamp = 0) => `${stamp}--${key(n)}.json`
const body = (n: number, id = key(n)) => `${message(n).slice(0, -1)}, "id": "${id}"}`

/** One of every disorder that a folder can be in, an hour old. */
async function disorder(): Promise<string> {
  const path = join(await scratch(), 'q')
  const queue = (name: string, text: string) => writeFileSync(join(path, 'queue', name), text)
  const movement = (n: number) => writeFileSync(join(path, 'movement', key(n)), `${file(n)}\n`)
  mkdirSync(join(path, 'queue'), { recursive: true })
  mkdirSync(join(path, 'movement'), { recursive: true })
  queue('notes.txt', 'mine')
  queue(file(1), '')
  queue(file(2), body(2).slice(0, 50))
  symlinkSync('/etc/hostname', join(path, 'queue', file(3)))
  queue(file(4), body(4, '../../victim'))
  movement(4)
  queue(file(5), body(5))
  queue(file(6, 1_795_228_540_123), body(6))
  movement(6)
  queue(file(7), body(7))
  queue(file(7, 1_700_000_000), body(7))
  writeFileSync(join(path, 'movement', key(7)), `${file(7)}\n${file(7, 1_700_000_000)}\n`)
  movement(8)
  const then = new Date(Date.now() - 3_600_000)
  for (const folder of ['queue', 'movement'])
    for (const name of readdirSync(join(path, folder)))
      lutimesSync(join(path, folder, name), then, then)
  return path
}

it('fsck finds everything and changes nothing; with --mend both sides understand what is there', async () => {
  const path = await disorder()
  const before = readdirSync(join(path, 'queue')).sort()
  const look = await taskq(['fsck', path])
  expect(look.code).toBe(1)
  for (const kind of ['unreadable (3)', 'foreign id (1)', 'unnoted (1)', 'milliseconds (1)'])
    expect(look.out).toContain(kind)
  for (const kind of ['stray (1)', 'twin (1)', 'orphan (1)', '0 mended, 9 left.'])
    expect(look.out).toContain(kind)
  expect(look.err).toContain('Nothing was changed; --mend puts right what can be.')
  expect(readdirSync(join(path, 'queue')).sort()).toEqual(before)
  const mend = await taskq(['fsck', path, '--mend', '--json'])
  expect(mend.code).toBe(0)
  expect(mend.out.trim().split('\n').length).toBe(9)
  await expectFitForPython(path)
  const driver = await openDriver(`fq://${path}`)
  expect(await driver.counts()).toMatchObject({ ready: 4, leased: 0, delayed: 0, dead: 3 })
  const leases = await driver.lease({ max: 9, seconds: 60, worker: { id: 'w' } })
  expect(leases.map(({ id }) => id).sort()).toEqual([4, 5, 6, 7].map(key).sort())
  await driver.complete(leases)
  await driver.close()
  expect((await taskq(['fsck', path])).out).toContain('is in order.')
})

it('what is being worked on just now is left alone', async () => {
  const path = join(await scratch(), 'q')
  mkdirSync(join(path, 'queue'), { recursive: true })
  mkdirSync(join(path, 'movement'))
  writeFileSync(join(path, 'queue', file(1)), body(1).slice(0, 20))
  writeFileSync(join(path, 'movement', key(2)), `${file(2)}\n`)
  expect((await taskq(['fsck', path, '--mend'])).out).toContain('is in order.')
})

it('reset gives leased tasks back and counts from zero, for Python as well', async () => {
  const path = join(await scratch(), 'q')
  const driver = await openDriver(`fq://${path}`)
  await driver.insert([1, 2].map(n => ({ id: `task-${n}`, body: message(n) })))
  const [first] = await driver.lease({ max: 2, seconds: 600, worker: { id: 'w' } })
  await driver.complete(first === undefined ? [] : [first])
  expect(await driver.counters?.read()).toEqual({ inserted: 2, completed: 1 })
  const { code, out } = await taskq(['reset', path, '--yes'])
  expect([code, out]).toEqual([0, expect.stringContaining('it was at 2 inserted and 1 completed')])
  expect(await driver.counters?.read()).toEqual({ inserted: 0, completed: 0 })
  expect(await driver.counts()).toMatchObject({ ready: 1, leased: 0, done: 1 })
  expect((await taskq(['status', path])).out).toContain('inserted 0, completed 0')
  await driver.close()
})

it('a queue without counters or files says so', async () => {
  const url = `sqlite:${join(await scratch(), 'queue.db')}`
  await (await openDriver(url)).close()
  expect((await taskq(['rezero', url])).err).toContain('has no counters')
  expect((await taskq(['fsck', url])).err).toContain('needs no upkeep')
})
