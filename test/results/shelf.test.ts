import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createQueue, type Driver, type Lease, type Queue } from '../../src/runtime/index.ts'
import { openDriver } from '../../src/runtime/queue/open.ts'
import { checkResults } from '../../src/runtime/results/check.ts'
import { writeResults } from '../../src/runtime/results/command.ts'
import { readDead, readResults } from '../../src/runtime/results/read.ts'
import { Shelf } from '../../src/runtime/results/shelf.ts'
import { withShelf } from '../../src/runtime/results/shelved.ts'
import { openTable } from '../../src/runtime/tables/index.ts'
import { openIo } from './reading.ts'

let folder: string
let main: Driver
let queue: Queue
const beside = new Map<string, Driver>()

/** What a service offers that shows single tasks to nobody, with queues of its kind beside it. */
async function bare(): Promise<Driver> {
  const { tasks: _, results: __, ...verbs } = await openDriver('memory:')
  return {
    ...verbs,
    traits: { ...verbs.traits, fenced: false, unique: false },
    // Nobody waits for what comes in a test.
    limits: { ...verbs.limits, waitSeconds: 0 },
  }
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taskq-shelf-'))
  beside.clear()
  main = await bare()
  queue = createQueue({
    ...main,
    async companion(purpose) {
      const one = beside.get(purpose) ?? (await bare())
      beside.set(purpose, one)
      return { ...one, close: async () => {} }
    },
  })
})

afterEach(async () => {
  await queue.close()
  await rm(folder, { recursive: true })
})

async function leaseAll(ids: readonly string[]): Promise<readonly Lease[]> {
  await queue.insert(ids.map(id => ({ id, params: { id } })))
  return await queue.lease({ max: ids.length, seconds: 60, worker: { id: 'w' } })
}

const finish = (leases: readonly Lease[], text = 'first') =>
  queue.settle(leases.map(lease => ({ lease, record: JSON.stringify(`${text} ${lease.id}`) })))

const idsOf = async (read: Queue) =>
  (await Array.fromAsync(readResults(read))).map(({ id, text }) => `${id} ${text}`)

it('outcomes are moved once and read as often as one likes', async () => {
  const ids = Array.from({ length: 2500 }, (_, at) => `t${at}`)
  await finish(await leaseAll(ids))
  const said: string[] = []
  const tell = (sentence: string) => Promise.resolve(said.push(sentence))
  for (let round = 0; round < 2; round += 1) {
    const shelved = await withShelf(queue, { folder, tell })
    expect(await idsOf(shelved)).toEqual(ids.map(id => `${id} "first ${id}"`))
    expect(await shelved.counts()).toMatchObject({ ready: 0, done: 2500, dead: 0 })
  }
  expect(said.length).toBe(1)
  expect((await beside.get('results')?.counts())?.ready).toBe(0)
})

it('single outcomes are read from wherever they stand', async () => {
  const shelf = await Shelf.open(folder, queue.url)
  const long = JSON.stringify('ä'.repeat(100_000))
  const ids = Array.from({ length: 60 }, (_, at) => `t${at}`)
  await shelf.keep(ids.map((id, at) => ({ id, attempts: at, record: at % 7 === 0 ? long : '1' })))
  await shelf.keep([{ id: 't3', attempts: 9, record: '"a repeat"' }])
  const asked = ['t59', 't0', 't3', 'absent', 't14', 't15', 't0']
  for (const opened of [shelf, await Shelf.open(folder, queue.url)]) {
    const outcomes = await opened.get(asked)
    expect(outcomes.size).toBe(5)
    for (const id of ['t0', 't3', 't14', 't15', 't59']) {
      const at = Number(id.slice(1))
      expect(outcomes.get(id)).toEqual({ id, attempts: at, record: at % 7 === 0 ? long : '1' })
    }
  }
  const shelved = await withShelf(queue, { folder })
  expect((await shelved.tasks.get(asked)).map(({ id }) => id)).toEqual(
    asked.filter(id => id !== 'absent'),
  )
})

it('of two results the first counts and the other is counted', async () => {
  const leases = await leaseAll(['a', 'b'])
  await finish(leases)
  await (await withShelf(queue, { folder })).counts()
  // A memory queue takes an id once; stores that need a shelf do not.
  await beside.get('results')?.purge()
  await finish(leases.slice(0, 1), 'second')
  const shelved = await withShelf(queue, { folder })
  expect(await idsOf(shelved)).toEqual(['a "first a"', 'b "first b"'])
  expect(await checkResults(shelved)).toMatchObject({ results: 2, repeated: 1, isComplete: true })
})

it('what a crash hands over twice is no repeat, and half a line at the end no harm', async () => {
  await finish(await leaseAll(['a', 'b']))
  const results = beside.get('results')
  const crash = new Error('killed')
  const cut = { ...results, complete: () => Promise.reject(crash) } as Driver
  beside.set('results', cut)
  const dying = createQueue({
    ...main,
    companion: purpose => Promise.resolve(beside.get(purpose) ?? cut),
  })
  await expect(withShelf(dying, { folder })).rejects.toBe(crash)
  const shelf = await Shelf.open(folder, queue.url)
  await appendFile(shelf.path, '{"id":"c","atte')
  // The store lends again what was not completed.
  await results?.purge()
  beside.set('results', await bare())
  await finish(await leaseAll(['a', 'b', 'c']))
  const shelved = await withShelf(queue, { folder })
  expect(await checkResults(shelved)).toMatchObject({ results: 3, repeated: 0 })
})

