import type { SQS } from '@aws-sdk/client-sqs'
import { TaskqError } from '../../queue/errors.ts'
import type { SqsAddress } from './address.ts'
import { requestLimits } from './batch-calls.ts'
import type { SqsClient } from './client.ts'
import { isMissing } from './errors.ts'

/** One queue of the service, found and looked at. */
export interface SqsQueue {
  readonly name: string
  /** What SQS calls it, account included. */
  readonly queueUrl: string
  readonly isFifo: boolean
  readonly messageBytes: number
  /** How old a message gets before SQS deletes it, finished or not. */
  readonly keptSeconds: number
  /** The same under every URL of the queue; `undefined` where the server does not say. */
  readonly identity: string | undefined
  /** Aborted when the queue is let go of. */
  readonly ending: AbortSignal
  readonly ask: <Answer>(act: (sqs: SQS) => Promise<Answer>) => Promise<Answer>
}

/** Finds a queue and what it bears; throws where there is none. */
export async function findQueue(client: SqsClient, address: SqsAddress): Promise<SqsQueue> {
  const { name } = address
  const queueUrl = address.queueUrl ?? (await urlOf(client, address))
  const ask = <Answer>(act: (sqs: SQS) => Promise<Answer>) => client.ask(address, act)
  const { Attributes = {} } = await ask(sqs =>
    sqs.getQueueAttributes({
      QueueUrl: queueUrl,
      AttributeNames: [
        'MaximumMessageSize',
        'MessageRetentionPeriod',
        'QueueArn',
        'CreatedTimestamp',
      ],
    }),
  )
  return {
    name,
    queueUrl,
    isFifo: name.endsWith('.fifo'),
    messageBytes: Number(Attributes['MaximumMessageSize'] ?? usualQueue.messageBytes),
    keptSeconds: Number(Attributes['MessageRetentionPeriod'] ?? usualQueue.keptSeconds),
    identity: identityOf(Attributes),
    ending: client.ending,
    ask,
  }
}

/** Servers of one's own give every queue of a name the same ARN: when it was made tells them apart. */
function identityOf({ QueueArn, CreatedTimestamp = '' }: Readonly<Record<string, string>>) {
  return QueueArn === undefined ? undefined : `${QueueArn} ${CreatedTimestamp}`
}

/** The queue, or `undefined` where there is none. */
export async function findQueueIfAny(
  client: SqsClient,
  address: SqsAddress,
): Promise<SqsQueue | undefined> {
  try {
    return await findQueue(client, address)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** A queue that nobody has set anything of: a message of 1 MiB is kept for four days. */
export const usualQueue = {
  messageBytes: requestLimits.batchBytes,
  keptSeconds: 345_600,
} as const

async function urlOf(client: SqsClient, address: SqsAddress): Promise<string> {
  const { name } = address
  const { QueueUrl } = await client.ask(address, sqs => sqs.getQueueUrl({ QueueName: name }))
  if (QueueUrl !== undefined) return QueueUrl
  throw new TaskqError('unavailable', `SQS in ${client.place} gave no URL for ${name}. Try again.`)
}
