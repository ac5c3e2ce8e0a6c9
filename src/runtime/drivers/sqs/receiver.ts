import type { Message as SqsMessage } from '@aws-sdk/client-sqs'
import type { Clock, LeaseRequest } from '../../queue/driver.ts'
import { waitForMore } from '../wait.ts'
import { requestLimits, requestsAtOnce } from './batch-calls.ts'
import { longPollSeconds } from './limits.ts'

/** Messages as one request brought them, and when it was made (milliseconds of the steady clock). */
export interface Haul {
  readonly since: number
  readonly messages: readonly SqsMessage[]
}

/** What receiving needs of its queue. */
export interface ReceiverOptions {
  /** One request for at most ten messages. */
  readonly post: (
    max: number,
    seconds: number,
    waitSeconds: number,
  ) => Promise<readonly SqsMessage[]>
  /** Makes messages that nobody waits for any more available again. */
  readonly giveBack: (messages: readonly SqsMessage[]) => Promise<void>
  readonly clock: Clock
  /** Aborted when the driver closes. */
  readonly closing: AbortSignal
}

/** What an abandoned wait has got is looked for so long: it may have the only message there is. */
const lateMilliseconds = 250

/**
 * Takes messages: by one long poll where there are few, by many requests at once where there are
 * many. A poll that is cut off may have been given messages already: its answer is waited for
 * behind the scenes, and what it brings goes back.
 */
export class Receiver {
  readonly #options: ReceiverOptions
  /** Requests made at once; doubled while all come back full. */
  #width = 1
  readonly #late = new Set<Promise<void>>()

  constructor(options: ReceiverOptions) {
    this.#options = options
  }

