import { expect, it } from 'vitest'
import {
  type EndInSight,
  EndWatch,
  judgeEnding,
  type Situation,
} from '../../src/runtime/worker/ending.ts'

const empty = { ready: 0, delayed: 0, leased: 0, done: 5, dead: 0 }
const unknown = { ...empty, ready: undefined, delayed: undefined, leased: undefined }
const base: Situation = {
  until: 'drained',
  counts: empty,
  idleSeconds: 0,
  confirmedSeconds: undefined,
  settleSeconds: 0,
  unknownSeconds: 600,
}

it.each<[string, Partial<Situation>, string]>([
  ['ends when nothing is left', {}, 'end'],
  ['waits for what is ready', { counts: { ...empty, ready: 1 } }, 'wait'],
  ['waits for what is delayed', { until: 'idle', counts: { ...empty, delayed: 1 } }, 'wait'],
  ['drained waits for what others hold', { counts: { ...empty, leased: 1 } }, 'wait'],
  ['idle does not', { until: 'idle', counts: { ...empty, leased: 1 } }, 'end'],
  ['never ends by itself unless asked to', { until: 'stopped' }, 'wait'],
  ['looks again where counts lag behind', { settleSeconds: 60 }, 'confirm'],
  ['ends once they have settled', { settleSeconds: 60, confirmedSeconds: 60 }, 'end'],
  ['not before', { settleSeconds: 60, confirmedSeconds: 59 }, 'confirm'],
  ['without counts waits a lease and a delay', { counts: unknown, idleSeconds: 599 }, 'doubt'],
  ['and then ends', { counts: unknown, idleSeconds: 600 }, 'end'],
])('%s', (_, situation, verdict) => {
  expect(judgeEnding({ ...base, ...situation })).toBe(verdict)
})

it('a count that is not zero in between starts the settling anew', () => {
  const watch = watchOf(60)
  expect(watch.mayEnd(empty, 0)).toBe(false)
  expect(watch.mayEnd({ ...empty, ready: 1 }, 30_000)).toBe(false)
  expect(watch.mayEnd(empty, 61_000)).toBe(false)
  expect(watch.mayEnd(empty, 120_000)).toBe(false)
  expect(watch.mayEnd(empty, 121_000)).toBe(true)
})

it('without counts a worker ends when nothing was leased for long enough, by the clock', () => {
  const watch = watchOf(0)
  expect(watch.mayEnd(unknown, 1_000_000)).toBe(false)
  expect(watch.mayEnd(unknown, 1_599_999)).toBe(false)
  watch.busy()
  expect(watch.mayEnd(unknown, 1_600_000)).toBe(false)
  expect(watch.mayEnd(unknown, 2_199_999)).toBe(false)
  expect(watch.mayEnd(unknown, 2_200_000)).toBe(true)
})

it('something that was leased starts the settling anew', () => {
  const watch = watchOf(60)
  expect(watch.mayEnd(empty, 1000)).toBe(false)
  watch.busy()
  expect(watch.mayEnd(empty, 61_000)).toBe(false)
  expect(watch.mayEnd(empty, 120_999)).toBe(false)
  expect(watch.mayEnd(empty, 121_000)).toBe(true)
})

it('an end in sight is told once with what is still waited for, and shown until a task comes', () => {
  const told: EndInSight[] = []
  const watch = watchOf(180, end => told.push(end))
  expect(watch.endInSight(0)).toBeUndefined()
  watch.mayEnd(empty, 1000)
  watch.mayEnd(empty, 21_000)
  expect(told).toEqual([{ seconds: 180, since: 'counts-lag' }])
  expect(watch.endInSight(21_000)?.seconds).toBe(160)
  watch.busy()
  expect(watch.endInSight(22_000)).toBeUndefined()
  watch.mayEnd(empty, 30_000)
  expect(told).toHaveLength(1)
  watch.busy()
  watch.mayEnd(empty, 61_000)
  expect(told).toHaveLength(2)
})

it('where there are no counts it says so, and what takes no time is not told at all', () => {
  const told: EndInSight[] = []
  const tell = (end: EndInSight) => told.push(end)
  watchOf(4, tell).mayEnd(empty, 0)
  watchOf(180, tell).mayEnd({ ...empty, ready: 1 }, 0)
  expect(told).toEqual([])
  watchOf(0, tell).mayEnd(unknown, 0)
  expect(told).toEqual([{ seconds: 600, since: 'counts-unknown' }])
})

function watchOf(settleSeconds: number, onInSight: (end: EndInSight) => void = () => {}): EndWatch {
  return new EndWatch({ until: 'idle', settleSeconds, unknownSeconds: 600, onInSight })
}
