import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type DeadRecord, readRecord } from '../../src/runtime/results/record.ts'
import type { LeftRun } from '../../src/runtime/worker/work-options.ts'
import { type Bench, openBench } from './bench.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.dispose())

it.each([
  'module.exports = { ...{ _runTask: () => 7 } }',
  'const to = exports; to.runTask = () => 7',
  'module.exports._runTask = () => 7',
])('a CommonJS file is run as well: %s', async text => {
  const task = join(bench.folder, 'task.cjs')
  await writeFile(task, text)
  await bench.insert([{}])
  expect(await bench.work({}, { task })).toMatchObject({ done: 1 })
  expect((await bench.results()).get('t0')?.value).toBe(7)
})

it('CommonJS in an ES module is refused with what to write, and without our own stack', async () => {
  const task = join(bench.folder, 'task.mjs')
  await writeFile(task, 'module.exports = { _runTask: () => 7 }')
  const refused = bench.work({}, { task })
  await expect(refused).rejects.toThrow(
    /^.*task\.mjs could not be loaded: ReferenceError: module is/,
  )
  await expect(refused).rejects.toThrow(/Write: export function _runTask.*task\.cjs/)
  await expect(refused).rejects.not.toThrow(/at async importTaskFile/)
})

it('every task gets one result that says what it returned, when, where and in which attempt', async () => {
  await bench.insert([
    { does: 'value', value: { list: [1, 'é', null] } },
    { does: 'nothing' },
    { does: 'big' },
    { does: 'facts' },
    { does: 'retryOnce' },
  ])
  const summary = await bench.work({}, { args: ['--fast'], worker: 'w1', host: 'h1' })
  expect(summary).toMatchObject({ end: 'drained', done: 5, dead: 0, retried: 1, lost: 0 })
  const results = await bench.results()
  expect(results.get('t0')?.value).toEqual({ list: [1, 'é', null] })
  expect(results.get('t1')).not.toHaveProperty('value')
  expect(results.get('t2')?.value).toBe(864691135494192529n)
  expect(results.get('t3')?.value).toEqual({
    taskId: 't3',
    attempt: 1,
    worker: 'w1',
    args: ['--fast'],
  })
  expect(results.get('t4')).toMatchObject({
    status: 'done',
    value: 2,
    attempt: 2,
    worker: 'w1',
    host: 'h1',
  })
  const { startedAt, endedAt, seconds } = results.get('t0') ?? {}
  expect(startedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  expect(Date.parse(endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(startedAt ?? ''))
  expect(seconds).toBeGreaterThan(0)
})

it.each([
  ['throw', 2, /^exception: Error: it was too much \(attempt 2 of 2\)$/],
  ['throwText', 2, /^exception: threw just text/],
  ['retry', 2, /^not yet \(attempt 2 of 2\)$/],
  ['giveUp', 1, /^gave up: no such cell$/],
  ['throwGiveUp', 1, /^gave up: no such cell either$/],
  ['map', 1, /^gave up: the result cannot be kept: value is a Map/],
  ['circle', 1, /^gave up: the result cannot be kept: value\.self is value again, in a circle/],
  ['huge', 1, /^gave up: the result has 20\d{6} bytes, at most 16777216 can be kept; write it/],
  ['segfault', 2, /^exit: its process died of SIGSEGV/],
  ['abort', 2, /^exit: its process died of SIGABRT/],
  ['exit', 2, /^exit: .*the task ended its process \(process\.exit, code 0\)/],
  ['exitInVain', 2, /^exit: .*the task ended its process \(process\.exit, code 0\)/],
  ['exitLater', 2, /^exit: .*the task ended its process \(process\.exit, code 3\)/],
  ['rejection', 2, /^exception: Error: nobody caught me/],
  ['emitter', 2, /^exception: Error: thrown from a timer/],
  ['throwProxy', 2, /^exception: threw Proxy\(\{\}\)/],
  ['throwObject', 2, /^exception: threw \{ status: 503 \}/],
  ['throwLong', 2, /^exception: Error: 語{1300,} \(attempt 2 of 2\)$/],
  ['giveUpLong', 1, /^gave up: half .語{1300,}$/],
  [
    'throwCause',
    2,
    /^exception: Error: outer, because of TypeError: inner, because of Error: ECONN/,
  ],
  ['writeToWorker', 2, /^exit: something wrote to the pipe on which its runner talks/],
  ['writeLength', 2, /^exit: something wrote to the pipe on which its runner talks/],
  ['changeJson', 2, /^exit: something wrote to the pipe .*, or changed how it does/],
  ['throwSeveral', 2, /^exception: AggregateError, because of TypeError: the first/],
])(
  'a task that does "%s" is dead after %i runs, its siblings are done',
  async (does, runs, reason) => {
    const siblings = Array.from({ length: 40 }, (_, value) => ({ does: 'value', value }))
    await bench.insert([...siblings.slice(0, 20), { does }, ...siblings.slice(20)])
    const summary = await bench.work()
    expect(summary).toMatchObject({ end: 'drained', done: 40, dead: 1, lost: 0 })
    const dead = await bench.dead()
    expect([...dead.keys()]).toEqual(['t20'])
    expect(dead.get('t20')?.reason).toMatch(reason)
    expect(dead.get('t20')?.attempts).toBe(runs)
    for (const { attempt } of (await bench.results()).values()) expect(attempt).toBe(1)
  },
)

it('a task that fakes clocks and timers for itself fakes them for no other', async () => {
  const values = Array.from({ length: 40 }, (_, value) => ({ does: 'slowly', value }))
  await bench.insert([{ does: 'fakeTime' }, { does: 'throw' }, ...values])
  const settings = { TQ_CONCURRENCY: '1', TQ_MAX_ATTEMPTS: '1' }
  expect(await bench.work(settings)).toMatchObject({ done: 41, dead: 1 })
  for (const { attempt, seconds, startedAt } of (await bench.results()).values()) {
    expect(attempt).toBe(1)
    expect(seconds).toBeGreaterThan(0)
    expect(startedAt).toMatch(/^20/)
  }
})

it('a task that no wire of ours wrote is dead with the reason, and the worker lives', async () => {
  await bench.queue.insertMessages([{ id: 'foreign', body: '["PrintTask",{}]' }])
  await bench.insert([{ does: 'value', value: 1 }])
  expect(await bench.work()).toMatchObject({ done: 1, dead: 1 })
  expect((await bench.dead()).get('foreign')?.reason).toMatch(
    /^gave up: the body is no task of ours/,
  )
})

it('an endless loop is killed when its time is up, and charged for it', async () => {
  await bench.insert([{ does: 'value', value: 1 }, { does: 'loop' }, { does: 'value', value: 2 }])
  const summary = await bench.work({ TQ_TASK_TIMEOUT_SECONDS: '1.5' })
  expect(summary).toMatchObject({ done: 2, dead: 1, failures: { timeout: 2, exit: 0 } })
  expect((await bench.dead()).get('t1')?.reason).toMatch(
    /^timeout: took longer than 1\.5 s and did not end when told to \(attempt 2 of 2\)$/,
  )
})

it('a task that only waits is told by its signal that its time is up', async () => {
  await bench.insert([{ does: 'untilAborted' }, { does: 'hang' }])
  const summary = await bench.work({ TQ_TASK_TIMEOUT_SECONDS: '1.5', TQ_MAX_ATTEMPTS: '1' })
  expect(summary).toMatchObject({ dead: 2, failures: { timeout: 2 } })
  const dead = await bench.dead()
  expect(dead.get('t0')?.reason).toMatch(/^timeout: Error: the task took longer than 1\.5 s/)
  expect(dead.get('t1')?.reason).toMatch(/^timeout: took longer .* did not end when told to/)
})

it('a full heap and a runner above its limit count as memory', async () => {
  await bench.insert([{ does: 'heap' }, { does: 'memory' }, { does: 'value', value: 1 }])
  const summary = await bench.work({ TQ_MEMORY_LIMIT: '300Mi', TQ_MAX_ATTEMPTS: '1' })
  expect(summary).toMatchObject({ done: 1, dead: 2, failures: { memory: 2, exit: 0 } })
  const dead = await bench.dead()
  expect(dead.get('t0')?.reason).toMatch(/^memory: /)
  expect(dead.get('t1')?.reason).toMatch(/^memory: its runner used more than 314572800 bytes/)
})

it('a flood of output harms nobody; of a failed task the last of it is kept', async () => {
  await bench.insert([{ does: 'flood' }, { does: 'floodAndThrow' }, { does: 'value', value: 1 }])
  expect(await bench.work({ TQ_MAX_ATTEMPTS: '1' })).toMatchObject({ done: 2, dead: 1 })
  const record = JSON.parse((await bench.dead()).get('t1')?.record ?? '{}') as {
    output: string
    stack: string
  }
  expect(record.output).toMatch(/^\[\.\.\.\].*line 4999\nthe last words\n$/s)
  expect(record.output.length).toBeLessThan(20_000)
  expect(record.stack).toMatch(/Error: after a flood\n +at /)
})

it('what a segfaulting task wrote last is kept', async () => {
  await bench.insert([{ does: 'segfault' }])
  await bench.work({ TQ_MAX_ATTEMPTS: '1' })
  expect((await bench.dead()).get('t0')?.record).toContain('about to fall')
})

it('kinds of failure that are switched off are not tried again', async () => {
  await bench.insert([{ does: 'throw' }, { does: 'abort' }])
  await bench.work({ TQ_MAX_ATTEMPTS: '3', TQ_RETRY_ON: 'exit' })
  const dead = await bench.dead()
  expect(dead.get('t0')?.attempts).toBe(1)
  expect(dead.get('t1')?.attempts).toBe(3)
})

it.each(['fresh', 'none'])('isolation "%s" gives the same results', async TQ_ISOLATION => {
  await bench.insert([{ does: 'value', value: 1 }, { does: 'throw' }, { does: 'retryOnce' }])
  expect(await bench.work({ TQ_ISOLATION })).toMatchObject({ done: 2, dead: 1, retried: 2 })
  expect((await bench.results()).get('t0')?.value).toBe(1)
})

it('tasks that wait share a runner, and one that crashes it is found among them', async () => {
  const waiting = Array.from({ length: 6 }, (_, value) => ({ does: 'value', value }))
  await bench.insert([...waiting, { does: 'segfault' }, { does: 'hang' }, ...waiting])
  const summary = await bench.work({
    TQ_ASYNC_PER_RUNNER: '8',
    TQ_CONCURRENCY: '1',
    TQ_MAX_ATTEMPTS: '1',
    TQ_TASK_TIMEOUT_SECONDS: '2',
  })
  expect(summary).toMatchObject({ done: 12, dead: 2, failures: { exit: 1, timeout: 1 } })
  for (const { attempt } of (await bench.results()).values()) expect(attempt).toBe(1)
})

it('what a task logs and how far it is reaches the worker', async () => {
  await bench.insert([{ does: 'log' }])
  await bench.work()
  expect(bench.events).toContainEqual({
    ...{ event: 'task-log', task: 't0', attempt: 1, message: 'half way' },
  })
  expect(bench.events).toContainEqual({ event: 'task-progress', task: 't0', fraction: 0.5 })
})

it('runners are replaced after so many tasks', async () => {
  await bench.insert(Array.from({ length: 30 }, (_, value) => ({ does: 'value', value })))
  expect(await bench.work({ TQ_RECYCLE_AFTER: '4' })).toMatchObject({ done: 30, dead: 0 })
})

it('what a task writes is told with its id, and is kept with what it logged when it dies', async () => {
  await bench.insert([{ does: 'speakAndThrow' }, { does: 'value', value: 1 }])
  const left: LeftRun[] = []
  await bench.work({ TQ_MAX_ATTEMPTS: '1' }, { onLeft: run => left.push(run) })
  const spoken = bench.events.filter(({ event }) => event === 'output' || event === 'task-log')
  expect(spoken).toEqual([
    { event: 'output', task: 't0', attempt: 1, text: 'to stdout\n' },
    { event: 'task-log', task: 't0', attempt: 1, message: 'to the log' },
    { event: 'output', task: 't0', attempt: 1, text: 'to stderr\n' },
  ])
  const record = readRecord((await bench.dead()).get('t0')?.record ?? '') as DeadRecord
  expect(record.output).toBe('to stdout\nto the log\nto stderr\n')
  expect(left).toMatchObject([{ task: 't1', attempt: 1 }])
})

it('an error beside the calls of several tasks at once is charged to the task that causes it', async () => {
  const task = join(bench.folder, 'shared.mjs')
  const text = `const broken = []
setInterval(() => { if (broken.pop()) throw new Error('the shared connection broke') }, 20).unref()
export async function runTask({ value }) {
  if (value === 2) broken.push(value)
  await new Promise(resolve => setTimeout(resolve, 100))
  return value
}`
  await writeFile(task, text)
  await bench.insert([1, 2, 3, 4].map(value => ({ value })))
  const settings = { TQ_CONCURRENCY: '1', TQ_ASYNC_PER_RUNNER: '4' }
  expect(await bench.work(settings, { task })).toMatchObject({ done: 3, dead: 1 })
  expect((await bench.dead()).get('t1')).toMatchObject({
    attempts: 2,
    reason: 'exception: Error: the shared connection broke (attempt 2 of 2)',
  })
  for (const { attempt } of (await bench.results()).values()) expect(attempt).toBe(1)
})

it('the stack of an error goes on with those of its causes', async () => {
  await bench.insert([{ does: 'throwCause' }])
  await bench.work({ TQ_MAX_ATTEMPTS: '1' })
  const { stack } = readRecord((await bench.dead()).get('t0')?.record ?? '') as DeadRecord
  expect(stack).toMatch(/^Error: outer\n +at .*\ncaused by TypeError: inner\n +at .*\ncaused by /s)
})

it('an error whose stack is no text still tells what was thrown', async () => {
  const task = join(bench.folder, 'odd.mjs')
  const text = `Error.prepareStackTrace = (_, sites) => sites
export const runTask = () => { throw new Error('what went wrong') }`
  await writeFile(task, text)
  await bench.insert([{}])
  await bench.work({}, { task })
  expect((await bench.dead()).get('t0')?.reason).toMatch(/^exception: Error: what went wrong/)
})
