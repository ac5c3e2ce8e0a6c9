import { expect, it } from 'vitest'
import type { Clock } from '../../src/runtime/queue/driver.ts'
import { TaskqError } from '../../src/runtime/queue/errors.ts'
import { patiently } from '../../src/runtime/worker/patience.ts'

/** A clock on which waiting takes no time. */
function leaping(): Clock {
  let now = 0
  return {
    now: () => now,
    monotonic: () => now,
    bootId: 'test',
    sleep: async (milliseconds, signal) => {
      signal?.throwIfAborted()
      now += milliseconds
    },
  }
}

const away = new TaskqError('unavailable', 'The store is away.')
const never = new AbortController().signal

it('a store that does not answer at the start is asked again for half a minute, and that is said once', async () => {
  const clock = leaping()
  const told: number[] = []
  let tries = 0
  const act = async () => {
    tries += 1
    throw away
  }
  const patience = { clock, signal: never, tell: (_: Error, seconds: number) => told.push(seconds) }
  await expect(patiently(act, patience)).rejects.toBe(away)
  expect(clock.monotonic()).toBe(30_000)
  expect(told).toEqual([30])
  expect(tries).toBeGreaterThan(5)
})

it('it goes on as soon as the store answers, and waits for nothing that is wrong', async () => {
  const clock = leaping()
  const patience = { clock, signal: never, tell: () => {} }
  let tries = 0
  const answer = async () => {
    tries += 1
    if (tries < 3) throw away
    return 'open'
  }
  expect(await patiently(answer, patience)).toBe('open')
  expect(clock.monotonic()).toBe(750)
  const wrong = new TaskqError('invalid', 'There is no such queue.')
  await expect(patiently(() => Promise.reject(wrong), patience)).rejects.toBe(wrong)
  expect(clock.monotonic()).toBe(750)
})

it('told to stop it waits no longer', async () => {
  const stop = new AbortController()
  const tell = () => stop.abort(new Error('got SIGTERM'))
  const patience = { clock: leaping(), signal: stop.signal, tell }
  await expect(patiently(() => Promise.reject(away), patience)).rejects.toThrow('got SIGTERM')
})
