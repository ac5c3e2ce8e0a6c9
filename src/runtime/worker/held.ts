import type { Lease } from '../queue/driver.ts'
import type { CrewTask } from './waiting-tasks.ts'

/** A task this worker holds, from the lease until its outcome is in the queue. */
export interface HeldTask extends CrewTask {
  readonly lease: Lease
  /** When the lease was last asked for or renewed, on the worker's steady clock in milliseconds. */
  renewedAt: number
  /** Whether the store was told of the run that is under way. */
  isCharged: boolean
  isLost: boolean
}

/** How often a task was lent from which on somebody is presumed to have died holding it. */
const suspectDeliveries = 2

/** Takes a lease on; `ref` names it between worker and runners. */
export function hold(lease: Lease, ref: number, now: number): HeldTask {
  return {
    ref,
    id: lease.id,
    body: lease.body,
    attempt: lease.attempts + 1,
    lease,
    renewedAt: now,
    alone: (lease.deliveries ?? 1) >= suspectDeliveries,
    isCharged: false,
    isLost: false,
  }
}
