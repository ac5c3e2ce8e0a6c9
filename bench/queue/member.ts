/** One process of a benchmark: drains the queue named on its command line and tells how it went. */
import type { Lease } from '../../src/runtime/queue/driver.ts'
import { openDriver } from '../../src/runtime/queue/open.ts'
import { openBare } from './bare.ts'

/** What a member is told, as JSON in its only argument. */
export interface DrainOrders {
  readonly kind: 'bare' | 'ours'
  readonly path: string
  readonly batch: number
  /** Callers that lease and complete at the same time in one process; ours only. */
  readonly callers: number
  /** When to begin, in milliseconds since 1970, so that all members begin together. */
  readonly startAt: number
}

/** What it answers, as JSON on standard output. */
export interface DrainReport {
  readonly tasks: number
  /** First and last moment of work, in milliseconds since 1970. */
  readonly from: number
  readonly to: number
  readonly longestWaitMs: number
}

if (import.meta.main) {
  const orders = JSON.parse(process.argv[2] ?? '{}') as DrainOrders
  console.log(JSON.stringify(await drain(orders)))
}

/** Leases and completes until nothing is left. */
export async function drain(orders: DrainOrders): Promise<DrainReport> {
  const { opener, close } =
    orders.kind === 'bare' ? openBareActor(orders) : await openOurActor(orders)
  await new Promise(resolve => setTimeout(resolve, Math.max(0, orders.startAt - Date.now())))
  const from = Date.now()
  let tasks = 0
  let longestWaitMs = 0
  const caller = async () => {
    const act = opener()
    for (;;) {
      const before = performance.now()
      const count = await act()
      longestWaitMs = Math.max(longestWaitMs, performance.now() - before)
      if (count === undefined) return
      tasks += count
    }
  }
  await Promise.all(Array.from({ length: orders.callers }, caller))
  const report = { tasks, from, to: Date.now(), longestWaitMs }
  await close()
  return report
}

function openBareActor({ path, batch }: DrainOrders) {
  const queue = openBare(path)
  const act = async () => queue.leaseAndComplete(batch)
  return { opener: () => act, close: async () => queue.close() }
}

/** As a worker does it: hands in what is done and asks for more in the same turn. */
async function openOurActor({ path, batch }: DrainOrders) {
  const driver = await openDriver(`sqlite:${path}`)
  const worker = { id: `bench-${process.pid}` }
  const lease = () => driver.lease({ max: batch, seconds: 60, worker })
  const opener = () => {
    let held: Promise<readonly Lease[]> = lease()
    return async () => {
      const leases = await held
      if (leases.length === 0) return undefined
      const settling = driver.results?.settle(
        leases.map(({ id, token }) => ({ id, token, record: '{"ok":true}' })),
      )
      held = lease()
      return (await settling)?.length ?? 0
    }
  }
  return { opener, close: () => driver.close() }
}
