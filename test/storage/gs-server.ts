import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server of the test that behaves as Google documents the JSON interface of Cloud Storage. */
export interface GsServer {
  readonly origin: string
  /** Answers the next requests with these statuses, or cuts the answer after so many bytes. */
  readonly faults: (number | { readonly cutAfterBytes: number })[]
  /** Method and path of every request. */
  readonly requests: string[]
  readonly makeBucket: (name: string) => void
  readonly close: () => void
}

interface Kept {
  readonly bytes: Buffer
  readonly generation: number
}

interface Upload {
  readonly bucket: string
  readonly name: string
  readonly condition: string | null
  readonly pieces: Buffer[]
  at: number
}

const pageSize = 1000
const granule = 256 * 1024

export async function startGs(): Promise<GsServer> {
  const buckets = new Map<string, Map<string, Kept>>()
  const uploads = new Map<string, Upload>()
  const faults: GsServer['faults'] = []
  const requests: string[] = []
  let generations = 0

  const keep = (bucket: string, name: string, bytes: Buffer) => {
    generations += 1
    buckets.get(bucket)?.set(name, { bytes, generation: generations })
  }
  const holds = (condition: string | null, bucket: string, name: string) => {
    const found = buckets.get(bucket)?.get(name)
    return condition === null || condition === String(found?.generation ?? 0)
  }

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    requests.push(`${request.method} ${url.pathname}`)
    const body = await collect(request)
    const fault = faults.shift()
    if (typeof fault === 'number') return refuse(response, fault, 'a fault that the test asked for')
    const cut = fault?.cutAfterBytes
    const [, isUpload, bucket = '', name] =
      /^\/(upload\/)?storage\/v1\/b\/([^/]+)\/o(?:\/(.+))?$/.exec(url.pathname) ?? []
    const files = buckets.get(decodeURIComponent(bucket))
    if (files === undefined) return refuse(response, 404, 'The specified bucket does not exist.')
    if (isUpload !== undefined) return receive(request, response, url, bucket, body)
    if (name === undefined) return list(response, url, files)
    const found = files.get(decodeURIComponent(name))
    const wanted = url.searchParams.get('ifGenerationMatch')
    if (found === undefined) return refuse(response, 404, `No such object: ${bucket}/${name}`)
    if (wanted !== null && wanted !== String(found.generation))
      return refuse(response, 412, 'At least one of the pre-conditions you specified did not hold.')
    if (request.method === 'DELETE') {
      files.delete(decodeURIComponent(name))
      return response.writeHead(204).end()
    }
    if (url.searchParams.get('alt') === 'media') return send(request, response, found, cut)
    return tell(response, { name: decodeURIComponent(name) })
  }

  const receive = (
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    bucket: string,
    body: Buffer,
  ) => {
    const kind = url.searchParams.get('uploadType')
    const name = url.searchParams.get('name') ?? ''
    const condition = url.searchParams.get('ifGenerationMatch')
    const id = url.searchParams.get('upload_id')
    if (id !== null) return proceed(request, response, id, body)
    if (name === '') return refuse(response, 400, 'Required parameter: name')
    if (!holds(condition, bucket, name))
      return refuse(response, 412, 'At least one of the pre-conditions you specified did not hold.')
    if (kind === 'media') {
      keep(bucket, name, body)
      return tell(response, { name })
    }
    const fresh = randomUUID()
    uploads.set(fresh, { bucket, name, condition, pieces: [], at: 0 })
    const location = `${origin}${url.pathname}?uploadType=resumable&upload_id=${fresh}`
    return response.writeHead(200, { location }).end()
  }

  const proceed = (
    request: IncomingMessage,
    response: ServerResponse,
    id: string,
    body: Buffer,
  ) => {
    const upload = uploads.get(id)
    if (upload === undefined) return refuse(response, 404, 'No such upload.')
    if (request.method === 'DELETE') {
      uploads.delete(id)
      return response.writeHead(499).end()
    }
    const range = request.headers['content-range'] ?? ''
    const [, from, total] = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(range) ?? []
    if (from !== undefined && Number(from) < upload.at) {
      // Bytes that came before are skipped, as the service does with an overlapping piece.
      body = body.subarray(upload.at - Number(from))
    } else if (from !== undefined && Number(from) > upload.at)
      return refuse(response, 400, 'The piece does not follow the one before.')
    if (total === '*' && body.length % granule !== 0)
      return refuse(response, 400, 'A piece must be a multiple of 256 KiB.')
    upload.pieces.push(body)
    upload.at += body.length
    if (total === '*' || Number(total) !== upload.at)
      return response.writeHead(308, { range: `bytes=0-${upload.at - 1}` }).end()
    uploads.delete(id)
    if (!holds(upload.condition, upload.bucket, upload.name))
      return refuse(response, 412, 'At least one of the pre-conditions you specified did not hold.')
    keep(upload.bucket, upload.name, Buffer.concat(upload.pieces))
    return tell(response, { name: upload.name })
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(error => refuse(response, 500, String(error)))
  })
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    ...{ origin, faults, requests },
    makeBucket: name => buckets.set(name, new Map()),
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

function list(response: ServerResponse, url: URL, files: ReadonlyMap<string, Kept>) {
  const prefix = url.searchParams.get('prefix') ?? ''
  const after = Buffer.from(url.searchParams.get('pageToken') ?? '', 'base64url').toString()
  const names = [...files.keys()].filter(name => name.startsWith(prefix) && name > after).sort()
  const page = names.slice(0, pageSize)
  const last = page.at(-1)
  return tell(response, {
    items: page.map(name => ({ name, size: String(files.get(name)?.bytes.length) })),
    ...(names.length > page.length &&
      last !== undefined && { nextPageToken: Buffer.from(last).toString('base64url') }),
  })
}

function send(
  { headers }: IncomingMessage,
  response: ServerResponse,
  { bytes, generation }: Kept,
  cutAfterBytes: number | undefined,
) {
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0)
  const part = bytes.subarray(from)
  response.writeHead(from === 0 ? 200 : 206, {
    'content-length': part.length,
    'x-goog-generation': generation,
    'x-goog-hash': `md5=${createHash('md5').update(bytes).digest('base64')}`,
  })
  if (cutAfterBytes === undefined) return response.end(part)
  return response.write(part.subarray(0, cutAfterBytes), () => response.destroy())
}

function tell(response: ServerResponse, value: unknown) {
  return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

function refuse(response: ServerResponse, code: number, message: string) {
  const error = JSON.stringify({ error: { code, message } })
  return response.writeHead(code, { 'content-type': 'application/json' }).end(error)
}

async function collect(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
