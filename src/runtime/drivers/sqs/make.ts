import type { Inventory } from '../../queue/driver.ts'
import { besideName, type SqsAddress } from './address.ts'
import type { SqsClient } from './client.ts'
import { findQueueIfAny, type SqsQueue } from './queue.ts'

/** What we make carries this tag, and only what carries it is ever deleted. */
const label = { key: 'managed-by', value: 'taskq' } as const

/** The longest that SQS keeps a message, finished or not: fourteen days. */
const mostKeptSeconds = 1_209_600

/** The addresses of a queue and of the two beside it. */
export function familyOf(address: SqsAddress): readonly SqsAddress[] {
  const beside = (['dead', 'results'] as const).map(purpose => besideOf(address, purpose))
  return [...beside, address]
}

/** The address of the queue beside one: of the same account, region and server. */
export function besideOf(address: SqsAddress, purpose: 'dead' | 'results'): SqsAddress {
  const name = besideName(address.name, purpose)
  const { queueUrl } = address
  const place = queueUrl?.slice(0, queueUrl.lastIndexOf('/') + 1)
  const own = place === undefined ? undefined : `${place}${name}`
  return { ...address, name, queueUrl: own }
}

/** Makes those queues that are not there yet; one that is there stays as it is. */
export async function makeFamily(client: SqsClient, address: SqsAddress): Promise<void> {
  for (const each of familyOf(address)) {
    if ((await findQueueIfAny(client, each)) !== undefined) continue
    await client.ask(each, sqs =>
      sqs.createQueue({
        QueueName: each.name,
        Attributes: {
          MessageRetentionPeriod: String(mostKeptSeconds),
          ...(each.name.endsWith('.fifo') && {
            FifoQueue: 'true',
            DeduplicationScope: 'messageGroup',
            FifoThroughputLimit: 'perMessageGroupId',
          }),
        },
        tags: { [label.key]: label.value },
      }),
    )
  }
}

/** What is there of a queue and of those beside it. */
export async function inventoryOf(client: SqsClient, address: SqsAddress): Promise<Inventory> {
  const found: { readonly queue: SqsQueue; readonly isOurs: boolean }[] = []
  for (const each of familyOf(address)) {
    const queue = await findQueueIfAny(client, each)
    if (queue === undefined) continue
    const { Tags = {} } = await queue.ask(sqs => sqs.listQueueTags({ QueueUrl: queue.queueUrl }))
    found.push({ queue, isOurs: Tags[label.key] === label.value })
  }
  const ours = found.filter(({ isOurs }) => isOurs)
  const others = found.filter(({ isOurs }) => !isOurs)
  return {
    parts: ours.map(({ queue }) => `queue ${queue.name}`),
    left: others.map(({ queue }) => ({
      name: `queue ${queue.name}`,
      why: 'not made by taskq create-queue',
    })),
    async remove() {
      for (const { queue } of ours)
        await queue.ask(sqs => sqs.deleteQueue({ QueueUrl: queue.queueUrl }))
      client.close()
    },
  }
}
