import type { Clock } from '../../queue/driver.ts'
import { TaskqError } from '../../queue/errors.ts'
import type { Endpoint } from './endpoint.ts'

/** One call of the REST interface. */
export interface Call {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Behind `/v1/`: `projects/p/topics/t:publish`. */
  readonly path: string
  readonly body?: unknown
}

/** What the service said no to, before it is a sentence for people. */
export interface Refusal {
  readonly httpStatus: number
  readonly said: string
  /** `google.rpc.ErrorInfo`, where the answer holds one. */
  readonly reason: string | undefined
  readonly metadata: Readonly<Record<string, string>>
}

/** What the service said: what was asked for, or why not. */
export type Reply<Answer> =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'refusal'; readonly refusal: Refusal }

/** Five tries in about four seconds; who calls waits longer between calls of its own. */
const tries = 5
const waits = { firstMilliseconds: 100, mostMilliseconds: 2000 }

/**
 * Asks Pub/Sub over HTTP and tries again while it is too busy or cannot be reached; every call may be
 * repeated. Rejects with `unavailable` when that does not help.
 */
export class Rest {
  readonly #endpoint: Endpoint
  readonly #clock: Clock
  readonly #random: () => number
  readonly #url: string
  readonly #ending = new AbortController()
  /** Whether the last call was answered, if only with a refusal. */
  answers = false
  /** The second in which it was, by the service's own clock in milliseconds; `undefined` where it tells none. */
  answeredAt: number | undefined

  constructor(
    endpoint: Endpoint,
    { clock, random }: { readonly clock: Clock; readonly random: () => number },
    url: string,
  ) {
    this.#endpoint = endpoint
    this.#clock = clock
    this.#random = random
    this.#url = url
  }

  async ask<Answer>(call: Call): Promise<Reply<Answer>> {
    for (let tried = 1; ; tried += 1) {
      try {
        const reply = await this.#askOnce<Answer>(call)
        this.answers = true
        return reply
      } catch (error) {
        this.answers = false
        if (!(error instanceof Busy) || this.#ending.signal.aborted) throw error
        if (tried === tries) throw this.#unavailable(call, error)
        await this.pause(tried)
      }
    }
  }

  /** Waits before another try: longer each time, and not for as long as others do. */
  pause(tried: number): Promise<void> {
    const full = Math.min(waits.mostMilliseconds, waits.firstMilliseconds * 2 ** (tried - 1))
    return this.#clock.sleep(full * (0.5 + this.#random() / 2), this.#ending.signal)
  }

  /** Gives up what nobody waits for any more: a service that is silent would keep the process alive. */
  end(): void {
    this.#ending.abort(new Error(`${this.#url} was closed`))
  }

  async #askOnce<Answer>({ method, path, body }: Call): Promise<Reply<Answer>> {
    const headers = await this.#endpoint.headers()
    const { status, text } = await this.#fetch(`${this.#endpoint.origin}/v1/${path}`, {
      method,
      headers: { ...headers, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    if (status === 429 || (status >= 500 && status !== 501))
      throw new Busy(`${status} ${refusalOf(status, text).said}`)
    if (status >= 200 && status < 300) return { kind: 'answer', answer: answerOf(text) as Answer }
    return { kind: 'refusal', refusal: refusalOf(status, text) }
  }

  async #fetch(url: string, request: RequestInit) {
    const { answerMilliseconds } = this.#endpoint
    try {
      const late = AbortSignal.timeout(answerMilliseconds)
      const signal = AbortSignal.any([late, this.#ending.signal])
      const response = await fetch(url, { ...request, signal })
      const dated = Date.parse(response.headers.get('date') ?? '')
      this.answeredAt = Number.isNaN(dated) ? undefined : dated
      return { status: response.status, text: await response.text() }
    } catch (cause) {
      throw new Busy(causeText(cause, answerMilliseconds), { cause })
    }
  }

  #unavailable({ path }: Call, cause: Busy): TaskqError {
    return new TaskqError(
      'unavailable',
      `${this.#url}: Pub/Sub did not answer ${tries} times (${path.replace(/^.*[/:]/, '')}): ${cause.message}. Whether it acted is unknown; try again.`,
      { cause },
    )
  }
}

/** Worth another try. */
class Busy extends Error {}

/** `fetch failed` says nothing; what lies under it does. */
function causeText(error: unknown, answerMilliseconds: number): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${answerMilliseconds / 1000} s`
  if (error.cause instanceof Error) return causeText(error.cause, answerMilliseconds)
  return error.message || error.name
}

function answerOf(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text)
  } catch (cause) {
    throw new Busy(`an answer that is no JSON: ${text.slice(0, 80)}`, { cause })
  }
}

interface ErrorBody {
  readonly error?: {
    readonly message?: string
    readonly details?: readonly {
      readonly '@type'?: string
      readonly reason?: string
      readonly metadata?: Readonly<Record<string, string>>
    }[]
  }
}

function refusalOf(httpStatus: number, text: string): Refusal {
  let error: ErrorBody['error']
  try {
    error = (JSON.parse(text) as ErrorBody | null)?.error
  } catch {
    // A proxy on the way answers with a page of its own.
    error = { message: text.slice(0, 200) }
  }
  const info = error?.details?.find(one => one['@type']?.endsWith('google.rpc.ErrorInfo'))
  return {
    httpStatus,
    said: error?.message || `HTTP ${httpStatus}`,
    reason: info?.reason,
    metadata: info?.metadata ?? {},
  }
}
