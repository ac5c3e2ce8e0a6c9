/**
 * One process of the storm in index.ts: inserts or works on the queue named on its command line,
 * says on standard output what it does, and writes each step to its own history file first.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Driver } from '../../queue/driver.ts'
import { openDriver } from '../../queue/open.ts'
import { monotonicNow, noteSteps, type Span, type Step } from '../history/history.ts'

/** What a member is told, as JSON in its only argument. */
export interface MemberOrders {
  readonly role: 'insert' | 'work'
  readonly url: string
  readonly name: string
  readonly history: string
  readonly tasks: number
  readonly batch: number
  readonly leaseSeconds: number
}

const orders = JSON.parse(process.argv[2] ?? '{}') as MemberOrders
const driver = await openDriver(orders.url)
if (orders.role === 'insert') await insertEverything(driver)
else await workUntilDrained(driver)
await driver.close()

/** Every inserter inserts the whole table, starting at a place of its own. */
async function insertEverything(queue: Driver): Promise<void> {
  const { tasks, batch, name } = orders
  const start = Number(name.replace(/\D/g, '')) * 97
  for (let at = 0; at < tasks; at += batch) {
    const ids = Array.from(
      { length: Math.min(batch, tasks - at) },
      (_, offset) => `task-${(start + at + offset) % tasks}`,
    )
    const [answers, span] = await timed(() =>
      queue.insert(ids.map(id => ({ id, body: bodyOf(id) }))),
    )
    note([{ step: 'inserted', ids: ids.filter((_, index) => answers[index] === 'new'), span }])
  }
}

function bodyOf(id: string): string {
  return `{"id":"${id}"}`
}

async function workUntilDrained(queue: Driver): Promise<void> {
  const { batch, leaseSeconds, name } = orders
  for (;;) {
    const asking = { max: batch, seconds: leaseSeconds, worker: { id: name } }
    const [leases, leased] = await timed(() => queue.lease(asking))
    if (leases.length === 0) {
      const { ready = 0, delayed = 0, leased = 0, done } = await queue.counts()
      if (ready + delayed + leased === 0 && done === orders.tasks) return
      await sleep(20)
      continue
    }
    note(leases.map(({ id, token }) => ({ step: 'leased', id, token, span: leased })))
    const settlements = leases.map(lease => ({ ...lease, record: JSON.stringify(lease.token) }))
    const [answers, span] = await timed(
      async () => (await queue.results?.settle(settlements)) ?? (await queue.complete(leases)),
    )
    note(
      leases.map(({ id, token }, index) => {
        const answer = answers[index] ?? 'unknown'
        return { step: 'settled', id, token, answer, span }
      }),
    )
  }
}

async function timed<T>(act: () => Promise<T>): Promise<readonly [T, Span]> {
  const asked = monotonicNow()
  const answer = await act()
  return [answer, { asked, answered: monotonicNow() }]
}

/** Written before it is told, so that a kill cannot take back what the others heard. */
function note(steps: readonly Step[]): void {
  noteSteps(orders.history, steps)
  process.stdout.write('.\n')
}
