import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'vitest'
import { needProgram } from '../support/need.ts'

let made: { readonly key: string; readonly cert: string } | undefined

/** A certificate for 127.0.0.1 and `kube.test` that nobody knows: the client must be told of it. Made once a file. */
export function ownCertificate(context: TestContext): {
  readonly key: string
  readonly cert: string
} {
  needProgram(context, 'openssl')
  made ??= make()
  return made
}

function make() {
  const folder = mkdtempSync(join(tmpdir(), 'taskq-tls-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const name = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:kube.test']
  const args = ['req', '-x509', ...kind, ...name, '-keyout', key, '-out', cert]
  const ran = spawnSync('openssl', args, { encoding: 'utf8' })
  if (ran.status !== 0) throw new Error(ran.stderr)
  try {
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
