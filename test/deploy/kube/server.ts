import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Controllers } from './jobs.ts'
import { type Answer, failure } from './refusals.ts'
import { matches, Requests } from './requests.ts'
import { type Json, Store } from './store.ts'

/** One request that the fake was sent, as it came. */
export interface Exchange {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly contentType: string
  readonly body: string
  readonly status: number
}

/**
 * A Kubernetes API server that lives in this process and behaves as a real one was measured to: it
 * refuses what cannot change, keeps managers of fields apart, orphans the pods of Jobs that are
 * deleted without a policy, warns, forgets old versions, and hangs namespaces with live Jobs.
 */
export class FakeKube {
  readonly store = new Store()
  readonly controllers = new Controllers(this.store)
  readonly transcript: Exchange[] = []
  readonly requests = new Requests(this.store, this.controllers)
  readonly #server: ReturnType<typeof createServer>
  /** Tokens that are taken, with whether their owner may do anything. */
  readonly tokens = new Map([['good', 'admin']])
  /** Watches from before this version are answered with 410. */
  oldest = 0
  /** A real server ends a watch after minutes. */
  watchMilliseconds = 400
  /** Answers before anything else, for faults. */
  fault:
    | ((method: string, path: string) => Answer | 'hang up' | 'say nothing' | undefined)
    | undefined
  /** Never answers a watch, as a network that has gone away. */
  isDeaf = false

  constructor(tls: { readonly key: string; readonly cert: string }) {
    const listener: RequestListener = (request, response) => void this.#answer(request, response)
    this.#server = createServer(tls, listener)
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo
    return `https://127.0.0.1:${port}`
  }

  async start(): Promise<this> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }

  /** The objects of a kind, for tests to look at. */
  all(plural: string): readonly Json[] {
    return [...this.store.objects]
      .filter(([path]) => path.split('/').at(-2) === plural)
      .map(([, object]) => object)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake')
    // Without a content-length a real server does not see the body of a DELETE.
    const isSeen = request.method !== 'DELETE' || request.headers['content-length'] !== undefined
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = isSeen ? Buffer.concat(chunks).toString() : ''
    const method = request.method ?? 'GET'
    const contentType = request.headers['content-type'] ?? ''
    const bearer = /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1]
    const fault = this.fault?.(method, url.pathname)
    if (fault === 'hang up') return void request.socket.destroy()
    if (fault === 'say nothing') return
    const user = bearer === undefined ? 'system:anonymous' : this.tokens.get(bearer)
    const isWatch = url.searchParams.has('watch')
    let answer: Answer | undefined = fault
    if (user === undefined) answer ??= failure(401, 'Unauthorized', 'Unauthorized')
    else if (!isWatch || user !== 'admin')
      answer ??= this.requests.handle(method, url, contentType, body, user)
    this.transcript.push({
      ...{
        method,
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        contentType,
        body,
      },
      status: answer?.status ?? 200,
    })
    if (answer === undefined) return this.isDeaf ? undefined : this.#watch(url, response)
    response.writeHead(answer.status, {
      'content-type': 'application/json',
      ...(answer.retryAfter !== undefined && { 'retry-after': String(answer.retryAfter) }),
      ...(answer.warning && { warning: `299 - ${JSON.stringify(answer.warning)}` }),
    })
    response.end(JSON.stringify(answer.body))
  }

  #watch(url: URL, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' })
    // As a real server does; Node would keep them back until there is a first event.
    response.flushHeaders()
    const from = Number(url.searchParams.get('resourceVersion') ?? 0)
    const send = (type: string, object: unknown) =>
      response.write(`${JSON.stringify({ type, object })}\n`)
    if (from < this.oldest) {
      const message = `too old resource version: ${from} (${this.oldest})`
      send('ERROR', failure(410, message, 'Expired').body)
      return void response.end()
    }
    let sent = from
    const tell = () => {
      for (const { version, type, collection, object } of this.store.happenings) {
        if (version <= sent || collection !== url.pathname || !matches(object, url)) continue
        send(type, object)
        sent = version
      }
    }
    tell()
    this.store.listeners.add(tell)
    const end = () => {
      clearTimeout(timer)
      this.store.listeners.delete(tell)
      // From a version of the future there is nothing but silence, to the end.
      if (from <= this.store.version && url.searchParams.get('allowWatchBookmarks') === 'true') {
        send('BOOKMARK', { metadata: { resourceVersion: String(this.store.version) } })
      }
      response.end()
    }
    const timer = setTimeout(end, this.watchMilliseconds)
    response.on('close', end)
  }
}
