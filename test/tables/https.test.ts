import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer as createPlainServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, beforeEach, expect, it, onTestFinished, type TestContext } from 'vitest'
import { openTable } from '../../src/runtime/tables/index.ts'
import { startTls, type TlsServer } from '../support/tls.ts'

let folder: string
let server: TlsServer | undefined
const trusted = getCACertificates('default')
const temporary = process.env['TMPDIR']

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taskq-https-'))
  process.env['TMPDIR'] = folder
})

afterEach(async () => {
  server?.close()
  setDefaultCACertificates(trusted)
  if (temporary === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = temporary
  await rm(folder, { recursive: true })
})

it('a table behind https is fetched once, and its copy is removed when it is closed', async context => {
  let requests = 0
  const bytes = await readFile('test/fixtures/tables/cells.feather')
  const origin = await serve(context, response => {
    requests += 1
    response.end(bytes)
  })
  const table = await openTable(`${origin}/data/cells.feather?signature=secret`)
  expect(table.name).toBe('cells.feather')
  expect(await table.toArray()).toHaveLength(table.rowCount ?? 0)
  expect(requests).toBe(1)
  expect(await spools()).toHaveLength(1)
  await table.close()
  expect(await spools()).toEqual([])
})

it('an answer that is no file is told without the query of the address, and nothing is left', async context => {
  const origin = await serve(context, response => response.writeHead(403).end('no'))
  const failure = await openTable(`${origin}/cells.csv?signature=secret`).catch(String)
  expect(failure).toMatch(/cells\.csv answered 403 Forbidden; check the address/)
  expect(failure).not.toContain('secret')
  expect(await spools()).toEqual([])
})

it('a connection that breaks off is no shorter table', async context => {
  const origin = await serve(context, response => {
    response.writeHead(200, { 'content-length': 1000 })
    response.write('a\n1\n', () => response.destroy())
  })
  const opening = openTable(`${origin}/cells.csv`)
  await expect(opening).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/broke off after \d+ bytes; try again/),
  })
  expect(await spools()).toEqual([])
})

it('a redirection is followed, but not to an address without https', async context => {
  const plain = createPlainServer((_, response) => response.end('a\n1\n'))
  await new Promise<void>(resolve => {
    plain.listen(0, 'localhost', resolve)
  })
  onTestFinished(() => {
    plain.close()
  })
  const elsewhere = `http://localhost:${(plain.address() as AddressInfo).port}/cells.csv`
  const origin = await serve(context, (response, path) => {
    if (path === '/good.csv') response.writeHead(302, { location: '/cells.csv' }).end()
    else if (path === '/bad.csv') response.writeHead(302, { location: elsewhere }).end()
    else response.end('a\n1\n')
  })
  const table = await openTable(`${origin}/good.csv`)
  expect(await table.toArray()).toEqual([{ a: 1 }])
  await table.close()
  await expect(openTable(`${origin}/bad.csv`)).rejects.toThrow(/without https/)
})

it('what was fetched is data: a program is not run', async context => {
  const origin = await serve(context, response => response.end('throw new Error("ran")'))
  await expect(openTable(`${origin}/tasks.ts`)).rejects.toThrow(/neither/)
  await expect(openTable(`${origin}/tasks.ts`, { format: 'typescript' })).rejects.toThrow(
    /not run from/,
  )
})

it('a certificate that nobody trusts, or nobody there, is unavailable', async context => {
  const origin = await serve(context, response => response.end('a\n1\n'))
  setDefaultCACertificates(trusted)
  await expect(openTable(`${origin}/cells.csv`)).rejects.toMatchObject({ code: 'unavailable' })
  server?.close()
  await expect(openTable(`${origin}/cells.csv`)).rejects.toThrow(/cannot be fetched; check/)
})

async function spools(): Promise<string[]> {
  return (await readdir(folder)).filter(name => name.startsWith('taskq-table-'))
}

async function serve(
  context: TestContext,
  answer: (response: ServerResponse, path: string) => unknown,
): Promise<string> {
  server = await startTls(context, folder, (request, response) =>
    answer(response, request.url ?? '/'),
  )
  return server.origin
}
