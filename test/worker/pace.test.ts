import { expect, it } from 'vitest'
import { Pace } from '../../src/runtime/worker/pace.ts'

it('short tasks are sent many at once, slow ones one by one and not ahead of need', () => {
  const paced = (seconds: number, count = 1000) => {
    const pace = new Pace()
    for (let task = 0; task < count; task += 1) pace.note(seconds)
    return { frame: pace.frame, ahead: pace.ahead }
  }
  expect(new Pace()).toMatchObject({ frame: 1, ahead: 0 })
  expect(paced(0.000_01, 1)).toEqual({ frame: 4, ahead: 4 })
  expect(paced(0.000_004)).toEqual({ frame: 1000, ahead: 5000 })
  expect(paced(0.03)).toEqual({ frame: 1, ahead: 3 })
  expect(paced(1)).toEqual({ frame: 1, ahead: 0 })
})

it('a runner holds enough to outlast a slow disk, but no long task that another could run', () => {
  const stockOf = (seconds: number) => {
    const pace = new Pace()
    for (let task = 0; task < 1000; task += 1) pace.note(seconds)
    return pace.stock
  }
  expect(new Pace().stock).toBe(2)
  expect(stockOf(0.000_004)).toBe(2000)
  expect(stockOf(0.000_5)).toBe(50)
  expect([stockOf(0.0099), stockOf(0.024), stockOf(0.06)]).toEqual([5, 2, 2])
})

it('one slow task among short ones makes the next batches small', () => {
  const pace = new Pace()
  for (let task = 0; task < 1000; task += 1) pace.note(0.000_01)
  pace.note(60)
  expect(pace).toMatchObject({ frame: 1, ahead: 0, slowestSeconds: 60 })
})
