import { describe, expect, test } from 'vitest'
import {
  checkHistory,
  type Expectation,
  type Remains,
  type Rule,
  rules,
  type Step,
} from '../../src/runtime/testing/index.ts'

const at = (asked: number, answered = asked + 1) => ({ asked, answered })
const inserted = (...ids: string[]): Step => ({ step: 'inserted', ids, span: at(0) })
const leased = (id: string, token: string, asked: number, answered = asked + 1): Step => ({
  ...{ step: 'leased', id, token },
  span: at(asked, answered),
})
const settled = (
  id: string,
  token: string,
  asked: number,
  answer: 'done' | 'lost' | 'unknown' = 'done',
): Step => ({ step: 'settled', id, token, answer, span: at(asked) })
const began = (id: string, run: string): Step => ({ step: 'began', id, run, attempt: 1 })

const nothing: Remains = {
  ...{ results: [], dead: [], waiting: [] },
  counts: { waiting: undefined, done: undefined, dead: undefined },
}

/** A history in which all went well: one kill, one stale completion that was refused. */
const good: readonly Step[] = [
  inserted('a', 'b', 'c', 'd'),
  leased('a', 't1', 10),
  leased('a', 't2', 30),
  settled('a', 't1', 40, 'lost'),
  settled('a', 't2', 50),
  began('a', 'r1'),
  began('a', 'r2'),
  leased('b', 't3', 10),
  settled('b', 't3', 20, 'unknown'),
]
const left: Remains = {
  results: [{ id: 'a', run: 'r2' }, { id: 'b' }],
  dead: [{ id: 'c', attempts: 5 }],
  waiting: ['d'],
  counts: { waiting: 1, done: 2, dead: 1 },
}

test('a history in which all went well breaks no rule', () => {
  expect(checkHistory(good, left, { attempts: 5 })).toEqual([])
})

interface BadHistory {
  readonly what: string
  readonly steps: readonly Step[]
  readonly remains: Remains
  readonly expected?: Expectation
  readonly id: string
}

const bad: Readonly<Record<Rule, readonly BadHistory[]>> = {
  accounted: [
    { what: 'a task that is gone', steps: [inserted('a')], remains: nothing, id: 'a' },
    {
      what: 'a task that was completed and has no result',
      steps: [inserted('a'), leased('a', 't', 10), settled('a', 't', 20)],
      remains: nothing,
      id: 'a',
    },
  ],
  once: [
    {
      what: 'two results of one task',
      steps: [inserted('a')],
      remains: { ...nothing, results: [{ id: 'a' }, { id: 'a' }] },
      id: 'a',
    },
    {
      what: 'a result of a task that is dead',
      steps: [inserted('a')],
      remains: { ...nothing, results: [{ id: 'a' }], dead: [{ id: 'a', attempts: 1 }] },
      id: 'a',
    },
    {
      what: 'a result of a task that waits',
      steps: [inserted('a')],
      remains: { ...nothing, results: [{ id: 'a' }], waiting: ['a'] },
      id: 'a',
    },
  ],
  newest: [
    {
      what: 'a stale completion that was accepted',
      steps: [
        ...[inserted('a'), leased('a', 't1', 10), leased('a', 't2', 20)],
        settled('a', 't1', 30),
      ],
      remains: { ...nothing, results: [{ id: 'a' }] },
      id: 'a',
    },
    {
      what: 'a completion with a token that nobody was given',
      steps: [inserted('a'), leased('a', 't1', 10), settled('a', 'forged', 30)],
      remains: { ...nothing, results: [{ id: 'a' }] },
      id: 'a',
    },
  ],
  known: [
    {
      what: 'a result of a task that nobody inserted',
      steps: [],
      remains: { ...nothing, results: [{ id: 'a' }] },
      id: 'a',
    },
    {
      what: 'a waiting task that nobody inserted',
      steps: [],
      remains: { ...nothing, waiting: ['a'] },
      id: 'a',
    },
  ],
  over: [
    {
      what: 'a task that was leased after it was done',
      steps: [
        ...[inserted('a'), leased('a', 't1', 10), settled('a', 't1', 20)],
        leased('a', 't2', 30),
      ],
      remains: { ...nothing, results: [{ id: 'a' }] },
      id: 'a',
    },
  ],
  attempts: [
    {
      what: 'a task that died too early',
      steps: [inserted('a')],
      remains: { ...nothing, dead: [{ id: 'a', attempts: 2 }] },
      expected: { attempts: 3 },
      id: 'a',
    },
    {
      what: 'a task that had an attempt too many',
      steps: [inserted('a')],
      remains: { ...nothing, dead: [{ id: 'a', attempts: 4 }] },
      expected: { attempts: 3 },
      id: 'a',
    },
  ],
  recount: (['waiting', 'done', 'dead'] as const).map(name => ({
    what: `a wrong number of ${name} tasks`,
    steps: [],
    remains: { ...nothing, counts: { ...nothing.counts, [name]: 1 } },
    id: name,
  })),
  computed: [
    {
      what: 'a result of a run that never began',
      steps: [inserted('a')],
      remains: { ...nothing, results: [{ id: 'a', run: 'r' }] },
      id: 'a',
    },
    {
      what: 'a result of a run of another task',
      steps: [inserted('a', 'b'), began('b', 'r')],
      remains: { ...nothing, results: [{ id: 'a', run: 'r' }], waiting: ['b'] },
      id: 'a',
    },
  ],
}

describe.each(Object.entries(bad))('the rule "%s" catches', (rule, histories) => {
  test.each(histories)('$what, and no other rule does', ({ steps, remains, expected, id }) => {
    const found = checkHistory(steps, remains, expected)
    expect(found.map(one => [one.rule, one.id])).toEqual([[rule, id]])
    expect(checkHistory(steps, remains, { ...expected, waived: [rule as Rule] })).toEqual([])
  })
})

test('every rule has a history that breaks it', () => {
  expect(Object.keys(bad)).toEqual(Object.keys(rules))
})

test('calls that overlap are given the benefit of the doubt', () => {
  const overlapping = [
    ...[inserted('a'), leased('a', 't1', 10, 25), leased('a', 't2', 20, 40)],
    ...[settled('a', 't1', 30), leased('a', 't3', 30, 50)],
  ]
  expect(checkHistory(overlapping, { ...nothing, results: [{ id: 'a' }] })).toEqual([])
})
