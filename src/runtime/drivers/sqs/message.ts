import { createHash } from 'node:crypto'
import type { MessageAttributeValue } from '@aws-sdk/client-sqs'
import { checkId } from '../../queue/checks.ts'
import { heldSeconds } from './limits.ts'
import { ascii, type TextForm, unwrapText, wrapText } from './text.ts'

/**
 * What travels with a task beside its body, in one message attribute, which Python ignores: SQS
 * cannot change a message, so that a charged attempt is told by a copy that takes its place.
 */
export interface Tag {
  readonly id: string
  /** Runs charged so far. */
  readonly attempts: number
  /** How often the copies before this one were lent. */
  readonly deliveries: number
  /** Which copy this is: on a FIFO queue a new one must not be taken for the old one. */
  readonly generation: number
  /** Seconds after it was sent before which it is not lent, where the queue cannot delay by itself. */
  readonly delaySeconds: number
  /** Why it is dead, and what was kept of its last run. */
  readonly reason?: string
  readonly record?: string
}

/** The attribute that carries the tag. */
export const tagName = 'taskq'

/** A message as it is sent. */
export interface Outgoing {
  readonly body: string
  readonly attributes: Record<string, MessageAttributeValue>
  readonly bytes: number
}

/** Body and tag in the form that SQS takes, with the size that SQS counts. */
export function pack(body: string, tag: Tag): Outgoing {
  const { text, form } = wrapText(body)
  const value = ascii(JSON.stringify({ ...sparse(tag), ...(form !== 'plain' && { text: form }) }))
  return {
    body: text,
    attributes: { [tagName]: { DataType: 'String', StringValue: value } },
    bytes: Buffer.byteLength(text) + tagName.length + 'String'.length + value.length,
  }
}

/** What SQS hands out, as far as it is used here. */
export interface Received {
  readonly MessageId?: string | undefined
  readonly Body?: string | undefined
  readonly MessageAttributes?: Record<string, MessageAttributeValue> | undefined
}

/** Opens a message. One without a tag of ours (Python sent it) is named by SQS itself. */
export function unpack({ MessageId = '', Body = '', MessageAttributes }: Received): {
  readonly body: string
  readonly tag: Tag
} {
  const { tag, form } = readTag(MessageAttributes?.[tagName]?.StringValue, MessageId)
  return { body: unwrapText(Body, form), tag }
}

/** The tag of a task that begins its life. */
export function freshTag(id: string): Tag {
  return { id, attempts: 0, deliveries: 0, generation: 0, delaySeconds: 0 }
}

/** What a FIFO queue wants to know: every task is a group of its own, so that none waits for another. */
export function fifoFields({ id, generation }: Tag) {
  return {
    MessageGroupId: digest(id),
    MessageDeduplicationId: digest(`${generation} ${id}`),
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Without what is as it is at first. */
function sparse({ id, reason, record, ...numbers }: Tag) {
  const told = Object.entries(numbers).filter(([, value]) => value !== 0)
  return {
    id,
    ...Object.fromEntries(told),
    ...(reason !== undefined && { reason }),
    ...(record !== undefined && { record }),
  }
}

/** A tag that is none of ours is data like any other: the message then counts as one without. */
function readTag(value: string | undefined, messageId: string): { tag: Tag; form: TextForm } {
  const none = { tag: freshTag(messageId), form: 'plain' } as const
  if (value === undefined) return none
  try {
    const raw = JSON.parse(value) as Record<string, unknown>
    checkId(raw['id'] as string)
    const text = (name: string) => (typeof raw[name] === 'string' ? raw[name] : undefined)
    const reason = text('reason')
    const record = text('record')
    return {
      tag: {
        id: raw['id'] as string,
        attempts: countOf(raw['attempts'], mostRuns),
        deliveries: countOf(raw['deliveries'], mostRuns),
        generation: countOf(raw['generation'], mostGeneration),
        delaySeconds: countOf(raw['delaySeconds'], heldSeconds),
        ...(reason !== undefined && { reason }),
        ...(record !== undefined && { record }),
      },
      form: raw['text'] === 'escaped' || raw['text'] === 'base64' ? raw['text'] : 'plain',
    }
  } catch {
    return none
  }
}

/** Far beyond what any task has had, and far below what the core refuses. */
const mostRuns = 100_000
const mostGeneration = 1e14

function countOf(value: unknown, most: number): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most
    ? value
    : 0
}
