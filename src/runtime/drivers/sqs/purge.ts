import type { OpenOptions } from '../../queue/driver.ts'
import type { SqsQueue } from './queue.ts'

/** SQS may go on deleting what comes in for so long. */
const sweepMilliseconds = 60_000

/** A FIFO queue drops an id that it was sent before for so long, whatever became of that message. */
const rememberedMilliseconds = 300_000

/** Comes back once nothing that is inserted afterwards can be swept away or dropped. */
export async function purge(
  { queueUrl, isFifo, ask }: SqsQueue,
  { clock }: OpenOptions,
): Promise<void> {
  await ask(sqs => sqs.purgeQueue({ QueueUrl: queueUrl }))
  await clock.sleep(isFifo ? rememberedMilliseconds : sweepMilliseconds)
}
