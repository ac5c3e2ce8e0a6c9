import { expect, test } from 'vitest'
import type { Lease } from '../../src/runtime/queue/driver.ts'
import { readRecord } from '../../src/runtime/results/record.ts'
import type { WorkEvent } from '../../src/runtime/worker/events.ts'
import { type HeldTask, hold } from '../../src/runtime/worker/held.ts'
import { Judge, type JudgedOutcome } from '../../src/runtime/worker/judge.ts'
import { type FailureNote, writeNote } from '../../src/runtime/worker/messages.ts'
import type { Letter } from '../../src/runtime/worker/outbox.ts'
import { Tally } from '../../src/runtime/worker/report.ts'
import { readSettings } from '../../src/runtime/worker/settings.ts'

const place = () => 'the test'

function judging(values: Readonly<Record<string, string>> = {}, mostDelaySeconds = 1000) {
  const settings = readSettings([{ values, place }])
  const judge = new Judge({ settings, worker: 'w', host: 'h', random: () => 0.5, mostDelaySeconds })
  const tally = new Tally()
  const told: WorkEvent[] = []
  const count = (letter: Letter) => judge.count(letter, tally, event => told.push(event))
  return { judge, tally, told, count }
}

/** A task that this many runs were charged to before. */
function held(attempts: number): HeldTask {
  const lease: Lease = {
    ...{ id: 'cell 7', token: 'a', body: '', headers: {} },
    ...{ attempts, deliveries: undefined },
  }
  return hold(lease, 1, 0)
}

function ended(name: JudgedOutcome['name'], note: FailureNote): JudgedOutcome {
  return { ref: 1, name, seconds: 2, text: writeNote(note) }
}

const recordOf = (letter: Letter | undefined) =>
  letter?.kind === 'dead' ? readRecord(letter.record) : undefined

test('a result is passed on to the letter, and the run is counted with its time', () => {
  const { judge, count, tally, told } = judging()
  const task = held(1)
  const letter = judge.letterFor(task, { ref: 1, name: 'done', seconds: 2, text: 'record' })
  expect(letter).toEqual({ kind: 'done', task, record: 'record', seconds: 2 })
  expect(count(letter)).toEqual({ task: 'cell 7', attempt: 2, seconds: 2 })
  expect([tally.done, tally.runs, told.length]).toEqual([1, 1, 0])
})

test('a failure is charged, waits in tenths of a second, and is told with what the task wrote', () => {
  const { judge, count, tally, told } = judging()
  const task = held(1)
  const letter = judge.letterFor(task, ended('timeout', { reason: 'too long', output: 'hm' }))
  expect(letter).toEqual({ kind: 'release', task, attempts: 2, afterSeconds: 1.5 })
  expect(count(letter)).toBeUndefined()
  expect([tally.retried, tally.dead, tally.failures.timeout]).toEqual([1, 0, 1])
  expect(told).toEqual([
    {
      ...{ event: 'task-failed', task: 'cell 7', attempt: 2 },
      ...{ kind: 'timeout', reason: 'too long', againAfterSeconds: 1.5, output: 'hm' },
    },
  ])
})

test('no task waits longer than its store can keep it waiting', () => {
  const { judge } = judging({}, 60)
  const ask = (afterSeconds: number) =>
    judge.letterFor(held(0), ended('retry', { reason: 'later', afterSeconds }))
  expect(ask(61)).toMatchObject({ afterSeconds: 60 })
  expect(ask(0.07)).toMatchObject({ afterSeconds: 0.1 })
  expect(ask(0.04)).toMatchObject({ afterSeconds: 0 })
})

test('the last attempt writes all that is known of the run into the record', () => {
  const { judge, count, tally, told } = judging({ TQ_MAX_ATTEMPTS: '2' })
  const note = {
    ...{ reason: 'Error: no', stack: 'at 7', output: 'broken \ud800' },
    ...{ startedAt: '2026-01-01T00:00:00Z', endedAt: '2026-01-01T00:00:02Z' },
  }
  const reason = 'exception: Error: no (attempt 2 of 2)'
  const letter = judge.letterFor(held(1), ended('exception', note))
  expect(letter).toMatchObject({ kind: 'dead', attempts: 2, reason })
  expect(recordOf(letter)).toEqual({
    ...note,
    ...{ status: 'dead', kind: 'exception', reason, output: 'broken \ufffd' },
    ...{ worker: 'w', host: 'h', attempt: 2 },
  })
  expect(count(letter)).toBeUndefined()
  expect([tally.retried, tally.dead, tally.failures.exception]).toEqual([0, 1, 1])
  expect(told).toMatchObject([{ event: 'task-failed', kind: 'exception', reason }])
  expect(told[0]).not.toHaveProperty('againAfterSeconds')
})

