import type { Message as SqsMessage } from '@aws-sdk/client-sqs'
import type { HeldAnswer, OpenOptions } from '../../queue/driver.ts'
import { TaskqError } from '../../queue/errors.ts'
import { type BatchAnswer, callInBatches, type FailedEntry } from './batch-calls.ts'
import { fifoFields, type Outgoing, pack, type Tag, tagName } from './message.ts'
import type { SqsQueue } from './queue.ts'

/** What is to be sent: a body, what is known of it, and when it may be lent. */
export interface Parcel {
  readonly tag: Tag
  readonly packed: Outgoing
  readonly delaySeconds: number
}

/** A message that is to stay hidden for so long from now on. */
export interface Hiding {
  readonly token: string
  readonly seconds: number
}

/**
 * The four requests that the verbs are made of, for any number of messages. They end with the queue:
 * a server that is silent would keep the process alive for what nobody waits for any more.
 */
export class Requests {
  readonly #queue: SqsQueue
  readonly #options: OpenOptions

  constructor(queue: SqsQueue, options: OpenOptions) {
    this.#queue = queue
    this.#options = options
  }

  /** Packs a task; throws where the message would be too large. */
  parcel(body: string, tag: Tag, delaySeconds: number): Parcel {
    const { isFifo, name, messageBytes } = this.#queue
    const whole = Math.ceil(delaySeconds)
    // FIFO queues delay all messages alike, or none: ours say themselves when their time has come.
    const told = { ...tag, delaySeconds: isFifo ? whole : 0 }
    const packed = pack(body, told)
    if (packed.bytes > messageBytes)
      throw new TaskqError(
        'invalid',
        `Task "${tag.id}" makes a message of ${packed.bytes} bytes; ${name} takes at most ${messageBytes}. Put the large part in a file and pass its path.`,
      )
    return { tag: told, packed, delaySeconds: isFifo ? 0 : whole }
  }

  /** Sends all, or throws; `onSent` hears of each that SQS has taken, by its place. */
  async send(parcels: readonly Parcel[], onSent: (at: number) => void = () => {}): Promise<void> {
    const { queueUrl, isFifo, name, ending, ask } = this.#queue
    const places = new Map(parcels.map((parcel, at) => [parcel, at]))
    const post = async (some: readonly Parcel[]) => {
      const answer = await ask(sqs =>
        sqs.sendMessageBatch(
          {
            QueueUrl: queueUrl,
            Entries: some.map(({ packed, tag, delaySeconds }, at) => ({
              Id: String(at),
              MessageBody: packed.body,
              MessageAttributes: packed.attributes,
              ...(isFifo ? fifoFields(tag) : { DelaySeconds: delaySeconds }),
            })),
          },
          { abortSignal: ending },
        ),
      )
      for (const { Id } of answer.Successful ?? []) {
        const parcel = some[Number(Id)]
        if (parcel !== undefined) onSent(places.get(parcel) ?? -1)
      }
      return answer
    }
    const answers = await this.#call(parcels, post, ({ packed }) => packed.bytes)
    for (const [at, answer] of answers.entries())
      if (answer !== 'done')
        throw new TaskqError(
          'invalid',
          `SQS refuses task "${parcels[at]?.tag.id}" for ${name} (${answer.Code}: ${answer.Message}). The others of this call are in the queue.`,
        )
  }

  /** Takes up to ten messages for `seconds`, waiting for the first at most `waitSeconds`. */
  async receive(max: number, seconds: number, waitSeconds: number): Promise<readonly SqsMessage[]> {
    const { queueUrl, ending, ask } = this.#queue
    const { Messages = [] } = await ask(sqs =>
      sqs.receiveMessage(
        {
          QueueUrl: queueUrl,
          MaxNumberOfMessages: max,
          VisibilityTimeout: seconds,
          WaitTimeSeconds: waitSeconds,
          MessageAttributeNames: [tagName],
          MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp'],
        },
        { abortSignal: ending },
      ),
    )
    return Messages
  }

  async hide(hidings: readonly Hiding[]): Promise<readonly HeldAnswer[]> {
    const { queueUrl, ending, ask } = this.#queue
    const answers = await this.#call(hidings, some =>
      ask(sqs =>
        sqs.changeMessageVisibilityBatch(
          {
            QueueUrl: queueUrl,
            Entries: some.map(({ token, seconds }, at) => ({
              Id: String(at),
              ReceiptHandle: token,
              VisibilityTimeout: seconds,
            })),
          },
          { abortSignal: ending },
        ),
      ),
    )
    return answers.map(doneOrLost)
  }

  async remove(tokens: readonly string[]): Promise<readonly HeldAnswer[]> {
    const { queueUrl, ending, ask } = this.#queue
    const answers = await this.#call(tokens, some =>
      ask(sqs =>
        sqs.deleteMessageBatch(
          {
            QueueUrl: queueUrl,
            Entries: some.map((ReceiptHandle, at) => ({ Id: String(at), ReceiptHandle })),
          },
          { abortSignal: ending },
        ),
      ),
    )
    return answers.map(doneOrLost)
  }

  async #call<Item>(
    items: readonly Item[],
    post: (items: readonly Item[]) => Promise<BatchAnswer>,
    bytesOf: (item: Item) => number = () => 0,
  ) {
    const { clock, random } = this.#options
    return await callInBatches(items, { post, bytesOf, queue: this.#queue.name, clock, random })
  }
}

/** What SQS refuses about a handle means that the handle is good for nothing any more. */
function doneOrLost(answer: 'done' | FailedEntry): HeldAnswer {
  return answer === 'done' ? 'done' : 'lost'
}
