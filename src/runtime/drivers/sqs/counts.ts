import type { Counts } from '../../queue/driver.ts'
import type { SqsQueue } from './queue.ts'

const names = {
  ready: 'ApproximateNumberOfMessages',
  delayed: 'ApproximateNumberOfMessagesDelayed',
  leased: 'ApproximateNumberOfMessagesNotVisible',
} as const

/** Approximate, all of them: `limits.settleSeconds` says how long they may lag behind. */
export async function countsOf({ queueUrl, ending, ask }: SqsQueue): Promise<Counts> {
  const { Attributes = {} } = await ask(sqs =>
    sqs.getQueueAttributes(
      { QueueUrl: queueUrl, AttributeNames: Object.values(names) },
      { abortSignal: ending },
    ),
  )
  const of = (state: keyof typeof names) => {
    const count = Attributes[names[state]]
    return count === undefined ? undefined : Number(count)
  }
  return {
    ready: of('ready'),
    delayed: of('delayed'),
    leased: of('leased'),
    done: undefined,
    dead: undefined,
  }
}
