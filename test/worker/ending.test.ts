import { expect, it } from 'vitest'
import { EndWatch, judgeEnding, type Situation } from '../../src/runtime/worker/ending.ts'

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
  ['without counts waits a lease and a delay', { counts: unknown, idleSeconds: 599 }, 'wait'],
  ['and then ends', { counts: unknown, idleSeconds: 600 }, 'end'],
])('%s', (_, situation, verdict) => {
  expect(judgeEnding({ ...base, ...situation })).toBe(verdict)
})

it('a count that is not zero in between starts the settling anew', () => {
  const watch = new EndWatch({ until: 'idle', settleSeconds: 60, unknownSeconds: 600 })
  expect(watch.mayEnd(empty, 0)).toBe(false)
  expect(watch.mayEnd({ ...empty, ready: 1 }, 30_000)).toBe(false)
  expect(watch.mayEnd(empty, 61_000)).toBe(false)
  expect(watch.mayEnd(empty, 120_000)).toBe(false)
  expect(watch.mayEnd(empty, 121_000)).toBe(true)
})

it('without counts a worker ends when nothing was leased for long enough, by the clock', () => {
  const watch = new EndWatch({ until: 'idle', settleSeconds: 0, unknownSeconds: 600 })
  expect(watch.mayEnd(unknown, 1_000_000)).toBe(false)
  expect(watch.mayEnd(unknown, 1_599_999)).toBe(false)
  watch.busy()
  expect(watch.mayEnd(unknown, 1_600_000)).toBe(false)
  expect(watch.mayEnd(unknown, 2_199_999)).toBe(false)
  expect(watch.mayEnd(unknown, 2_200_000)).toBe(true)
})

it('something that was leased starts the settling anew', () => {
  const watch = new EndWatch({ until: 'idle', settleSeconds: 60, unknownSeconds: 600 })
  expect(watch.mayEnd(empty, 1000)).toBe(false)
  watch.busy()
  expect(watch.mayEnd(empty, 61_000)).toBe(false)
  expect(watch.mayEnd(empty, 120_999)).toBe(false)
  expect(watch.mayEnd(empty, 121_000)).toBe(true)
})
