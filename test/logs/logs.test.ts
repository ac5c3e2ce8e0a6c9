import { existsSync } from 'node:fs'
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { joinText, type LogEntry } from '../../src/runtime/logs/entry.ts'
import { logPlaceOf, segmentName } from '../../src/runtime/logs/folder.ts'
import { logKeeper } from '../../src/runtime/logs/keeper.ts'
import { type Places, readLogs } from '../../src/runtime/logs/read.ts'
import { Segments } from '../../src/runtime/logs/segments.ts'
import { folderShelf, openShelf } from '../../src/runtime/logs/shelf.ts'
import { shipTo } from '../../src/runtime/logs/ship.ts'
import { shippingKeeper } from '../../src/runtime/logs/shipping.ts'
import type { Driver } from '../../src/runtime/queue/driver.ts'
import { openStore } from '../../src/runtime/storage/open.ts'
import type { Told } from '../../src/runtime/watching/told.ts'

let folder: string
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'taskq-logs-')), 'logs')
})
afterEach(() => rm(join(folder, '..'), { recursive: true }))

function keeper(keep: 'failed' | 'all', told: Told[] = []) {
  return logKeeper({
    ...{ keep, folder, worker: 'w1', limitBytes: 2 ** 25, now: () => 0 },
    tell: one => told.push(one),
  })
}

async function entries(task?: string, places?: Places): Promise<readonly LogEntry[]> {
  const query = task === undefined ? {} : { task }
  return await Array.fromAsync(readLogs(folderShelf(folder), query, places))
}

const wrote = (task: string, text: string): Told => ({ event: 'output', task, attempt: 1, text })
const failed = (task: string, output?: string): Told => ({
  ...{ event: 'task-failed', task, attempt: 1, kind: 'exception', reason: 'Error: no' },
  ...(output !== undefined && { output }),
})

it('of failed runs what they wrote and logged is kept, in order and in one file', async () => {
  const kept = keeper('failed')
  kept.hear?.(wrote('a', 'one\n'))
  kept.hear?.(wrote('b', 'other\n'))
  kept.hear?.({ event: 'task-log', task: 'a', attempt: 1, message: 'two' })
  kept.hear?.(failed('a', 'one\ntwo\n'))
  kept.left?.({ task: 'b', attempt: 1, seconds: 1 })
  await kept.close?.()
  expect(await entries()).toMatchObject([
    {
      task: 'a',
      attempt: 1,
      worker: 'w1',
      text: 'one\ntwo\n',
      end: 'exception',
      reason: 'Error: no',
    },
  ])
  expect(await readdir(folder)).toHaveLength(1)
})

it('where all is kept, it is there while the task runs and says how it ended', async () => {
  const kept = keeper('all')
  kept.hear?.(wrote('a', 'one\n'))
  kept.hear?.(wrote('b', 'never ends\n'))
  kept.left?.({ task: 'a', attempt: 1, seconds: 1 })
  await kept.close?.()
  expect(await entries('a')).toMatchObject([{ text: 'one\n' }, { end: 'done' }])
  expect(await entries('b')).toMatchObject([{ text: 'never ends\n' }])
})

it('no folder is made where nothing is to be kept', async () => {
  const kept = keeper('failed')
  kept.hear?.(wrote('a', 'one\n'))
  kept.left?.({ task: 'a', attempt: 1, seconds: 1 })
  await kept.close?.()
  await expect(stat(folder)).rejects.toThrow('ENOENT')
  expect(await entries()).toEqual([])
})

it('a folder that cannot be written is told of, and the work goes on', async () => {
  await writeFile(folder, 'a file is in the way')
  const told: Told[] = []
  const kept = keeper('failed', told)
  kept.hear?.(failed('a', 'x'))
  await kept.close?.()
  expect(told).toMatchObject([{ event: 'watch-trouble', what: /1 lines of output are not kept/ }])
})

it('a tail that a crash has torn is no line, and all before it is read', async () => {
  const kept = keeper('failed')
  kept.hear?.(failed('a', 'x'))
  kept.hear?.(failed('b', 'y'))
  await kept.close?.()
  const [name = ''] = await readdir(folder)
  const whole = await readFile(join(folder, name))
  const firstEnd = whole.indexOf('\n') + 1
  for (const length of [whole.length - 1, firstEnd + 3, firstEnd, firstEnd - 1, 1, 0]) {
    await writeFile(join(folder, name), whole.subarray(0, length))
    expect(await entries()).toHaveLength(length >= firstEnd ? 1 : 0)
  }
})

