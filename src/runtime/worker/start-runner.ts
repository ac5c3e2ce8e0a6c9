import type { HeldTask } from './held.ts'
import { startInlineRunner } from './inline-runner.ts'
import type { RunnerOrders } from './messages.ts'
import { startProcessRunner } from './process-runner.ts'
import type { Runner, RunnerEvents } from './runner.ts'
import type { WorkerSettings } from './settings.ts'

/** Starts a runner of the kind that TQ_ISOLATION names. */
export function startRunner(
  { isolation, memoryLimit }: WorkerSettings,
  orders: RunnerOrders,
  events: RunnerEvents<HeldTask>,
): Runner<HeldTask> {
  if (isolation === 'none') return startInlineRunner(orders, events)
  return startProcessRunner({ orders, memoryLimit }, events)
}
