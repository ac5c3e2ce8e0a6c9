import type { Limits } from '../../queue/driver.ts'
import { heldSeconds } from './loans.ts'
import { tagBytes } from './message.ts'
import type { SqsQueue } from './queue.ts'
import { longPollSeconds } from './receiver.ts'

/** What one queue of SQS bears; a call of ours is many requests of theirs. */
export function limitsOf(
  { messageBytes }: Pick<SqsQueue, 'messageBytes'>,
  settleSeconds: number,
): Limits {
  return {
    batch: 1000,
    batchBytes: 16 * 2 ** 20,
    bodyBytes: messageBytes - tagBytes,
    leaseSeconds: heldSeconds,
    heldSeconds,
    delaySeconds: 900,
    waitSeconds: longPollSeconds,
    settleSeconds,
  }
}
