import { createHash } from 'node:crypto'
import { checkId } from '../../queue/checks.ts'
import type { Message } from '../../queue/driver.ts'
import { TaskqError } from '../../queue/errors.ts'
import { limits } from './limits.ts'

/** A message as `publish` takes it: the body is the data, all else an attribute. */
export interface Published {
  readonly data: string
  readonly attributes: Readonly<Record<string, string>>
  readonly orderingKey?: string
}

/** A message as `pull` gives it. Those of other programs have no attributes of ours. */
export interface Received {
  readonly ackId: string
  /** Counted by the service only where it moves tasks to the dead ones itself. */
  readonly deliveryAttempt?: number
  readonly message: {
    readonly data?: string
    readonly attributes?: Readonly<Record<string, string>>
    readonly messageId: string
    /** RFC 3339, as the service dates it. */
    readonly publishTime?: string
  }
}

/** What was pulled, in our words. */
export interface Pulled {
  readonly id: string
  readonly ackId: string
  readonly body: string
  readonly attempts: number
  readonly deliveries: number | undefined
  /** Wall clock in milliseconds before which it is not to be run; 0 for at once. */
  readonly notBefore: number
  /** Wall clock in milliseconds; `undefined` where the service does not date it. */
  readonly publishedAt: number | undefined
}

const names = { id: 'taskq-id', attempts: 'taskq-attempts', notBefore: 'taskq-not-before' } as const

/** One key for all: who asks for order has one line. */
const orderingKey = 'taskq'

/** A task on its way into a topic. */
export interface ToPublish extends Pick<Message, 'id' | 'body'> {
  readonly attempts?: number
  readonly delaySeconds?: number
}

/** Puts a task into a message. The service keeps no delays and no attempts, so they travel with it. */
export function toPublished(
  { id, body, attempts = 0, delaySeconds = 0 }: ToPublish,
  now: number,
  ordering: boolean,
): Published {
  return {
    data: Buffer.from(body).toString('base64'),
    attributes: {
      [names.id]: id,
      ...(attempts > 0 && { [names.attempts]: String(attempts) }),
      ...(delaySeconds > 0 && { [names.notBefore]: String(Math.ceil(now + delaySeconds * 1000)) }),
    },
    ...(ordering && { orderingKey }),
  }
}

/** Takes a task out of a message; one of another program is named as the service named it. */
export function fromReceived({ ackId, deliveryAttempt = 0, message }: Received): Pulled {
  const { data = '', attributes = {}, messageId, publishTime = '' } = message
  const publishedAt = Date.parse(publishTime)
  const notBefore = wholeOf(attributes[names.notBefore])
  // By the clock of whoever sent it: one that is years ahead would have its tasks put aside for years.
  const latest = publishedAt + limits.delaySeconds * 1000
  return {
    id: idOf(attributes[names.id]) ?? messageId,
    ackId,
    body: Buffer.from(data, 'base64').toString(),
    attempts: Math.min(mostAttempts, wholeOf(attributes[names.attempts])),
    deliveries: deliveryAttempt > 0 ? deliveryAttempt : undefined,
    notBefore: notBefore > latest ? latest : notBefore,
    publishedAt: Number.isNaN(publishedAt) ? undefined : publishedAt,
  }
}

/** Far beyond what any task has had, and far below what the core refuses. */
const mostAttempts = 100_000

/** An id that is none of ours is data like any other: the task is then named by the service. */
function idOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  try {
    checkId(text)
    return text
  } catch {
    return undefined
  }
}

/** Refuses what Pub/Sub cannot do with a message. */
export function checkHeaders({ id, headers: { priority = 0 } = {} }: Message, url: string): void {
  if (priority === 0) return
  throw new TaskqError(
    'unsupported',
    `Task "${id}" has priority ${priority}, and ${url} has no priorities. Leave it out, or use a queue of its own for what is urgent.`,
  )
}

/** The token of a lease: the service's own, bound to the id, so that no two can be mixed up. */
export function tokenOf(id: string, ackId: string): string {
  return `${seal(id, ackId)}.${ackId}`
}

/** The service's own name of a lease; `undefined` for a token that was never given out for this id. */
export function ackIdOf(id: string, token: string): string | undefined {
  const ackId = token.slice(sealLength + 1)
  return ackId !== '' && tokenOf(id, ackId) === token ? ackId : undefined
}

const sealLength = 12

function seal(id: string, ackId: string): string {
  return createHash('sha256').update(`${id}\0${ackId}`).digest('base64url').slice(0, sealLength)
}

/** A number as we write it; whatever else stands there counts as none. */
function wholeOf(text: string | undefined): number {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : 0
}
