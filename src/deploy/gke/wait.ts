import { TaskqError } from 'taskq-runtime'
import { durationText } from 'taskq-runtime/cli'
import type { Clock } from 'taskq-runtime/driver'
import { unlessAborted } from '../unless-aborted.ts'
import { capacityAdvice } from './faults.ts'
import type { Gke } from './gke.ts'

/** Where long work says what it does. */
export interface Teller {
  /** Something was done or found; stays. */
  readonly line: (text: string) => Promise<void>
  /** Something is waited for; may be drawn over. */
  readonly waiting: (text: string) => Promise<void>
}

/** What long work has of the world around it. */
export interface Around {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly tell: Teller
}

const POLL_MILLISECONDS = 5_000
/** Creating a cluster takes some six minutes; an hour means that something is wrong. */
const LONGEST_SECONDS = 3600

/** Waits for an operation of Google's; throws why it failed. Google goes on when this is interrupted. */
export async function waitForOperation(
  gke: Gke,
  name: string,
  doing: string,
  { clock, signal, tell }: Around,
): Promise<void> {
  const began = clock.monotonic()
  for (;;) {
    signal.throwIfAborted()
    const operation = await unlessAborted(gke.operation(name), signal)
    if (operation.failure !== undefined) {
      const advice = capacityAdvice(operation.failure) ?? 'Run the same command again.'
      throw new TaskqError('unavailable', `${doing} failed: ${operation.failure} ${advice}`)
    }
    if (operation.status === 'done') return
    const seconds = (clock.monotonic() - began) / 1000
    if (seconds > LONGEST_SECONDS) {
      throw new TaskqError(
        'unavailable',
        `${doing} has taken ${durationText(seconds)} and is not done. Run the same command again to go on waiting.`,
      )
    }
    await tell.waiting(`${doing}: ${durationText(seconds)}`)
    await clock.sleep(POLL_MILLISECONDS, signal)
  }
}
