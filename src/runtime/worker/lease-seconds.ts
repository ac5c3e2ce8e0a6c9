import type { WorkEvent } from './events.ts'
import type { WorkOptions } from './work-options.ts'

type Asked = Pick<WorkOptions, 'queue' | 'settings'>

/** How long leases are: renewed while tasks run, they may be as short as the store has them. */
export function leaseSecondsOf({ queue, settings }: Asked): number {
  return Math.min(settings.leaseSeconds, queue.driver.limits.leaseSeconds)
}

/** Tells where that is less than was asked for. */
export function tellOfLeases(asked: Asked, tell: (event: WorkEvent) => void): void {
  const [askedSeconds, seconds] = [asked.settings.leaseSeconds, leaseSecondsOf(asked)]
  if (seconds < askedSeconds) tell({ event: 'lease-shortened', askedSeconds, seconds })
}
