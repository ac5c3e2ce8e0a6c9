import { describe, expect, it } from 'vitest'
import { countLines } from '../../src/runtime/cli/commands/status.ts'
import { paceOf, type Sample, windowSeconds, withSample } from '../../src/runtime/cli/pace.ts'
import { doneShare, knownTotal } from '../../src/runtime/cli/share.ts'
import type { Counts } from '../../src/runtime/index.ts'
import { Output } from '../../src/runtime/terminal/output.ts'

const none: Counts = { ready: 0, delayed: 0, leased: 0, done: 0, dead: 0 }

function samples(...given: readonly (readonly [seconds: number, counts: Partial<Counts>])[]) {
  return given.reduce<readonly Sample[]>(
    (kept, [seconds, counts]) =>
      withSample(kept, { milliseconds: seconds * 1000, counts: { ...none, ...counts } }),
    [],
  )
}

describe('the rate of a queue', () => {
  it('is what was done or died since the first look, and says how long the rest takes', () => {
    const seen = samples([0, { ready: 100 }], [10, { ready: 70, leased: 10, done: 15, dead: 5 }])
    expect(paceOf(seen)).toEqual({ perSecond: 2, secondsLeft: 40 })
  })

  it('is unknown at the first look', () => {
    expect(paceOf(samples([0, { ready: 100 }]))).toEqual({})
  })

  it('looks back no further than its window', () => {
    const seen = samples([0, { ready: 999 }], [29, { done: 500 }], [89, { done: 560, ready: 1 }])
    expect(paceOf(seen)).toEqual({ perSecond: 1, secondsLeft: 1 })
    const steady = samples([0, { done: 1000 }], [windowSeconds, { done: 1060, ready: 10 }])
    expect(paceOf(steady)).toEqual({ perSecond: 1, secondsLeft: 10 })
  })

  it('looks back to the last look where that is longer ago', () => {
    const seen = samples([0, { ready: 999 }], [200, { done: 1 }], [400, { done: 101, ready: 5 }])
    expect(paceOf(seen)).toEqual({ perSecond: 0.5, secondsLeft: 10 })
  })

  it('tells no time left when nothing moves', () => {
    expect(paceOf(samples([0, { ready: 5 }], [10, { ready: 5 }]))).toEqual({ perSecond: 0 })
  })

  it('begins anew when dead tasks were revived or the queue was purged', () => {
    const seen = samples([0, { dead: 50 }], [1, { ready: 50 }], [2, { ready: 49, done: 1 }])
    expect(paceOf(seen)).toEqual({ perSecond: 1, secondsLeft: 49 })
  })

  it('is told by what still waits where the store cannot know what is done', () => {
    const unknown = { done: undefined, dead: undefined }
    const seen = samples([0, { ready: 50, ...unknown }], [5, { ready: 40, ...unknown }])
    expect(paceOf(seen)).toEqual({ perSecond: 2, secondsLeft: 20 })
    const filled = samples([0, { ready: 50, ...unknown }], [5, { ready: 60, ...unknown }])
    expect(paceOf(filled)).toEqual({})
  })

  it('is unknown where the store cannot count at all', () => {
    const unknown = { ready: undefined, done: undefined }
    expect(paceOf(samples([0, unknown], [1, unknown]))).toEqual({})
  })
})

describe('counts that a store cannot know', () => {
  const partly: Counts = { ready: 5, delayed: 0, leased: 1, done: undefined, dead: undefined }

  it('make the total and the share unknown, not zero', () => {
    expect(knownTotal(partly)).toBeUndefined()
    expect(doneShare(partly)).toBeUndefined()
    const lines = countLines('sqs:q', partly, new Output(process.stdout)).slice(1)
    expect(lines).toEqual([
      'ready         5',
      'delayed       0',
      'leased        1',
      'done    unknown',
      'dead    unknown',
      'total   unknown  share done unknown',
    ])
  })
})

it('only a finished queue is 100 % done', () => {
  expect(doneShare({ ...none, done: 999_999, ready: 1 })).toBe(99.9)
  expect(doneShare({ ...none, done: 3 })).toBe(100)
})
