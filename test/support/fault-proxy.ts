import { once } from 'node:events'
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What is to become of one request. */
export type Fate =
  | { readonly kind: 'pass' }
  /** Answered here with an error of the service; the server never hears of it. */
  | { readonly kind: 'refuse'; readonly status: number; readonly code: string }
  /** Answered here, with these very words. */
  | { readonly kind: 'answer'; readonly status: number; readonly text: string }
  /** Never answered; the server does not hear of it. */
  | { readonly kind: 'hang' }
  /** The connection is cut before the server hears of it. */
  | { readonly kind: 'cut' }
  /** The server acts, and the connection is cut before its answer is here. */
  | { readonly kind: 'cut-after' }
  /** The server acts, and its answer is changed on the way. */
  | { readonly kind: 'change'; readonly change: (answer: never) => unknown }

export const pass: Fate = { kind: 'pass' }

/** A fate for the first so many requests of one action; all others pass. */
export function firstOf(action: string, count: number, fate: Fate): (request: Seen) => Fate {
  let left = count
  return seen => {
    if (seen.action !== action || left === 0) return pass
    left -= 1
    return fate
  }
}

/** One request as the proxy sees it. */
export interface Seen {
  /** `SendMessageBatch` and so on. */
  readonly action: string
  readonly path: string
  readonly body: never
}

export interface FaultProxy {
  readonly endpoint: string
  /** All requests so far, in their order. */
  readonly seen: readonly Seen[]
  /** Decides over each request from now on. */
  fate: (request: Seen) => Fate | Promise<Fate>
  /** What every request takes longer, in milliseconds. */
  delayMilliseconds: number
  stop(): Promise<void>
}

/** How a service says what is asked of it, and that it will not. */
export interface Dialect {
  readonly actionOf: (request: IncomingMessage) => string
  readonly refusal: (code: string, status: number) => unknown
}

const sqs: Dialect = {
  actionOf: ({ headers }) => String(headers['x-amz-target'] ?? '').replace('AmazonSQS.', ''),
  refusal: code => ({ __type: `com.amazonaws.sqs#${code}`, message: code }),
}

/** Google's REST interfaces: the verb behind the colon of a path, else the method. */
export const google: Dialect = {
  actionOf: ({ url = '', method = '' }) => /:(\w+)$/.exec(url)?.[1] ?? method,
  refusal: (status, code) => ({ error: { code, message: `injected ${status}`, status } }),
}

/** Stands between a client and a server, and does to their requests what networks and services do. */
export async function startFaultProxy(target: string, dialect = sqs): Promise<FaultProxy> {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy())
  })
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const text = await textOf(request)
    const one: Seen = {
      action: dialect.actionOf(request),
      path: request.url ?? '',
      body: JSON.parse(text || '{}') as never,
    }
    seen.push(one)
    if (proxy.delayMilliseconds > 0)
      await new Promise(resolve => {
        setTimeout(resolve, proxy.delayMilliseconds)
      })
    const fate = await proxy.fate(one)
    if (fate.kind === 'hang') return
    if (fate.kind === 'cut') {
      request.socket.destroy()
      return
    }
    if (fate.kind === 'refuse') {
      response.writeHead(fate.status, { 'content-type': 'application/x-amz-json-1.0' })
      response.end(JSON.stringify(dialect.refusal(fate.code, fate.status)))
      return
    }
    if (fate.kind === 'answer') {
      response.writeHead(fate.status)
      response.end(fate.text)
      return
    }
    const answer = await forward(target, request, text === '' ? '' : JSON.stringify(one.body))
    if (fate.kind === 'cut-after') {
      request.socket.destroy()
      return
    }
    const changed =
      fate.kind === 'change'
        ? JSON.stringify(fate.change(JSON.parse(answer.text) as never))
        : answer.text
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' })
    response.end(changed)
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const proxy: FaultProxy = {
    endpoint: `http://127.0.0.1:${port}`,
    seen,
    fate: () => pass,
    delayMilliseconds: 0,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return proxy
}

async function forward(target: string, { headers, method, url }: IncomingMessage, text: string) {
  const length = { 'content-length': String(Buffer.byteLength(text)) }
  const out = ask(`${target}${url}`, { method, headers: { ...headers, ...length } })
  out.end(text)
  const [answer] = (await once(out, 'response')) as [IncomingMessage]
  return { status: answer.statusCode ?? 500, text: await textOf(answer) }
}

async function textOf(stream: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('utf8')
}
