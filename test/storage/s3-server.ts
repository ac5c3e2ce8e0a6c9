import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startFauxqs } from 'fauxqs'

/** An S3 server, behind a door of the test's own. */
export interface S3Server {
  readonly origin: string
  /** Answers the next requests with these statuses, or cuts the answer after so many bytes. */
  readonly faults: (number | { readonly cutAfterBytes: number })[]
  readonly requests: string[]
  /** The access keys that requests were signed with. */
  readonly accessKeys: Set<string>
  readonly makeBucket: (name: string) => void
  readonly close: () => Promise<void>
}

/**
 * The server reads `If-Match` and `If-None-Match` on reading only. The door holds writers to them as Amazon
 * documents it: 412 when the condition does not hold, one writer of a key at a time.
 */
export async function startS3(): Promise<S3Server> {
  const fauxqs = await startFauxqs({ port: 0, logger: false })
  const faults: S3Server['faults'] = []
  const requests: string[] = []
  const accessKeys = new Set<string>()
  const writing = new Map<string, Promise<unknown>>()
  const door = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    requests.push(`${request.method} ${pathname}`)
    const [, key] = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '') ?? []
    if (key !== undefined) accessKeys.add(key)
    const fault = faults.shift()
    if (typeof fault === 'number') {
      request.resume()
      response.writeHead(fault, { 'content-type': 'application/xml' })
      response.end('<Error><Code>SlowDown</Code><Message>Reduce your rate.</Message></Error>')
      return
    }
    const passOn = () => forward(fauxqs.port, request, response, fault?.cutAfterBytes)
    if (request.method !== 'PUT' && request.method !== 'POST') return void passOn()
    const turn = (writing.get(pathname) ?? Promise.resolve()).then(async () => {
      if (await isHeld(fauxqs.port, request, pathname)) return await passOn()
      request.resume()
      response.writeHead(412, { 'content-type': 'application/xml' })
      response.end('<Error><Code>PreconditionFailed</Code><Message>No.</Message></Error>')
    })
    writing.set(pathname, turn)
  })
  await new Promise<void>(resolve => {
    door.listen(0, '127.0.0.1', resolve)
  })
  return {
    origin: `http://127.0.0.1:${(door.address() as AddressInfo).port}`,
    ...{ faults, requests, accessKeys },
    makeBucket: name => fauxqs.createBucket(name),
    async close() {
      door.closeAllConnections()
      door.close()
      await fauxqs.stop()
    },
  }
}

async function isHeld(port: number, { headers }: IncomingMessage, path: string): Promise<boolean> {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers
  if (match === undefined && noneMatch === undefined) return true
  const found = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'HEAD' })
  return noneMatch === '*' ? found.status === 404 : found.headers.get('etag') === match
}

function forward(
  port: number,
  request: IncomingMessage,
  response: ServerResponse,
  cutAfterBytes: number | undefined,
): Promise<void> {
  const { method, url: path, headers } = request
  return new Promise(resolve => {
    const onward = ask({ host: '127.0.0.1', port, method, path, headers }, answer => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      if (cutAfterBytes === undefined) answer.pipe(response)
      else
        answer.once('data', (chunk: Buffer) => {
          response.write(chunk.subarray(0, cutAfterBytes), () => response.destroy())
        })
    })
    onward.once('error', () => response.destroy())
    response.once('close', resolve)
    request.pipe(onward)
  })
}