it('what is followed is read on from where it ended, once it is complete', async () => {
  await mkdir(folder)
  const path = join(folder, segmentName('w1', 0))
  const line = (task: string) => JSON.stringify({ time: '', worker: 'w1', task, attempt: 1 })
  const places: Places = new Map()
  await appendFile(path, `${line('a')}\n${line('b').slice(0, 10)}`)
  expect(await entries(undefined, places)).toMatchObject([{ task: 'a' }])
  expect(await entries(undefined, places)).toEqual([])
  await appendFile(path, `${line('b').slice(10)}\n`)
  expect(await entries(undefined, places)).toMatchObject([{ task: 'b' }])
})

it('a line longer than any piece that is read comes whole', async () => {
  const kept = keeper('all')
  const long = 'é'.repeat(3_000_000)
  kept.hear?.(wrote('a', long))
  kept.hear?.(wrote('a', 'after'))
  await kept.close?.()
  expect((await entries('a')).map(({ text }) => text)).toEqual([long, 'after'])
})

it('files are begun anew and the oldest removed, so that the folder keeps within its limit', async () => {
  let time = 0
  const limitBytes = 16_000
  const now = () => {
    time += 1
    return time
  }
  const segments = new Segments({ folder, worker: 'w1', limitBytes, now })
  for (let at = 0; at < 200; at += 1) await segments.write([`${String(at).padStart(499, '0')}\n`])
  await segments.close()
  const names = (await readdir(folder)).sort()
  const sizes = await Promise.all(names.map(async name => (await stat(join(folder, name))).size))
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(limitBytes)
  expect(sizes.length).toBeGreaterThan(10)
  expect(await readFile(join(folder, names.at(-1) ?? ''), 'utf8')).toContain('199\n')
})

it('a file that somebody removed is begun anew', async () => {
  const segments = new Segments({ folder, worker: 'w1', limitBytes: 2 ** 25, now: () => 0 })
  await segments.write(['one\n'])
  await rm(folder, { recursive: true })
  await segments.write(['two\n'])
  await segments.close()
  const [name = ''] = await readdir(folder)
  expect(await readFile(join(folder, name), 'utf8')).toBe('two\n')
})

it('a complete file is handed on to where it outlives the machine', async () => {
  const seen: string[] = []
  const segments = new Segments({
    ...{ folder, worker: 'w1', limitBytes: 2 ** 25, now: () => 0 },
    keepElsewhere: async (_, path) => void seen.push(await readFile(path, 'utf8')),
  })
  await segments.write(['one\n'])
  await segments.close()
  expect(seen).toEqual(['one\n'])
})

it('a file for a store is complete after a minute, also when nothing more is written', async () => {
  let time = 0
  const seen: string[] = []
  const segments = new Segments({
    ...{ folder, worker: 'w1', limitBytes: 2 ** 25, now: () => time },
    keepElsewhere: (_, path) => readFile(path, 'utf8').then(text => void seen.push(text)),
  })
  await segments.write(['one\n'])
  time = 59_999
  await segments.closeOld()
  expect(seen).toEqual([])
  time = 60_000
  await segments.closeOld()
  expect(seen).toEqual(['one\n'])
})

it('a file that cannot be completed is told of, and the work goes on', async () => {
  let time = 0
  const told: Told[] = []
  const kept = logKeeper({
    ...{ keep: 'failed', folder, worker: 'w1', limitBytes: 2 ** 25, now: () => time },
    tell: one => told.push(one),
    keepElsewhere: () => Promise.reject(new Error('the disk is gone')),
  })
  kept.hear?.(failed('a', 'x'))
  await vi.waitFor(async () => expect(await entries('a')).toHaveLength(1))
  time = 60_000
  kept.tick?.act()
  await vi.waitFor(() =>
    expect(told).toMatchObject([{ event: 'watch-trouble', reason: 'the disk is gone' }]),
  )
  await kept.close?.()
})

it('a file that is removed between listing and reading has nothing to read', async () => {
  const kept = keeper('failed')
  kept.hear?.(failed('a', 'x'))
  await kept.close?.()
  const shelf = folderShelf(folder)
  const [file] = await shelf.files()
  await rm(folder, { recursive: true })
  expect(file).toBeDefined()
  if (file !== undefined) expect(await Array.fromAsync(shelf.read(file, 0))).toEqual([])
})

