import { expect, it } from 'vitest'
import { TaskTimes } from '../../src/runtime/worker/task-times.ts'

it('short tasks are sent many at once, slow ones one by one and not ahead of need', () => {
  const paced = (seconds: number, count = 1000) => {
    const times = new TaskTimes()
    for (let task = 0; task < count; task += 1) times.note(seconds)
    return { frame: times.frame, ahead: times.ahead }
  }
  expect(new TaskTimes()).toMatchObject({ frame: 1, ahead: 0 })
  expect(paced(0.000_01, 1)).toEqual({ frame: 4, ahead: 4 })
  expect(paced(0.000_004)).toEqual({ frame: 1000, ahead: 5000 })
  expect(paced(0.03)).toEqual({ frame: 1, ahead: 3 })
  expect(paced(1)).toEqual({ frame: 1, ahead: 0 })
})

it('a runner holds enough to outlast a slow disk, but no long task that another could run', () => {
  const stockOf = (seconds: number) => {
    const times = new TaskTimes()
    for (let task = 0; task < 1000; task += 1) times.note(seconds)
    return times.stock
  }
  expect(new TaskTimes().stock).toBe(2)
  expect(stockOf(0.000_004)).toBe(2000)
  expect(stockOf(0.000_5)).toBe(50)
  expect([stockOf(0.0099), stockOf(0.024), stockOf(0.06)]).toEqual([5, 2, 2])
})

it('one slow task among short ones makes the next batches small', () => {
  const times = new TaskTimes()
  for (let task = 0; task < 1000; task += 1) times.note(0.000_01)
  times.note(60)
  expect(times).toMatchObject({ frame: 1, ahead: 0, slowestSeconds: 60 })
})
