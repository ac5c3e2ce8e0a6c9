import { readdirSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { LeftRun } from '../../src/runtime/worker/work-options.ts'
import { type Bench, openBench } from './bench.ts'
import { type Launched, launch, waiting } from './launch.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.dispose())

const url = () => bench.queue.url

it('a worker that slept past its lease cannot record what another has recorded', async () => {
  const file = join(bench.folder, 'go')
  await bench.insert([{ does: 'untilFile', file }])
  const sleeper = launch({ queue: url() }, { TQ_LEASE_SECONDS: '2' })
  await sleeper.hears(waiting('t0'))
  sleeper.child.kill('SIGSTOP')
  const other = bench.work({ TQ_LEASE_SECONDS: '30' }, { worker: 'other' })
  await untilEvent(bench, 'task-log')
  await writeFile(file, '')
  expect(await other).toMatchObject({ done: 1, lost: 0 })
  sleeper.child.kill('SIGCONT')
  const end = await sleeper.hears(({ event }) => event === 'ended')
  expect(end).toMatchObject({ done: 0, lost: 1 })
  expect(sleeper.said.some(({ event }) => event === 'lease-lost')).toBe(true)
  expect((await bench.results()).get('t0')?.worker).toBe('other')
})

it('a task that a person cancels is told by its signal, and its record stays', async () => {
  await bench.insert([{ does: 'untilAborted' }])
  const worker = launch({ queue: url() }, { TQ_LEASE_SECONDS: '6' })
  await worker.hears(waiting('t0'))
  await bench.queue.tasks.bury([{ id: 't0', reason: 'cancelled' }])
  const end = await worker.hears(({ event }) => event === 'ended')
  expect(end).toMatchObject({ lost: 1, dead: 0, retried: 0 })
  expect((await bench.dead()).get('t0')?.reason).toBe('cancelled')
})

it('a run whose lease was lost is done with, like one that was handed back', async () => {
  await bench.insert([{ does: 'untilAborted' }])
  const left: LeftRun[] = []
  const working = bench.work({ TQ_LEASE_SECONDS: '6' }, { onLeft: run => left.push(run) })
  await untilEvent(bench, 'task-log')
  await bench.queue.tasks.bury([{ id: 't0', reason: 'cancelled' }])
  expect(await working).toMatchObject({ lost: 1 })
  expect(left).toEqual([{ task: 't0', attempt: 1 }])
})

it('leases of tasks that use every core are renewed', async () => {
  await bench.insert(Array.from({ length: 3 }, () => ({ does: 'busy', seconds: 4.5 })))
  const summary = await bench.work({ TQ_LEASE_SECONDS: '4', TQ_CONCURRENCY: '3' })
  expect(summary).toMatchObject({ done: 3, lost: 0 })
  expect([...(await bench.begun()).values()]).toEqual(Array(3).fill(1))
})

it('a task that kills its worker each time is dead in the end', async () => {
  await bench.insert([{ does: 'killWorker' }])
  const ends: (number | string)[] = []
  for (let workers = 0; workers < 6; workers += 1) {
    const { gone } = launch({ queue: url() }, { TQ_LEASE_SECONDS: '1.5', TQ_MAX_ATTEMPTS: '2' })
    const end = await gone
    ends.push(end)
    if (end === 0) break
  }
  expect(ends).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL', 0])
  expect((await bench.dead()).get('t0')).toMatchObject({
    attempts: 2,
    reason: 'exit: its worker died while running it (attempt 2 of 2)',
  })
})

it('a killed worker leaves no process behind, not even one in an endless loop', async () => {
  await bench.insert([{ does: 'loop' }])
  const worker = launch({ queue: url() }, { TQ_CONCURRENCY: '1' })
  await bench.untilBegun(1)
  const [runner] = childrenOf(worker).filter(pid => isRunner(pid))
  worker.child.kill('SIGKILL')
  await worker.gone
  expect(runner).toBeDefined()
  while (isRunner(runner ?? '')) await new Promise(setImmediate)
})

it('a runner killed from outside while it loads the task is replaced, and the worker goes on', async () => {
  const loads = join(bench.folder, 'loads')
  const task = join(bench.folder, 'slow.mjs')
  const text = `import { appendFileSync, existsSync, readFileSync } from 'node:fs'
appendFileSync(${JSON.stringify(loads)}, process.pid + '\\n')
const loads = readFileSync(${JSON.stringify(loads)}, 'utf8').trim().split('\\n').length
if (loads === 2) process.kill(process.pid, 'SIGKILL')
export const runTask = ({ value }) => (loads === 1 ? process.exit(1) : value)`
  await writeFile(task, text)
  await bench.insert([{ value: 1 }])
  const settings = { TQ_CONCURRENCY: '1', TQ_MAX_ATTEMPTS: '2' }
  expect(await bench.work(settings, { task })).toMatchObject({ done: 1, failures: { exit: 1 } })
  expect((await readFile(loads, 'utf8')).trim().split('\n')).toHaveLength(3)
})

it('workers and runners killed at random lose nothing and record nothing twice', async () => {
  const tasks = 4000
  await bench.insert(Array.from({ length: tasks }, (_, value) => ({ does: 'slowly', value })))
  let kills = 0
  const runUntilDone = async (): Promise<void> => {
    const worker = launch({ queue: url() }, { TQ_LEASE_SECONDS: '3', TQ_STOP_AFTER_FAILURES: '0' })
    await worker.hears(({ event }) => event === 'started')
    if (kills < 6) {
      kills += 1
      await untilDone(kills * 300)
      if (kills % 2 === 0) killRunner(worker)
      else worker.child.kill('SIGKILL')
    }
    if ((await worker.gone) !== 0) await runUntilDone()
  }
  await Promise.all([runUntilDone(), runUntilDone()])
  expect(await bench.queue.counts()).toMatchObject({ ready: 0, leased: 0, done: tasks, dead: 0 })
  const results = await bench.results()
  expect(results.size).toBe(tasks)
  for (const [id, { value }] of results) expect(`t${value as number}`).toBe(id)
  const runs = [...(await bench.begun()).values()]
  const extra = runs.reduce((sum, count) => sum + count - 1, 0)
  expect(extra).toBeLessThan(kills * 100)
})

/** Any task of the test's own worker that says something is inside. */
async function untilEvent({ events }: Bench, name: string): Promise<void> {
  while (!events.some(({ event }) => event === name)) await new Promise(setImmediate)
}

async function untilDone(count: number): Promise<void> {
  while (((await bench.queue.counts()).done ?? 0) < count) await new Promise(setImmediate)
}

function killRunner(worker: Launched): void {
  const runner = childrenOf(worker).find(isRunner)
  if (runner !== undefined) process.kill(Number(runner), 'SIGKILL')
}

function childrenOf({ child }: Launched): readonly string[] {
  return readdirSync(`/proc/${child.pid}/task`)
    .flatMap(thread =>
      readFileSync(`/proc/${child.pid}/task/${thread}/children`, 'utf8').split(' '),
    )
    .filter(pid => pid !== '')
}

function isRunner(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('runner-main')
  } catch {
    // It has ended.
    return false
  }
}

