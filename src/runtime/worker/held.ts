import type { Lease } from '../queue/driver.ts'
import type { CrewTask } from './waiting-tasks.ts'

/** A task this worker holds, from the lease until its outcome is in the queue. */
export interface HeldTask extends CrewTask {
  readonly lease: Lease
  /** When the lease was last asked for or renewed, on the worker's steady clock in milliseconds. */
  renewedAt: number
  /** Whether the store was told of the run that is under way. */
  isCharged: boolean
  /** What became of it is on its way to the store, whose answer to that says all. */
  isPosted: boolean
  isLost: boolean
}

/** Takes a lease on; `ref` names it between worker and runners. */
export function hold(lease: Lease, ref: number, now: number): HeldTask {
  return {
    ref,
    id: lease.id,
    body: lease.body,
    attempt: lease.attempts + 1,
    lease,
    renewedAt: now,
    alone: isSuspect(lease),
    wasCutOff: false,
    isCharged: false,
    isPosted: false,
    isLost: false,
  }
}

/** Lent more often than runs were charged: somebody has vanished with it, perhaps because of it. */
function isSuspect({ deliveries = 1, attempts }: Lease): boolean {
  return deliveries - 1 > attempts
}
