import type { Limits } from '../../queue/driver.ts'
import type { SqsQueue } from './queue.ts'

/** The longest that SQS lets a message be held, from its being handed out. */
export const heldSeconds = 43_200

/** The longest that SQS waits for a first message. */
export const longPollSeconds = 20

/** The most that id and attempts of a task on its way add to a message: an id is at most 512 bytes. */
const tagBytes = 2048

/** What is inserted must fit into a message again when it is dead: deflated, as base64, with the reason. */
const deadShare = 0.73

/** What one queue of SQS bears; a call of ours is many requests of theirs. */
export function limitsOf(
  { messageBytes, keptSeconds }: Pick<SqsQueue, 'messageBytes' | 'keptSeconds'>,
  settleSeconds: number,
): Limits {
  return {
    batch: 1000,
    batchBytes: 16 * 2 ** 20,
    bodyBytes: Math.floor((messageBytes - tagBytes) * deadShare),
    leaseSeconds: heldSeconds,
    heldSeconds,
    delaySeconds: 900,
    waitSeconds: longPollSeconds,
    settleSeconds,
    keptSeconds,
  }
}
