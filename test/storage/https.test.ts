import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, beforeEach, expect, type TestContext, test } from 'vitest'
import { openStore } from '../../src/runtime/storage/index.ts'
import { startTls, type TlsServer } from '../support/tls.ts'
import { contents } from './suite.ts'

const trusted = getCACertificates('default')
const bytes = Buffer.alloc(200_000, 'abcdefg')
let folder: string
let server: TlsServer | undefined
/** What the next requests meet, before the file itself. */
let faults: ((response: ServerResponse) => unknown)[]
let asked: string[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taskq-store-'))
  faults = []
  asked = []
})

afterEach(async () => {
  server?.close()
  setDefaultCACertificates(trusted)
  await rm(folder, { recursive: true })
})

test('a web server gives files away by name, and says what it has', async context => {
  const store = await openStore(await serve(context))
  expect((await contents(store, 'a b/ü?.bin'))?.equals(bytes)).toBe(true)
  expect(asked).toEqual(['GET /folder/a%20b/%C3%BC%3F.bin'])
  expect(await store.read('not.bin')).toBeUndefined()
  expect(await store.has(['a.bin', 'not.bin'])).toEqual([true, false])
})

test('what a web server cannot do is refused with what to use instead', async context => {
  const store = await openStore(await serve(context))
  const refusal = { code: 'unsupported', message: expect.stringContaining('Use file:, s3: or gs:') }
  await expect(store.write('a', 'x')).rejects.toMatchObject(refusal)
  await expect(store.remove(['a'])).rejects.toMatchObject(refusal)
  const listing = (async () => {
    for await (const _ of store.list());
  })()
  await expect(listing).rejects.toMatchObject(refusal)
})

test('a server that is busy is asked again, and a body that broke off is taken up', async context => {
  const store = await openStore(await serve(context), { random: () => 1 })
  faults.push(busy, busy, response => {
    response.writeHead(200, { 'content-length': bytes.length, etag: '"one"' })
    response.write(bytes.subarray(0, 1000), () => response.destroy())
  })
  expect((await contents(store, 'a.bin'))?.equals(bytes)).toBe(true)
  expect(asked).toHaveLength(4)
})

test('a body that broke off is not mended where the server does not name its version', async context => {
  const store = await openStore(await serve(context), { random: () => 1 })
  faults.push(response => {
    response.writeHead(200, { 'content-length': bytes.length })
    response.write(bytes.subarray(0, 1000), () => response.destroy())
  })
  await expect(contents(store, 'a.bin')).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/a\.bin broke off after \d+ bytes; try again/),
  })
})

function busy(response: ServerResponse): void {
  response.writeHead(503).end()
}

async function serve(context: TestContext): Promise<string> {
  server = await startTls(context, folder, answer)
  return `${server.origin}/folder/`
}

function answer({ method, url, headers }: IncomingMessage, response: ServerResponse): unknown {
  asked.push(`${method} ${url}`)
  const fault = faults.shift()
  if (fault !== undefined) return fault(response)
  if (url === '/folder/not.bin') return response.writeHead(404).end()
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0)
  const part = bytes.subarray(from)
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': part.length, etag: '"one"' })
  return response.end(method === 'HEAD' ? undefined : part)
}
