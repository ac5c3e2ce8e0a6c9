import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { expect, type TestContext } from 'vitest'
import { needProgram } from './need.ts'

export interface TlsServer {
  readonly origin: string
  readonly close: () => void
}

/** A server on loopback with a certificate of its own, kept in `folder`, which this process trusts. */
export async function startTls(
  context: TestContext,
  folder: string,
  answer: RequestListener,
): Promise<TlsServer> {
  needProgram(context, 'openssl')
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'],
    ...['-keyout', key, '-out', cert],
  ])
  expect(made.status, String(made.stderr)).toBe(0)
  const certificate = await readFile(cert, 'utf8')
  setDefaultCACertificates([...getCACertificates('default'), certificate])
  const server = createServer({ key: await readFile(key), cert: certificate }, answer)
  await new Promise<void>(resolve => {
    server.listen(0, 'localhost', resolve)
  })
  return {
    origin: `https://localhost:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
