import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Bench, openBench, wild } from './bench.ts'
import { launch, waiting, workerScript } from './launch.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.dispose())

const url = () => bench.queue.url
const file = () => join(bench.folder, 'go')

it('told to stop, it releases what has not begun at once, lets running tasks end and charges nothing', async () => {
  await bench.insert(Array.from({ length: 50 }, () => ({ does: 'untilFile', file: file() })))
  const worker = launch({ queue: url() }, { TQ_SHUTDOWN_GRACE_SECONDS: '600', TQ_CONCURRENCY: '1' })
  await worker.hears(waiting('t0'))
  worker.child.kill('SIGTERM')
  await worker.hears(({ event }) => event === 'stopping')
  await untilCounts(({ ready, leased }) => ready === 49 && leased === 1)
  await writeFile(file(), '')
  expect(await worker.gone).toBe(143)
  expect(await bench.queue.counts()).toMatchObject({ ready: 49, leased: 0, done: 1, dead: 0 })
  const { items } = await bench.queue.tasks.list({ states: ['ready'], max: 100 })
  expect(items.every(({ attempts }) => attempts === 0)).toBe(true)
})

it('when the grace is over the running task is told by its signal, and released without a charge', async () => {
  await bench.insert([{ does: 'untilAborted' }, { does: 'loop' }])
  const worker = launch({ queue: url() }, { TQ_SHUTDOWN_GRACE_SECONDS: '0.5' })
  await worker.hears(waiting('t0'))
  worker.child.kill('SIGINT')
  expect(await worker.gone).toBe(130)
  expect(await bench.queue.counts()).toMatchObject({ ready: 2, leased: 0, done: 0, dead: 0 })
  const views = await bench.queue.tasks.get(['t0', 't1'])
  expect(views.map(({ attempts }) => attempts)).toEqual([0, 0])
})

it('a second signal ends it at once, and nothing stays leased', async () => {
  await bench.insert([{ does: 'untilFile', file: file() }, { does: 'loop' }])
  const worker = launch({ queue: url() }, { TQ_SHUTDOWN_GRACE_SECONDS: '600' })
  await worker.hears(waiting('t0'))
  worker.child.kill('SIGTERM')
  await worker.hears(({ event }) => event === 'stopping')
  worker.child.kill('SIGTERM')
  expect(await worker.gone).toBe(143)
  expect(await bench.queue.counts()).toMatchObject({ ready: 2, leased: 0 })
})

it('a task that ends the worker it runs in leaves no exit code that says the work is done', async () => {
  await bench.insert([{ does: 'exit' }])
  const worker = launch({ queue: url() }, { TQ_ISOLATION: 'none' })
  expect(await worker.gone).toBe(1)
  expect(worker.stderr()).toMatch(/^Task "t0" ended the worker that ran it \(code 0\)\./)
})

it('a task that asks is told that the worker is to stop, and its result still counts', async () => {
  await bench.insert([{ does: 'untilShutdown' }])
  const worker = launch({ queue: url() })
  await worker.hears(waiting('t0'))
  worker.child.kill('SIGTERM')
  expect(await worker.gone).toBe(143)
  expect((await bench.results()).get('t0')?.value).toBe('in time')
})

it('drained: it waits for what others hold; idle: it does not', async () => {
  await bench.insert([{ does: 'value', value: 1 }])
  const [lease] = await bench.queue.lease({ max: 1, seconds: 600, worker: { id: 'other' } })
  expect(await bench.work({}, { until: 'idle' })).toMatchObject({ end: 'idle', runs: 0 })
  const draining = bench.work()
  if (lease === undefined) throw new Error('nothing to lease')
  await bench.queue.release([lease])
  expect(await draining).toMatchObject({ end: 'drained', done: 1 })
})

it('ends after so many runs and gives the rest back', async () => {
  await bench.insert(Array.from({ length: 500 }, (_, value) => ({ does: 'value', value })))
  expect(await bench.work({}, { maxTasks: 77 })).toMatchObject({ end: 'max-tasks', runs: 77 })
  expect(await bench.queue.counts()).toMatchObject({ ready: 423, leased: 0, done: 77 })
})

it('ends after so many seconds and lets the running task finish', async () => {
  await bench.insert([{ does: 'untilShutdown' }])
  const summary = await bench.work({}, { maxSeconds: 2 })
  expect(summary).toMatchObject({ end: 'max-seconds', done: 1 })
})

it.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)(
  '%s ends it at once while its task is still being loaded, and it says so',
  async (signal, code) => {
    const task = join(bench.folder, 'slow.mjs')
    const text = `import { writeFileSync } from 'node:fs'
writeFileSync(${JSON.stringify(bench.note)}, 'begun\\n')
await new Promise(resolve => setTimeout(resolve, 1e9))
export const runTask = () => 1`
    await writeFile(task, text)
    await bench.insert([{ does: 'value', value: 1 }])
    const worker = launch({ queue: url(), task })
    await bench.untilBegun(1)
    worker.child.kill(signal)
    expect(await worker.gone).toBe(code)
    expect(worker.stderr()).toBe('')
    const stopping = worker.said.find(({ event }) => event === 'stopping')
    expect(stopping?.reason).toBe(`the worker was told to stop, before ${task} was loaded`)
    expect(await bench.queue.counts()).toMatchObject({ ready: 1, leased: 0 })
  },
)

