import { expect, it } from 'vitest'
import type { WorkEvent } from '../../src/runtime/worker/events.ts'
import { SlowWatch } from '../../src/runtime/worker/slow-watch.ts'
import { TaskTimes } from '../../src/runtime/worker/task-times.ts'

function watched(taskSeconds: number) {
  const times = new TaskTimes()
  for (let task = 0; task < 100; task += 1) times.note(taskSeconds)
  const told: WorkEvent[] = []
  const watch = new SlowWatch(times, event => told.push(event))
  const check = (seconds: number, ...ids: readonly string[]) =>
    watch.check(
      seconds * 1000,
      ids.map(id => ({ ref: Number(id.slice(1)), id })),
    )
  return { watch, told, check }
}

it('a task that runs 20 times as long as the median is told of, once', () => {
  const { watch, told, check } = watched(2)
  check(0, 't1', 't2')
  check(39, 't1')
  expect(told).toEqual([])
  for (const seconds of [40, 41, 60]) check(seconds, 't1')
  expect(told).toEqual([{ event: 'task-slow', task: 't1', seconds: 40, medianSeconds: 2 }])
  expect(watch.flagged).toEqual([{ task: 't1', seconds: 60 }])
  check(61)
  expect(watch.flagged).toEqual([])
})

it('among tasks of milliseconds none is slow before ten seconds', () => {
  const { told, check } = watched(0.001)
  check(0, 't1')
  check(9.9, 't1')
  expect(told).toEqual([])
  check(10, 't1')
  expect(told).toHaveLength(1)
})

it('nothing is slow while there is nothing to compare with', () => {
  const told: WorkEvent[] = []
  const watch = new SlowWatch(new TaskTimes(), event => told.push(event))
  watch.check(0, [{ ref: 1, id: 't1' }])
  watch.check(999_000, [{ ref: 1, id: 't1' }])
  expect(told).toEqual([])
  expect(watch.longestSeconds).toBe(999)
})

it('the median is of the latest tasks, whatever a few odd ones took', () => {
  const times = new TaskTimes()
  for (let task = 0; task < 1000; task += 1) times.note(99)
  for (let task = 0; task < 250; task += 1) times.note(1)
  expect(times).toMatchObject({ medianSeconds: 1, totalTasks: 1250 })
})
