import { expect, it } from 'vitest'
import { decide, failureKinds, type RetryPolicy } from '../../src/runtime/worker/retry.ts'

const policy: RetryPolicy = {
  maxAttempts: 3,
  retryOn: new Set(failureKinds),
  firstSeconds: 2,
  mostSeconds: 60,
}
const failed = { kind: 'failed', failure: 'exception', reason: 'Error: no' } as const

it('a task that gave up is dead at once, with its reason', () => {
  expect(decide({ kind: 'give-up', reason: 'no such cell' }, 1, policy, () => 0)).toEqual({
    kind: 'dead',
    reason: 'gave up: no such cell',
  })
})

it('each failure doubles the wait, up to a most, somewhere in its upper half', () => {
  const waits = (random: number) =>
    [1, 2, 3, 10].map(attempt =>
      decide(failed, attempt, { ...policy, maxAttempts: 99 }, () => random),
    )
  expect(waits(0)).toEqual([1, 2, 4, 30].map(afterSeconds => ({ kind: 'again', afterSeconds })))
  expect(waits(1)).toEqual([2, 4, 8, 60].map(afterSeconds => ({ kind: 'again', afterSeconds })))
})

it('a retry that names its wait gets that wait, as long as attempts are left', () => {
  const ask = { kind: 'retry', afterSeconds: 0, reason: 'not yet there' } as const
  expect(decide(ask, 1, policy, () => 1)).toEqual({ kind: 'again', afterSeconds: 0 })
  expect(decide(ask, 3, policy, () => 1)).toEqual({
    kind: 'dead',
    reason: 'not yet there (attempt 3 of 3)',
  })
})

it('the last attempt leaves a task dead with the kind and the reason', () => {
  expect(decide(failed, 3, policy, () => 0)).toEqual({
    kind: 'dead',
    reason: 'exception: Error: no (attempt 3 of 3)',
  })
})

it('a kind of failure that is switched off is not tried again', () => {
  const strict = { ...policy, retryOn: new Set(['timeout', 'exit'] as const) }
  const memory = { kind: 'failed', failure: 'memory', reason: 'heap full' } as const
  expect(decide(memory, 1, strict, () => 0)).toMatchObject({
    kind: 'dead',
    reason: 'memory: heap full (not retried: TQ_RETRY_ON)',
  })
  const exit = { kind: 'failed', failure: 'exit', reason: 'code 3' } as const
  expect(decide(exit, 1, strict, () => 0).kind).toBe('again')
})