  async receive(request: LeaseRequest): Promise<readonly Haul[]> {
    const { clock, closing } = this.#options
    const { signal, waitSeconds = 0 } = request
    const giveUpAt = clock.monotonic() + waitSeconds * 1000
    const leftSeconds = () => (giveUpAt - clock.monotonic()) / 1000
    signal?.throwIfAborted()
    if (waitSeconds < 1 || this.#width > 1) {
      const hauls = await this.#orCutOff(this.#takeMany(request), signal)
      if (hauls === 'closing' || hauls.length > 0) return hauls === 'closing' ? [] : hauls
    }
    while (leftSeconds() > 0 && !closing.aborted) {
      const wait = Math.min(longPollSeconds, Math.floor(leftSeconds()))
      // SQS waits for whole seconds; what is over is waited for here.
      if (wait < 1) {
        const milliseconds = leftSeconds() * 1000
        await waitForMore({ clock, milliseconds, signal, enough: [closing] })
        const last = await this.#orCutOff(this.#takeMany(request), signal)
        return last === 'closing' ? [] : last
      }
      const first = await this.#orCutOff(this.#take(request, wait), signal, closing)
      if (first === 'closing') return []
      if (first.messages.length > 0) return [first, ...(await this.#takeRest(request, first))]
    }
    return []
  }

  /** Waits a moment for what cut-off polls may bring, so that it is given back before the end. */
  async settle(): Promise<void> {
    if (this.#late.size > 0) await this.#awaitLate(lateMilliseconds * 4)
  }

  async #take({ max, seconds }: LeaseRequest, waitSeconds: number): Promise<Haul> {
    const { post, clock } = this.#options
    // From before the request: a lease is never taken to last longer than it does.
    const since = clock.monotonic()
    const messages = await post(Math.min(max, requestLimits.batch), seconds, waitSeconds)
    return { since, messages }
  }

  /** A long poll came back full: there is probably more. */
  async #takeRest(request: LeaseRequest, { messages }: Haul): Promise<readonly Haul[]> {
    const rest = request.max - messages.length
    if (rest <= 0 || messages.length < requestLimits.batch) return []
    try {
      return await this.#takeMany({ ...request, max: rest })
    } catch {
      // What is held must reach the caller; a fault that lasts comes back on the next call.
      return []
    }
  }

  /** Requests side by side, twice as many after each time that all came back full, until one does not. */
  async #takeMany(request: LeaseRequest): Promise<readonly Haul[]> {
    const hauls: Haul[] = []
    let left = request.max
    let isDry = false
    let fault: { readonly error: unknown } | undefined
    const lane = async () => {
      do {
        const size = Math.min(requestLimits.batch, left)
        if (size <= 0) return
        left -= size
        try {
          const haul = await this.#take({ ...request, max: size }, 0)
          if (haul.messages.length > 0) hauls.push(haul)
          isDry ||= haul.messages.length < size
        } catch (error) {
          fault ??= { error }
          isDry = true
        }
      } while (!isDry && this.#width >= requestsAtOnce)
    }
    while (left > 0 && !isDry) {
      const lanes = Math.min(this.#width, Math.ceil(left / requestLimits.batch))
      await Promise.all(Array.from({ length: lanes }, lane))
      if (lanes === this.#width) this.#width = Math.min(requestsAtOnce, lanes * 2)
    }
    const got = hauls.reduce((sum, { messages }) => sum + messages.length, 0)
    if (isDry) {
      this.#width = Math.min(this.#width, Math.max(1, Math.ceil(got / requestLimits.batch)))
    }
    // A fault is told only when nothing is held: what is must reach the caller.
    if (hauls.length === 0 && fault !== undefined) throw fault.error
    return [...hauls, ...(await this.#lateHauls({ ...request, max: request.max - got }, got > 0))]
  }

  /** More could be held: perhaps a poll that was cut off has it and is about to give it back. */
  async #lateHauls(request: LeaseRequest, holdsOthers: boolean): Promise<readonly Haul[]> {
    // Whoever left is among the late ones, and must not wait for itself.
    if (this.#late.size === 0 || request.max <= 0 || request.signal?.aborted) return []
    await this.#awaitLate(lateMilliseconds)
    try {
      const again = await this.#take(request, 0)
      return again.messages.length === 0 ? [] : [again]
    } catch (error) {
      if (holdsOthers) return []
      throw error
    }
  }

  /** Resolves when all cut-off polls have been answered, or when so much time is over. */
  async #awaitLate(milliseconds: number): Promise<void> {
    const answered = new AbortController()
    void Promise.allSettled(this.#late).then(() => answered.abort())
    const { clock } = this.#options
    await waitForMore({ clock, milliseconds, signal: undefined, enough: [answered.signal] })
  }

  /** The answer, unless the caller leaves or (where told) the driver closes before it is here. */
  async #orCutOff<Answer extends Haul | readonly Haul[]>(
    answer: Promise<Answer>,
    signal: AbortSignal | undefined,
    closing?: AbortSignal,
  ): Promise<Answer | 'closing'> {
    const { promise: left, resolve, reject } = Promise.withResolvers<'closing'>()
    const leave = () => reject(signal?.reason)
    const close = () => resolve('closing')
    signal?.addEventListener('abort', leave, { once: true })
    closing?.addEventListener('abort', close, { once: true })
    if (closing?.aborted) close()
    if (signal?.aborted) leave()
    let isHere = false
    try {
      const first = await Promise.race([answer, left])
      isHere = first !== 'closing'
      return first
    } finally {
      signal?.removeEventListener('abort', leave)
      closing?.removeEventListener('abort', close)
      if (!isHere) this.#giveBackLater(answer)
    }
  }

  #giveBackLater(answer: Promise<Haul | readonly Haul[]>): void {
    const late = answer
      .then(async hauls => {
        const messages = [hauls].flat().flatMap(haul => haul.messages)
        if (messages.length > 0) await this.#options.giveBack(messages)
      })
      // What cannot be given back comes back when its lease ends.
      .catch(() => {})
      .finally(() => this.#late.delete(late))
    this.#late.add(late)
  }
}
