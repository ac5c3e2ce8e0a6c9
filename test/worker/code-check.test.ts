import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { acceptanceOf } from '../../src/runtime/code/accepted.ts'
import { hashCode } from '../../src/runtime/code/hash.ts'
import { openQueue } from '../../src/runtime/index.ts'
import { systemClock } from '../../src/runtime/queue/clock.ts'
import { type Bench, openBench } from './bench.ts'

let bench: Bench
let task: string
let own: string
const other = '0123456789abcdef'

beforeEach(async () => {
  bench = await openBench()
  task = join(bench.folder, 'task.mjs')
  await writeFile(task, 'export const _runTask = ({ value }) => value')
  own = (await hashCode(task)).hash
})
afterEach(() => bench.dispose())

const row = (id: string, code?: string) => ({
  id,
  params: { value: id },
  ...(code !== undefined && { meta: { code } }),
})

const differing = () => bench.events.filter(({ event }) => event === 'code-differs')

it.each(['process', 'thread', 'none'])(
  'warn (%s): tasks of other code are run, and that is said once',
  async TQ_ISOLATION => {
    const rows = Array.from({ length: 50 }, (_, at) => row(`t${at}`, at % 2 === 0 ? own : other))
    await bench.queue.insert([...rows, row('unsaid')])
    expect(await bench.work({ TQ_ISOLATION }, { task })).toMatchObject({ done: 51, released: 0 })
    expect(differing()).toEqual([{ event: 'code-differs', tasks: other, here: own, action: 'run' }])
  },
)

it('strict: tasks of other code are handed back uncharged, others are run, the worker goes on', async () => {
  await bench.queue.insert([row('a', other), row('b', own), row('c', other), row('d')])
  const summary = await bench.work({ TQ_CODE_CHECK: 'strict' }, { task, maxTasks: 2 })
  expect(summary).toMatchObject({ end: 'max-tasks', done: 2, released: 2, dead: 0, retried: 0 })
  const views = await bench.queue.tasks.get(['a', 'c'])
  expect(views.map(({ state, attempts }) => [state, attempts])).toEqual([
    ['delayed', 0],
    ['delayed', 0],
  ])
  expect(views[0]?.secondsLeft).toBeGreaterThan(30)
  expect(differing()).toMatchObject([{ tasks: other, action: 'handed-back' }])
})

it('of a code that is as long as no hash the beginning is told', async () => {
  await bench.queue.insert([row('a', 'x'.repeat(3_000_000)), row('b', `${'x'.repeat(100)}y`)])
  expect(await bench.work({}, { task })).toMatchObject({ done: 2 })
  expect(differing()).toMatchObject([{ tasks: `${'x'.repeat(64)}…` }])
})

it('off: nothing is said', async () => {
  await bench.queue.insert([row('a', other)])
  expect(await bench.work({ TQ_CODE_CHECK: 'off' }, { task })).toMatchObject({ done: 1 })
  expect(differing()).toEqual([])
})

it('strict: code that has no hash ends the worker before anything is leased', async () => {
  const hidden = join(bench.folder, 'hidden.mjs')
  await writeFile(hidden, 'if (false) await import("./gone.mjs"); export const _runTask = () => 1')
  await bench.queue.insert([row('a', other)])
  await expect(bench.work({ TQ_CODE_CHECK: 'strict' }, { task: hidden })).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(/gone\.mjs.*cannot be read/),
  })
  expect((await bench.queue.tasks.get(['a']))[0]?.deliveries).toBe(0)
  expect(await bench.work({}, { task: hidden })).toMatchObject({ done: 1 })
  expect(differing()).toMatchObject([{ tasks: other, here: 'unknown' }])
})

it.each(['process', 'thread', 'none'])(
  'strict (%s): codes that were accepted for the code here are run, other ones are not, without a word',
  async TQ_ISOLATION => {
    await bench.queue.notes.write([
      acceptanceOf(other, own),
      acceptanceOf('fedcba9876543210', other),
    ])
    await bench.queue.insert([row('a', other), row('b', own), row('c', 'fedcba9876543210')])
    const settings = { TQ_CODE_CHECK: 'strict', TQ_ISOLATION }
    const summary = await bench.work(settings, { task, maxTasks: 2 })
    expect(summary).toMatchObject({ done: 2, retried: 0, dead: 0 })
    expect([...(await bench.results()).keys()].toSorted()).toEqual(['a', 'b'])
    expect(differing().map(event => 'tasks' in event && event.tasks)).not.toContain(other)
  },
)

it('warn: tasks of an accepted code are run without a word', async () => {
  await bench.queue.notes.write([acceptanceOf(other, own)])
  await bench.queue.insert([row('a', other)])
  expect(await bench.work({}, { task })).toMatchObject({ done: 1 })
  expect(differing()).toEqual([])
})

it('strict: a running worker hears of a code that is accepted meanwhile', async () => {
  let ahead = 0
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + ahead }
  const url = `memory:${bench.folder}`
  const queue = await openQueue(url, { clock })
  await queue.insert([row('a', other), row('b', own)])
  const working = bench.work({ TQ_CODE_CHECK: 'strict' }, { queue, task, clock })
  while ((await queue.counts()).delayed === 0) await new Promise(setImmediate)
  await queue.notes.write([acceptanceOf(other, own)])
  // It may be handed back once more before the worker looks at the notes again.
  while ((await queue.counts()).done !== 2) {
    if ((await queue.counts()).delayed === 1) ahead += 61_000
    await new Promise(setImmediate)
  }
  expect(await working).toMatchObject({ end: 'drained', done: 2, retried: 0 })
  await queue.close()
})
