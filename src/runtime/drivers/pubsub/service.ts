import type { HeldAnswer, OpenOptions } from '../../queue/driver.ts'
import { TaskqError } from '../../queue/errors.ts'
import { type Place, urlOf } from './address.ts'
import type { Endpoint } from './endpoint.ts'
import { translate } from './errors.ts'
import type { Published, Received } from './message.ts'
import { type Call, type Refusal, Rest } from './rest.ts'

/** What the service says of a subscription, as far as it concerns us. */
export interface SubscriptionInfo {
  readonly topic: string
  readonly ackDeadlineSeconds?: number
  readonly enableExactlyOnceDelivery?: boolean
  readonly enableMessageOrdering?: boolean
  /** `604800s` */
  readonly messageRetentionDuration?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly detached?: boolean
  readonly filter?: string
  readonly pushConfig?: { readonly pushEndpoint?: string }
  readonly bigqueryConfig?: { readonly table?: string }
  readonly cloudStorageConfig?: { readonly bucket?: string }
  readonly deadLetterPolicy?: { readonly maxDeliveryAttempts?: number }
}

/** Leases that are sent at once where each has to be asked about alone. */
const singlesAtOnce = 16
const mostTransientTries = 5

/** The calls of Pub/Sub that a queue needs, on one topic and its subscription. */
export class Service {
  readonly place: Place
  readonly url: string
  readonly rest: Rest
  readonly topicPath: string
  readonly subscriptionPath: string
  readonly endpoint: Endpoint
  /** The queue that is to be made when something is missing: this one, or the one that it stands beside. */
  readonly #home: string

  constructor(place: Place, endpoint: Endpoint, options: OpenOptions, home = urlOf(place)) {
    this.place = place
    this.url = urlOf(place)
    this.#home = home
    this.rest = new Rest(endpoint, options, this.url)
    const project = `projects/${place.project}`
    this.topicPath = `${project}/topics/${encodeURIComponent(place.topic)}`
    this.subscriptionPath = `${project}/subscriptions/${encodeURIComponent(place.subscription)}`
    this.endpoint = endpoint
  }

  async publish(messages: readonly Published[]): Promise<void> {
    await this.#must({ method: 'POST', path: `${this.topicPath}:publish`, body: { messages } })
  }

