import type { HeldTask } from './held.ts'
import { startInlineRunner } from './inline-runner.ts'
import type { RunnerOrders } from './messages.ts'
import { startProcessRunner } from './process-runner.ts'
import type { Runner, RunnerEvents } from './runner.ts'
import type { WorkerSettings } from './settings.ts'
import { threadStarter } from './thread-runner.ts'

/** Starts runners of the kind that TQ_ISOLATION names. */
export function runnerStarter(
  { isolation, concurrency, memoryLimit, recycleAbove }: WorkerSettings,
  orders: RunnerOrders,
): (events: RunnerEvents<HeldTask>) => Runner<HeldTask> {
  if (isolation === 'none') return events => startInlineRunner(orders, events)
  if (isolation === 'thread')
    return threadStarter({ orders, concurrency, memoryLimit, recycleAbove })
  return events => startProcessRunner({ orders, memoryLimit, recycleAbove }, events)
}
