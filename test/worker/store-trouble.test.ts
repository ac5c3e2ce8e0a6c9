import { expect, test } from 'vitest'
import { TaskqError } from '../../src/runtime/queue/errors.ts'
import { ManualClock } from '../../src/runtime/testing/index.ts'
import type { WorkEvent } from '../../src/runtime/worker/events.ts'
import { StoreTrouble } from '../../src/runtime/worker/store-trouble.ts'

const away = new TaskqError('unavailable', 'the store is away')

function watching() {
  const clock = new ManualClock()
  const told: WorkEvent[] = []
  const called: unknown[] = []
  const trouble = new StoreTrouble({
    clock,
    tell: event => told.push(event),
    onBegin: () => called.push('begin'),
    onOver: () => called.push('over'),
    onFault: error => called.push(error),
  })
  const waits = (count: number) => Array.from({ length: count }, () => trouble.nextWaitSeconds())
  return { clock, told, called, trouble, waits }
}

test('trouble is told once, however many calls fail, and again when it is over', () => {
  const { clock, told, called, trouble } = watching()
  expect(trouble.isOn).toBe(false)
  trouble.note(away)
  trouble.note(away)
  expect(trouble.isOn).toBe(true)
  clock.advance(2.5)
  trouble.over()
  trouble.over()
  expect(trouble.isOn).toBe(false)
  expect(called).toEqual(['begin', 'over'])
  expect(told).toEqual([
    { event: 'store-trouble', reason: 'the store is away' },
    { event: 'store-recovered', seconds: 2.5 },
  ])
})

test('an error that no waiting will mend is no trouble but a fault', () => {
  for (const error of [
    new TaskqError('invalid', 'no queue'),
    new Error('unavailable'),
    undefined,
  ]) {
    const { told, called, trouble } = watching()
    trouble.note(error)
    expect(called).toEqual([error])
    expect(told).toEqual([])
    expect(trouble.isOn).toBe(false)
  }
})

test('each try waits twice as long as the one before, up to 5 s, and new trouble begins anew', () => {
  const { trouble, waits } = watching()
  trouble.note(away)
  expect(waits(7)).toEqual([0.25, 0.5, 1, 2, 4, 5, 5])
  trouble.note(away)
  expect(waits(1)).toEqual([5])
  trouble.over()
  trouble.note(away)
  expect(waits(2)).toEqual([0.25, 0.5])
})