it('nobody is told to insert rows of which it cannot be known whether they wait', async () => {
  await finish(await leaseAll(['a']))
  await queue.insert([{ id: 'b', params: {} }])
  const shelved = await withShelf(queue, { folder })
  const { io, said } = openIo()
  const path = join(folder, 't.ndjson')
  await writeFile(path, '{"id":"a"}\n{"id":"b"}\n')
  const table = await openTable(path)
  const out = join(folder, 'out.ndjson')
  const found = await writeResults(shelved, table, { out, key: ['id'] }, io)
  await table.close()
  expect(found).toMatchObject({ tasks: 2, results: 1, isComplete: false })
  expect(said.join('\n')).toContain('1 without a result: b (how many still wait: taskq status)')
})

it('a line damaged in the middle is an error that names the file', async () => {
  const shelf = await Shelf.open(folder, queue.url)
  await shelf.keep([{ id: 'a', attempts: 1, record: '1' }])
  await appendFile(shelf.path, 'garbage\n')
  await shelf.keep([{ id: 'b', attempts: 1, record: '1' }])
  await expect(Shelf.open(folder, queue.url)).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringContaining(shelf.path),
  })
})

it('dead tasks are listed with their reasons and can be made ready again', async () => {
  const [a, b] = await leaseAll(['a', 'b'])
  if (a === undefined || b === undefined) throw new Error('not leased')
  await queue.bury([{ lease: a, reason: 'gave up: no', record: '{"stack":1}', attempts: 3 }])
  await finish([b])
  const shelved = await withShelf(queue, { folder })
  expect(await Array.fromAsync(readDead(shelved))).toEqual([
    { id: 'a', attempts: 3, reason: 'gave up: no', text: '{"stack":1}' },
  ])
  await main.purge()
  expect(await shelved.tasks.revive(['a', 'b', 'c'], 'dead')).toEqual(['done', 'absent', 'absent'])
  expect(await Array.fromAsync(readDead(shelved))).toEqual([])
  const [again] = await queue.lease({ max: 5, seconds: 60, worker: { id: 'w' } })
  expect(again).toMatchObject({ id: 'a', attempts: 0, body: a.body })
  if (again !== undefined) await finish([again])
  expect(await checkResults(await withShelf(queue, { folder }))).toMatchObject({ isComplete: true })
})

it('a check names the dead that were brought here, and knows the cancelled among them', async () => {
  const [a, b, c] = await leaseAll(['a', 'b', 'c'])
  if (a === undefined || b === undefined || c === undefined) throw new Error('not leased')
  await queue.bury([
    { lease: a, reason: 'gave up: no' },
    { lease: b, reason: 'cancelled' },
  ])
  await finish([c])
  expect(await checkResults(await withShelf(queue, { folder }))).toMatchObject({
    ...{ tasks: 3, results: 1, isComplete: false },
    dead: { count: 1, ids: ['a'] },
    cancelled: { count: 1, ids: ['b'] },
  })
})

it('a dead task of which a result comes after all is done', async () => {
  const leases = await leaseAll(['a'])
  const [lease] = leases
  if (lease !== undefined) await queue.bury([{ lease, reason: 'exit: lost' }])
  await (await withShelf(queue, { folder })).results.read({ max: 1 })
  await finish(leases)
  const shelved = await withShelf(queue, { folder })
  expect(await checkResults(shelved)).toMatchObject({ results: 1, repeated: 0, isComplete: true })
})

it('a message that the store itself moved to the dead ones is one, with its body', async () => {
  await queue.prepare()
  await beside.get('dead')?.insert([{ id: 'm', body: '{"payload":[]}' }])
  const shelved = await withShelf(queue, { folder })
  const [dead] = await shelved.tasks.get(['m'])
  expect(dead).toMatchObject({ state: 'dead', body: '{"payload":[]}' })
  expect(dead?.reason).toMatch(/^exit: the store moved it here/)
})

it('what waits is told by number, and listing it is refused with what to do', async () => {
  await queue.insert([{ id: 'a', params: {} }])
  const shelved = await withShelf(queue, { folder })
  expect(await checkResults(shelved)).toMatchObject({ unfinished: { count: 1 }, isComplete: false })
  await expect(shelved.tasks.list({ states: ['ready'], max: 5 })).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('taskq status'),
  })
})

it('two processes do not move outcomes into one file at the same time', async () => {
  const module = new URL('../../src/runtime/results/shelf.ts', import.meta.url).href
  const holding = `
    const { Shelf } = await import(${JSON.stringify(module)})
    await Shelf.open(process.argv[1], process.argv[2])
    console.log('open')
    setInterval(() => {}, 1000)`
  const args = ['--input-type=module', '--eval', holding, folder, queue.url]
  const other = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(other.stdout, 'data')
  await expect(Shelf.open(folder, queue.url)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('Another taskq has'),
  })
  other.kill('SIGKILL')
  await once(other, 'close')
  await Shelf.open(folder, queue.url)
})
