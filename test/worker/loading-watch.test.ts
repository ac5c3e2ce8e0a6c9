import { writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { WorkEvent } from '../../src/runtime/worker/events.ts'
import { LoadingWatch } from '../../src/runtime/worker/loading-watch.ts'
import { thisMachine } from '../../src/runtime/worker/machine.ts'
import { readSettings } from '../../src/runtime/worker/settings.ts'
import { Supervisor } from '../../src/runtime/worker/supervisor.ts'
import { systemTimers, type Timers } from '../../src/runtime/worker/timers.ts'
import { openBench } from './bench.ts'

it('a task that is not loaded is told of after 5 s, then ever less often, at least every 5 min', () => {
  const told: WorkEvent[] = []
  const watch = new LoadingWatch('task.ts', event => told.push(event))
  const [one, other] = [{}, {}]
  for (let second = 0; second <= 1000; second += 1) watch.check(second * 1000, [one])
  const seconds = told.map(event => 'seconds' in event && event.seconds)
  expect(seconds).toEqual([5, 10, 20, 40, 80, 160, 320, 620, 920])
  expect(told[0]).toEqual({ event: 'still-loading', file: 'task.ts', seconds: 5, runners: 1 })
  watch.check(1_001_000, [])
  for (const second of [1002, 1004, 1007]) watch.check(second * 1000, [one, other])
  expect(told.slice(9)).toMatchObject([{ seconds: 5, runners: 2 }])
})

it('a worker tells of a task that does not finish loading, and goes on once it has', async () => {
  const bench = await openBench()
  onTestFinished(() => bench.dispose())
  const [task, file] = [join(bench.folder, 'task.mjs'), join(bench.folder, 'go')]
  const wait = `while (!existsSync(${JSON.stringify(file)})) await new Promise(setImmediate)`
  const run = 'export const runTask = () => 1'
  await writeFile(task, `import { existsSync } from 'node:fs'; ${wait}; ${run}`)
  await bench.insert([{}])
  // A clock that runs fast instead of a wait; it begins with that of the runner, beside which it is held.
  const from = systemTimers.now()
  const timers: Timers = {
    ...systemTimers,
    now: () => from + (systemTimers.now() - from) * 100,
    every: (milliseconds, act) => systemTimers.every(milliseconds / 100, act),
  }
  const told: WorkEvent[] = []
  const onEvent = (event: WorkEvent) => {
    told.push(event)
    if (event.event === 'still-loading') writeFileSync(file, '')
  }
  const values = { TQ_CONCURRENCY: '1', TQ_TASK_TIMEOUT_SECONDS: '86400' }
  const settings = readSettings([{ values, place: () => 'the test' }])
  const options = { queue: bench.queue, task, settings, until: 'drained', onEvent } as const
  const worker = new Supervisor(options, { ...thisMachine, timers })
  expect(await worker.run()).toMatchObject({ done: 1 })
  expect(told[0]).toMatchObject({ event: 'still-loading', file: task, runners: 1 })
})
