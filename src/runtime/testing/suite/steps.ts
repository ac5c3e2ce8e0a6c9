import assert from 'node:assert/strict'
import type { Driver, Headers, Lease, Message, TaskState } from '../../queue/driver.ts'

/** Messages named after their place, each with a body that tells which it is. */
export function messages(ids: readonly string[], headers?: Headers): readonly Message[] {
  return ids.map(id => ({ id, body: `body of ${id}`, ...(headers && { headers }) }))
}

/** `prefix-0`, `prefix-1` and so on. */
export function ids(count: number, prefix = 'task'): readonly string[] {
  return Array.from({ length: count }, (_, at) => `${prefix}-${at}`)
}

/** Leases in the simplest way: 60 seconds, as worker "w". */
export async function take(driver: Driver, max = 1, seconds = 60): Promise<readonly Lease[]> {
  return await driver.lease({ max, seconds, worker: { id: 'w' } })
}

/** Inserts one task and leases it. */
export async function takeOne(driver: Driver, id = 'task', seconds = 60): Promise<Lease> {
  await driver.insert(messages([id]))
  const [lease] = await take(driver, 1, seconds)
  assert.ok(lease, `${id} was inserted and could not be leased`)
  return lease
}

/** Checks the counts that the driver knows; those that may lag behind say nothing at one moment. */
export async function expectCounts(
  driver: Driver,
  expected: Partial<Record<TaskState, number>>,
): Promise<void> {
  const counts = await driver.counts()
  if (driver.limits.settleSeconds > 0) return
  const wanted = { ready: 0, delayed: 0, leased: 0, done: 0, dead: 0, ...expected }
  for (const state of ['ready', 'delayed', 'leased', 'done', 'dead'] as const) {
    if (counts[state] !== undefined)
      assert.equal(counts[state], wanted[state], `count of ${state} tasks`)
  }
}

/** Every verb that takes a lease, for promises that hold for all of them. */
export const heldVerbs = {
  extend: (driver: Driver, leases: readonly Lease[]) => driver.extend(leases, 60),
  release: (driver: Driver, leases: readonly Lease[]) => driver.release(leases),
  complete: (driver: Driver, leases: readonly Lease[]) => driver.complete(leases),
  bury: async (driver: Driver, leases: readonly Lease[]) =>
    (await driver.tasks?.bury(leases.map(({ id, token }) => ({ id, token, reason: 'bad' })))) ??
    leases.map(() => 'lost' as const),
  settle: async (driver: Driver, leases: readonly Lease[]) =>
    (await driver.results?.settle(leases.map(lease => ({ ...lease, record: '{}' })))) ??
    leases.map(() => 'lost' as const),
} as const

/** What a driver must offer for each of them. */
export const verbNeeds = {
  extend: 'fenced',
  release: 'fenced',
  complete: 'fenced',
  bury: 'tasks',
  settle: 'results',
} as const