it('what a store does not take stays and is told of, and the next file is tried anew', async () => {
  await mkdir(folder)
  const path = join(folder, 'one.ndjson')
  await writeFile(path, 'one\n')
  const told: Told[] = []
  const address = `file://${join(folder, '..', 'store')}`
  let isAway = true
  const open = () => (isAway ? Promise.reject(new Error('away')) : openStore(address))
  const ship = shipTo(open, address, one => told.push(one))
  await ship('one.ndjson', path)
  expect(told).toMatchObject([{ event: 'watch-trouble', reason: 'away' }])
  expect(existsSync(path)).toBe(true)
  isAway = false
  await ship('one.ndjson', path)
  expect(existsSync(path)).toBe(false)
  const shelf = await openShelf({ kind: 'store', address })
  expect(await shelf.files()).toMatchObject([{ name: 'one.ndjson' }])
})

it('what is for a store is gathered in a folder that nobody else can have made', async () => {
  const temporary = join(folder, '..')
  vi.stubEnv('TMPDIR', temporary)
  onTestFinished(() => void vi.unstubAllEnvs())
  const address = `file://${join(temporary, 'store')}`
  const open = () =>
    shippingKeeper(address, {
      ...{ keep: 'failed', worker: 'w1', limitBytes: 2 ** 25, now: () => 0, tell: () => {} },
    })
  const keepers = [await open(), await open()]
  const own = (await readdir(temporary)).filter(name => name.startsWith('taskq-logs-'))
  expect(own).toHaveLength(2)
  expect(own).not.toContain('taskq-logs-w1')
  for (const name of own) expect((await stat(join(temporary, name))).mode & 0o777).toBe(0o700)
  keepers[0]?.hear?.(failed('a', 'x'))
  for (const keeper of keepers) await keeper.close?.()
  expect(await readdir(temporary)).toEqual(['store'])
  const shelf = await openShelf({ kind: 'store', address })
  expect(await shelf.files()).toHaveLength(1)
})

it('a machine without a place for temporary files keeps no output for a store, and says so', async () => {
  vi.stubEnv('TMPDIR', join(folder, 'gone'))
  onTestFinished(() => void vi.unstubAllEnvs())
  const told: Told[] = []
  const tell = (one: Told) => told.push(one)
  const options = { keep: 'failed', worker: 'w1', limitBytes: 2 ** 25, now: () => 0, tell } as const
  await (await shippingKeeper(`file://${folder}`, options)).close?.()
  expect(told).toMatchObject([{ event: 'watch-trouble', what: 'what tasks write is not kept' }])
})

it('logs lie where it is said, else beside the queue, else in the store, else here', () => {
  const place = (path?: string, named?: string, cloud?: string) =>
    logPlaceOf({ driver: { ...(path && { path }) } as Driver }, named, cloud)
  expect(place('/q.db', '/logs', 'gs://b')).toEqual({ kind: 'folder', folder: '/logs' })
  expect(place('/q.db', 's3://b/logs')).toEqual({ kind: 'store', address: 's3://b/logs' })
  expect(place('/q.db', undefined, 'gs://b')).toEqual({ kind: 'folder', folder: '/q.db.logs' })
  expect(place(undefined, undefined, 'gs://b/x/')).toEqual({
    kind: 'store',
    address: 'gs://b/x/taskq-logs',
  })
  expect(place()).toEqual({ kind: 'folder', folder: resolve('taskq-logs') })
})

it.each([
  ['all that came piece by piece is the text', 'a\nb\n', 'a\nb\n', 'a\nb\n'],
  [
    'what its process wrote past the pieces follows them',
    'a\n',
    'before\na\nFATAL\n',
    'a\nFATAL\n',
  ],
  ['a tail without any of the pieces stands behind them', 'a\n', '[...]z\n', 'a\n[...]\nz\n'],
  ['the end of what was cut is not repeated', 'abc\n', '[...]c\n', 'abc\n'],
  ['without pieces the tail is all there is', '', 'x', 'x'],
  ['without a tail the pieces are', 'x', undefined, 'x'],
])('%s', (_, own, tail, text) => {
  expect(joinText(own, tail)).toBe(text)
})