it('what was retried or released is run with others; what its holder vanished with runs alone', async () => {
  await bench.insert(Array.from({ length: 40 }, () => ({ does: 'throwOnce' })))
  const take = (count: number, seconds: number) =>
    bench.queue.lease({ max: count, seconds, worker: { id: 'other' } })
  await bench.queue.release(await take(20, 60))
  await bench.work({ TQ_ASYNC_PER_RUNNER: '40', TQ_CONCURRENCY: '1' }, { maxTasks: 40 })
  const views = await bench.queue.tasks.get(['t0', 't39'])
  expect(views.map(({ attempts, deliveries }) => [attempts, deliveries])).toEqual([
    [1, 1],
    [1, 1],
  ])
  const vanished = await take(1, 0.01)
  const again = await bench.work({ TQ_ASYNC_PER_RUNNER: '40', TQ_CONCURRENCY: '1' })
  expect(again).toMatchObject({ done: 40, retried: 0, dead: 0 })
  const results = await bench.results()
  const alone = [...results].filter(([, { value }]) => value === 'alone').map(([id]) => id)
  expect(alone).toEqual(vanished.map(({ id }) => id))
})

it('a running task that is given back was not charged, however often its lease was renewed', async () => {
  await bench.insert([{ does: 'untilAborted' }])
  const worker = launch(
    { queue: url() },
    { TQ_LEASE_SECONDS: '4', TQ_SHUTDOWN_GRACE_SECONDS: '0.2' },
  )
  await worker.hears(waiting('t0'))
  let left = 0
  for (let renewals = 0; renewals < 2; ) {
    const [view] = await bench.queue.tasks.get(['t0'])
    if ((view?.secondsLeft ?? 0) > left) renewals += 1
    left = view?.secondsLeft ?? 0
  }
  worker.child.kill('SIGTERM')
  expect(await worker.gone).toBe(143)
  expect((await bench.queue.tasks.get(['t0']))[0]).toMatchObject({ state: 'ready', attempts: 0 })
})