  /** What can be had just now; the service may give nothing although there is something. */
  async pull(max: number): Promise<readonly Received[]> {
    // An open pull that is given up keeps what it was just given until the deadline: so none is left open.
    const body = { maxMessages: max, returnImmediately: true }
    const path = `${this.subscriptionPath}:pull`
    const { receivedMessages = [] } = await this.#must<{
      readonly receivedMessages?: readonly Received[]
    }>({ method: 'POST', path, body })
    return receivedMessages
  }

  acknowledge(ackIds: readonly string[]): Promise<ReadonlyMap<string, HeldAnswer>> {
    return this.#onEach(ackIds, some => ({
      method: 'POST',
      path: `${this.subscriptionPath}:acknowledge`,
      body: { ackIds: some },
    }))
  }

  /** Whole seconds from 0, which gives back, to 600. */
  modifyAckDeadline(
    ackIds: readonly string[],
    ackDeadlineSeconds: number,
  ): Promise<ReadonlyMap<string, HeldAnswer>> {
    return this.#onEach(ackIds, some => ({
      method: 'POST',
      path: `${this.subscriptionPath}:modifyAckDeadline`,
      body: { ackIds: some, ackDeadlineSeconds },
    }))
  }

  /** Takes everything that was published before a time as done. */
  async seek(milliseconds: number): Promise<void> {
    const time = new Date(milliseconds).toISOString()
    await this.#must({ method: 'POST', path: `${this.subscriptionPath}:seek`, body: { time } })
  }

  /** The subscription; `undefined` where these credentials may use but not look at it. */
  async look(): Promise<SubscriptionInfo | undefined> {
    const call: Call = { method: 'GET', path: this.subscriptionPath }
    const reply = await this.rest.ask<SubscriptionInfo>(call)
    if (reply.kind === 'answer') return reply.answer
    if (reply.refusal.httpStatus === 403 && reply.refusal.reason !== 'SERVICE_DISABLED') return
    throw this.#translate(reply.refusal, call)
  }

  /** The answer to a call that is no everyday one; `undefined` where what it names is not there. */
  async find<Answer>(call: Call): Promise<Answer | undefined> {
    const reply = await this.rest.ask<Answer>(call)
    if (reply.kind === 'answer') return reply.answer
    if (reply.refusal.httpStatus === 404) return
    throw this.#translate(reply.refusal, call)
  }

  /** Makes something unless it is there; answers whether it was made. */
  async make(call: Call): Promise<boolean> {
    const reply = await this.rest.ask(call)
    if (reply.kind === 'answer') return true
    if (reply.refusal.httpStatus === 409) return false
    throw this.#translate(reply.refusal, call)
  }

  #translate(refusal: Refusal, call: Call): TaskqError {
    return translate(refusal, call, this.place, this.#home)
  }

  async #must<Answer>(call: Call): Promise<Answer> {
    const reply = await this.rest.ask<Answer>(call)
    if (reply.kind === 'answer') return reply.answer
    throw this.#translate(reply.refusal, call)
  }

  /** Asks about many leases and answers for each; those that only passingly failed are asked about again. */
  async #onEach(
    ackIds: readonly string[],
    callOf: (some: readonly string[]) => Call,
  ): Promise<ReadonlyMap<string, HeldAnswer>> {
    const answers = new Map<string, HeldAnswer>()
    const { namesRefused } = this.endpoint
    if (this.place.exactlyOnce && !namesRefused) await this.#oneByOne(ackIds, callOf, answers)
    else {
      let left = ackIds
      for (let tried = 1; left.length > 0; tried += 1) {
        if (tried > mostTransientTries) throw this.#unsure(left.length)
        if (tried > 1) await this.rest.pause(tried)
        left = await this.#together(left, callOf, answers)
      }
    }
    return answers
  }

  /** Answers those that are worth another try. */
  async #together(
    ackIds: readonly string[],
    callOf: (some: readonly string[]) => Call,
    answers: Map<string, HeldAnswer>,
  ): Promise<readonly string[]> {
    const call = callOf(ackIds)
    const reply = await this.rest.ask(call)
    if (reply.kind === 'answer') for (const ackId of ackIds) answers.set(ackId, 'done')
    if (reply.kind === 'answer') return []
    const { refusal } = reply
    if (refusal.httpStatus !== 400) throw this.#translate(refusal, call)
    if (!namesAny(refusal, ackIds)) {
      await this.#oneByOne(ackIds, callOf, answers)
      return []
    }
    const again: string[] = []
    for (const ackId of ackIds) {
      const why = refusal.metadata[ackId]
      if (why?.startsWith('TRANSIENT_')) again.push(ackId)
      else answers.set(ackId, why === undefined ? 'done' : 'lost')
    }
    return again
  }

  async #oneByOne(
    ackIds: readonly string[],
    callOf: (some: readonly string[]) => Call,
    answers: Map<string, HeldAnswer>,
  ): Promise<void> {
    // Of tasks in a line the first must be finished first.
    const atOnce = this.place.ordering ? 1 : singlesAtOnce
    for (let at = 0; at < ackIds.length; at += atOnce)
      await Promise.all(
        ackIds.slice(at, at + atOnce).map(async ackId => {
          const call = callOf([ackId])
          const reply = await this.rest.ask(call)
          if (reply.kind === 'refusal' && reply.refusal.httpStatus !== 400)
            throw this.#translate(reply.refusal, call)
          answers.set(ackId, reply.kind === 'answer' ? 'done' : 'lost')
        }),
      )
  }

  #unsure(count: number): TaskqError {
    return new TaskqError(
      'unavailable',
      `${this.url}: Pub/Sub could not say of ${count} leases whether they are still held. Try again.`,
    )
  }
}

function namesAny({ metadata }: Refusal, ackIds: readonly string[]): boolean {
  return ackIds.some(ackId => Object.hasOwn(metadata, ackId))
}