it('too many failures in a row stop it, loudly and with the reason', async () => {
  await bench.insert(Array.from({ length: 200 }, () => ({ does: 'throw' })))
  const worker = launch({ queue: url() }, { TQ_STOP_AFTER_FAILURES: '10' })
  expect(await worker.gone).toBe(65)
  const end = worker.said.find(({ event }) => event === 'ended')
  expect(end?.end).toBe('failures')
  expect(end?.reason).toMatch(/^\d+ runs failed in a row .*"t\d+": Error: it was too much$/)
  const { leased, dead = 0 } = await bench.queue.counts()
  expect(leased).toBe(0)
  expect(dead).toBe(0)
})

it('no more tasks are charged than may fail in a row: the others are handed back', async () => {
  await bench.insert(Array.from({ length: 2000 }, () => ({ does: 'throw' })))
  const summary = await bench.work({ TQ_STOP_AFTER_FAILURES: '20', TQ_MAX_ATTEMPTS: '1000' })
  expect(summary).toMatchObject({ end: 'failures', done: 0, dead: 0 })
  const { items } = await bench.queue.tasks.list({ states: ['ready', 'delayed'], max: 2000 })
  expect(items.filter(({ attempts }) => attempts > 0)).toHaveLength(20)
})

it.each([
  [{ queue: 'sqlite:nowhere.db' }, {}, /There is no queue at .*nowhere\.db/],
  [{ queue: 'sqlite:\u001b[2Jnowhere.db' }, {}, /no queue at .*\\u001b\[2Jnowhere\.db/],
  [{ queue: 'carrier-pigeon:x' }, {}, /a kind this version does not know/],
  [{ task: 'nowhere.ts' }, {}, /There is no .*nowhere\.ts/],
  [{}, { TQ_CONCURRENCY: 'many' }, /TQ_CONCURRENCY is "many" in the environment; it takes/],
])('%j with %j ends with 64 and what to mend', async (command, values, message) => {
  const worker = launch({ queue: url(), ...command }, values)
  expect(await worker.gone).toBe(64)
  expect(worker.stderr()).toMatch(message)
  expect(worker.stderr()).not.toMatch(/\n +at /)
})

it.each([
  ['export function runTask( {', /could not be loaded: .*broken\.mjs:1\n[\s\S]*SyntaxError/],
  ['process.exit(7)', /could not be loaded: its process ended with code 7 while it was imported/],
  ['import "./nowhere.mjs"', /could not be loaded: [\s\S]*Cannot find module .*nowhere\.mjs/],
])('a task that says %j ends it with 64 before anything is leased', async (text, message) => {
  const task = join(bench.folder, 'broken.mjs')
  await writeFile(task, text)
  await bench.insert([{ does: 'value', value: 1 }])
  const worker = launch({ queue: url(), task })
  expect(await worker.gone).toBe(64)
  expect(worker.stderr()).toMatch(message)
  expect((await bench.queue.tasks.get(['t0']))[0]?.deliveries).toBe(0)
})

it('a runner killed from outside while the task is loaded is a fault of this machine alone', async () => {
  const task = join(bench.folder, 'killed.mjs')
  await writeFile(task, "process.kill(process.pid, 'SIGKILL')\nexport const runTask = () => 1")
  const worker = launch({ queue: url(), task })
  expect(await worker.gone).toBe(1)
  expect(worker.stderr()).toMatch(/could not be loaded: its process was killed by SIGKILL from out/)
})

async function untilCounts(
  fits: (counts: Awaited<ReturnType<Bench['queue']['counts']>>) => boolean,
): Promise<void> {
  while (!fits(await bench.queue.counts())) await new Promise(setImmediate)
}

it.each(['process', 'thread'])(
  'a process that a task left behind with all pipes of its %s keeps no worker from ending',
  async isolation => {
    await bench.insert([{ does: 'leaveProcess' }])
    const worker = launch({ queue: url() }, { TQ_ISOLATION: isolation })
    try {
      expect(await worker.gone).toBe(0)
    } finally {
      process.kill(Number((await bench.results()).get('t0')?.value), 'SIGKILL')
    }
  },
)

it('a worker that may open too few files for its runners ends with 64 and what to change', async () => {
  await bench.insert([{ does: 'value', value: 1 }])
  const orders = JSON.stringify({ queue: url(), task: wild, until: 'drained' })
  const env = { ...process.env, TQ_CONCURRENCY: '8', TQ_SPOT_NOTICES: 'off' }
  const few = ['-c', 'ulimit -n 32 && exec "$@"', 'sh', process.execPath, workerScript, orders]
  const ended = spawnSync('sh', few, { env, encoding: 'utf8' })
  expect(ended.stderr).toMatch(/^No runner could be started: .*EMFILE.*ulimit -n/)
  expect(ended.status).toBe(64)
  expect(await bench.queue.counts()).toMatchObject({ ready: 1, leased: 0 })
})
