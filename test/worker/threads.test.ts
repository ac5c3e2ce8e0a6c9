import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Bench, openBench } from './bench.ts'
import { launch, waiting } from './launch.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.dispose())

const threads = { TQ_ISOLATION: 'thread', TQ_CONCURRENCY: '3' }

it('threads of one process share the work and give the same results as processes', async () => {
  const rows = Array.from({ length: 500 }, (_, value) => ({ does: 'where', value }))
  await bench.insert([...rows, { does: 'big' }, { does: 'retryOnce' }])
  const summary = await bench.work(threads)
  expect(summary).toMatchObject({ end: 'drained', done: 502, retried: 1, dead: 0, lost: 0 })
  const results = await bench.results()
  expect(results.get('t500')?.value).toBe(864691135494192529n)
  const places = rows.map((_, at) => results.get(`t${at}`)?.value as unknown as Place)
  expect(new Set(places.map(({ pid }) => pid)).size).toBe(1)
  expect(places[0]?.pid).not.toBe(process.pid)
  expect(places.every(({ thread }) => thread > 0)).toBe(true)
})

interface Place {
  readonly pid: number
  readonly thread: number
}

it.each([
  ['throw', 2, /^exception: Error: it was too much \(attempt 2 of 2\)$/],
  ['giveUp', 1, /^gave up: no such cell$/],
  ['map', 1, /^gave up: the result cannot be kept: value is a Map/],
  ['segfault', 2, /^exit: its process died of SIGSEGV/],
  ['exit', 2, /^exit: .*the task ended its process \(process\.exit, code 0\)/],
  ['exitLater', 2, /^exit: .*the task ended its process \(process\.exit, code 3\)/],
  ['rejection', 2, /^exception: Error: nobody caught me/],
  ['emitter', 2, /^exception: Error: thrown from a timer/],
])(
  'a task that does "%s" in a thread is dead after %i runs, its siblings are done',
  async (does, runs, reason) => {
    const siblings = Array.from({ length: 40 }, (_, value) => ({ does: 'value', value }))
    await bench.insert([...siblings.slice(0, 20), { does }, ...siblings.slice(20)])
    const summary = await bench.work(threads)
    expect(summary).toMatchObject({ end: 'drained', done: 40, dead: 1, lost: 0 })
    const dead = await bench.dead()
    expect(dead.get('t20')?.reason).toMatch(reason)
    expect(dead.get('t20')?.attempts).toBe(runs)
    for (const { attempt } of (await bench.results()).values()) expect(attempt).toBe(1)
  },
)

it('an endless loop is ended when its time is up, and its process goes on', async () => {
  const rows = Array.from({ length: 20 }, (_, value) => ({ does: 'where', value }))
  await bench.insert([{ does: 'loop' }, ...rows])
  const worker = launch(
    { queue: bench.queue.url },
    { ...threads, TQ_TASK_TIMEOUT_SECONDS: '2', TQ_MAX_ATTEMPTS: '1' },
  )
  expect(await worker.gone).toBe(0)
  expect((await bench.dead()).get('t0')?.reason).toMatch(/^timeout: took longer than 2 s and did/)
  // The end of the loop did not touch the process of the others.
  const places = [...(await bench.results()).values()].map(({ value }) => value as unknown as Place)
  expect(new Set(places.map(({ pid }) => pid)).size).toBe(1)
})

it('a full heap ends its thread alone', async () => {
  await bench.insert([{ does: 'heap' }, { does: 'where' }, { does: 'slowly', value: 1 }])
  const summary = await bench.work({ ...threads, TQ_MEMORY_LIMIT: '100Mi', TQ_MAX_ATTEMPTS: '1' })
  expect(summary).toMatchObject({ done: 2, dead: 1, failures: { memory: 1, exit: 0 } })
  expect((await bench.dead()).get('t0')?.reason).toMatch(
    /^memory: its runner ran out of heap memory/,
  )
})

it('a process above the limits of its threads together is killed, and the culprit found', async () => {
  await bench.insert([{ does: 'memory' }, { does: 'value', value: 1 }, { does: 'hold' }])
  const summary = await bench.work({ ...threads, TQ_MEMORY_LIMIT: '100Mi', TQ_MAX_ATTEMPTS: '1' })
  expect(summary).toMatchObject({ done: 2, dead: 1, failures: { memory: 1, exit: 0 } })
  expect((await bench.dead()).get('t0')?.reason).toMatch(
    /^memory: its runner used more than 3145728/,
  )
})

it('what a thread writes is shown and kept with its failure', async () => {
  await bench.insert([{ does: 'floodAndThrow' }, { does: 'flood' }])
  expect(await bench.work({ ...threads, TQ_MAX_ATTEMPTS: '1' })).toMatchObject({ done: 1, dead: 1 })
  expect((await bench.dead()).get('t0')?.record).toMatch(/line 4999\\nthe last words\\n/)
})

it('an endless loop stops no other thread; a second signal ends it too', async () => {
  const rows = Array.from({ length: 4 }, () => ({ does: 'hold' }))
  await bench.insert([{ does: 'loop' }, { does: 'untilShutdown' }, ...rows])
  const worker = launch(
    { queue: bench.queue.url },
    { ...threads, TQ_SHUTDOWN_GRACE_SECONDS: '600' },
  )
  await worker.hears(waiting('t1'))
  await bench.untilBegun(6)
  worker.child.kill('SIGTERM')
  while ((await bench.queue.counts()).done !== 5) await new Promise(setImmediate)
  worker.child.kill('SIGTERM')
  expect(await worker.gone).toBe(143)
  expect(await bench.queue.counts()).toMatchObject({ ready: 1, leased: 0, done: 5, dead: 0 })
})

it('threads are replaced after so many tasks', async () => {
  await bench.insert(Array.from({ length: 30 }, () => ({ does: 'where' })))
  const summary = await bench.work({ ...threads, TQ_RECYCLE_AFTER: '4' })
  expect(summary).toMatchObject({ done: 30, dead: 0 })
  const places = [...(await bench.results()).values()].map(({ value }) => value as unknown as Place)
  expect(new Set(places.map(({ thread }) => thread)).size).toBeGreaterThan(6)
  expect(new Set(places.map(({ pid }) => pid)).size).toBe(1)
})

it.each(['process', 'thread'])(
  'a runner (%s) above TQ_RECYCLE_ABOVE is replaced',
  async TQ_ISOLATION => {
    await bench.insert(Array.from({ length: 4 }, () => ({ does: 'keep', megabytes: 60 })))
    const summary = await bench.work({
      TQ_ISOLATION,
      TQ_CONCURRENCY: '1',
      TQ_RECYCLE_ABOVE: '130Mi',
    })
    expect(summary).toMatchObject({ done: 4, dead: 0, retried: 0 })
    const pids = [...(await bench.results()).values()].map(
      ({ value }) => (value as unknown as Place).pid,
    )
    expect(new Set(pids).size).toBeGreaterThan(1)
  },
)