test('what is not known of a run is not in its record', () => {
  const { judge } = judging({ TQ_MAX_ATTEMPTS: '1' })
  const crash = { failure: 'exit', reason: 'exit code 3', output: '' } as const
  const letter = judge.letterForCrash(held(0), crash)
  expect(Object.keys(recordOf(letter) ?? {}).toSorted()).toEqual(
    ['attempt', 'host', 'kind', 'reason', 'status', 'worker'], //
  )
  const wrote = judge.letterForCrash(held(0), { ...crash, output: 'oh' })
  expect(recordOf(wrote)).toMatchObject({ kind: 'exit', output: 'oh' })
})

test('a task that asks for another run or gives up has not failed', () => {
  const { judge, count, tally, told } = judging()
  count(judge.letterFor(held(0), ended('retry', { reason: 'later' })))
  count(judge.letterFor(held(0), ended('give-up', { reason: 'no such cell' })))
  expect([tally.retried, tally.dead]).toEqual([1, 1])
  expect(Object.values(tally.failures).every(count => count === 0)).toBe(true)
  expect(told).toMatchObject([
    { kind: 'retry', reason: 'later', againAfterSeconds: 0.8 },
    { kind: 'give-up', reason: 'gave up: no such cell' },
  ])
})

test('a task that came with all its attempts charged is buried, one with attempts left is not', () => {
  const { judge, count, tally, told } = judging({ TQ_MAX_ATTEMPTS: '3' })
  expect(judge.letterForWorn(held(2))).toBeUndefined()
  const letter = judge.letterForWorn(held(3))
  expect(letter).toMatchObject({ kind: 'dead', attempts: 3 })
  expect(recordOf(letter)).toMatchObject({ kind: 'exit', attempt: 3 })
  count(letter as Letter)
  expect([tally.dead, tally.failures.exit, told.length]).toEqual([1, 1, 1])
})

test('what goes back unjudged is counted as released', () => {
  const { count, tally, told } = judging()
  const letter: Letter = { kind: 'release', task: held(0), attempts: 0, afterSeconds: 0 }
  expect(count(letter)).toEqual({ task: 'cell 7', attempt: 1 })
  expect([tally.released, tally.retried, told.length]).toEqual([1, 0, 0])
})

test('failures in a row are too many once there are as many as the setting says', () => {
  const { judge } = judging({ TQ_STOP_AFTER_FAILURES: '2' })
  const fail = (reason: string, task = held(0)) =>
    judge.letterFor(task, ended('exception', { reason }))
  fail('one')
  judge.letterFor(held(0), { ref: 1, name: 'done', seconds: 1, text: '' })
  fail('two')
  judge.letterFor(held(0), ended('retry', { reason: 'later' }))
  fail('of no use', Object.assign(held(0), { isLost: true }))
  expect(judge.tooManyFailures).toBeUndefined()
  fail('three')
  expect(judge.tooManyFailures).toMatch(/^2 runs failed in a row .* "cell 7": three$/)
  fail('four')
  expect(judge.tooManyFailures).toMatch(/^2 runs .*three$/)
})

test('tasks that fail again are not too many, however many of them come together', () => {
  const { judge } = judging({ TQ_STOP_AFTER_FAILURES: '2' })
  const fail = (runsBefore: number) =>
    judge.letterFor(held(runsBefore), ended('exception', { reason: 'no' }))
  for (let at = 0; at < 300; at += 1) fail(1)
  fail(0)
  expect(judge.tooManyFailures).toBeUndefined()
  fail(3)
  fail(0)
  expect(judge.tooManyFailures).toMatch(/^2 runs failed/)
})

test('with 1 the first failure is one too many', () => {
  const { judge } = judging({ TQ_STOP_AFTER_FAILURES: '1' })
  judge.letterForCrash(held(0), { failure: 'memory', reason: 'heap', output: '' })
  expect(judge.tooManyFailures).toMatch(/^1 runs failed/)
})

test('with 0 no number of failures is too many', () => {
  const { judge } = judging({ TQ_STOP_AFTER_FAILURES: '0' })
  for (let at = 0; at < 300; at += 1)
    judge.letterForCrash(held(0), { failure: 'memory', reason: 'heap', output: '' })
  expect(judge.tooManyFailures).toBeUndefined()
})

test('the longest wait after a failure is five minutes', () => {
  const { judge } = judging({ TQ_MAX_ATTEMPTS: '100' })
  expect(judge.longestDelaySeconds).toBe(300)
  const letter = judge.letterFor(held(50), ended('exception', { reason: 'no' }))
  expect(letter).toMatchObject({ afterSeconds: 225 })
})
