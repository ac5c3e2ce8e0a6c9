import type { HeldTask } from './held.ts'
import type { RunnerOrders } from './messages.ts'
import { startProcessRunner } from './process-runner.ts'
import type { Runner, RunnerEvents } from './runner.ts'
import type { WorkerSettings } from './settings.ts'

/** Starts one more runner. */
export type StartRunner = (events: RunnerEvents<HeldTask>) => Runner<HeldTask>

/** Starts runners of the kind that TQ_ISOLATION names; only these are loaded. */
export async function runnerStarter(
  { isolation, concurrency, memoryLimit, recycleAbove }: WorkerSettings,
  orders: RunnerOrders,
): Promise<StartRunner> {
  if (isolation === 'none') {
    const { startInlineRunner } = await import('./inline-runner.ts')
    return events => startInlineRunner(orders, events)
  }
  if (isolation === 'thread') {
    const { threadStarter } = await import('./thread-runner.ts')
    return threadStarter({ orders, concurrency, memoryLimit, recycleAbove })
  }
  return events => startProcessRunner({ orders, memoryLimit, recycleAbove }, events)
}
