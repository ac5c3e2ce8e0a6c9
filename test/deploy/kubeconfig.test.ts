import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, type TestContext, test, vi } from 'vitest'
import { openKubeConfig } from '../../src/deploy/kube/client.ts'
import { readKubeConfig } from '../../src/deploy/kube/kubeconfig.ts'
import { proxyFor } from '../../src/deploy/kube/proxy.ts'
import { signInAdvice } from '../../src/deploy/kube/sign-in.ts'
import { unreachable } from '../../src/deploy/kube/unreachable.ts'
import { ownCertificate } from './certificate.ts'
import { openStage, type Stage } from './world.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const YEARS = 366 * 86_400_000

describe('credentials of a kubeconfig that are not taken', () => {
  test.each<[string, object, string]>([
    [
      'a program',
      { exec: { command: '/usr/bin/gke-gcloud-auth-plugin', args: ['--secret=s3cret'] } },
      'signs in by the program /usr/bin/gke-gcloud-auth-plugin, whose answer is not taken: sign in anew with the tool it belongs to: gcloud auth login.',
    ],
    [
      'a provider of the old kind',
      { 'auth-provider': { name: 'oidc', config: {} } },
      'signs in by the provider oidc: sign in anew there.',
    ],
    [
      'a token that says it has ended',
      { token: `x.${Buffer.from('{"exp":1700000000}').toString('base64url')}.x` },
      'signs in by a token that ended at 2023-11-14T22:13:20.000Z: put a new one there.',
    ],
    ['a token that says nothing', { token: 's3cret' }, 'signs in by a token that is not taken'],
    [
      'a password',
      { username: 'ada', password: 's3cret' },
      'signs in by a password, which clusters no longer take.',
    ],
    ['nothing', {}, 'has no credentials: give its user some.'],
  ])('by %s are told as such, and no secret of them', (_, user, says) => {
    const advice = signInAdvice('my.yaml', config({ user }), NOW)
    expect(advice).toContain('of my.yaml')
    expect(advice).toContain(says)
    expect(advice).not.toContain('s3cret')
  })

  test('by a client certificate are told with its last day', context => {
    const data = Buffer.from(ownCertificate(context).cert).toString('base64')
    const mine = config({ user: { 'client-certificate-data': data } })
    expect(signInAdvice('k', mine, Date.now())).toMatch(
      /\(good until 20\d\d-.+was the cluster made/,
    )
    expect(signInAdvice('k', mine, Date.now() + YEARS)).toMatch(
      /that ended on 20\d\d-\d\d-\d\d: have/,
    )
  })

  test('end apply-task with what fits them, and nothing about gcloud', async context => {
    const stage = await openStage(context)
    writeConfig(context, stage, { token: 'bad' })
    const ran = await stage.deploy('apply-task --kubeconfig kubeconfig')
    expect(ran).toMatchObject({
      code: 64,
      err: expect.stringMatching(
        /\(401\)\. The user u of .+ signs in by a token that is not taken/,
      ),
    })
    expect(ran.err).not.toContain('gcloud')
  })

  test('are asked for again when they are a program: tokens end while a fleet runs', async context => {
    const stage = await openStage(context)
    const status = (token: string) => `{"status":{"token":"${token}"}}`
    const program = `#!/bin/sh\nif [ -e "$0.used" ]; then echo '${status('good')}'; else touch "$0.used"; echo '${status('old')}'; fi\n`
    stage.write('sign-in', program)
    chmodSync(join(stage.folder, 'sign-in'), 0o755)
    writeConfig(context, stage, { exec: { command: join(stage.folder, 'sign-in') } })
    const answer = await openKubeConfig(join(stage.folder, 'kubeconfig'), undefined).send(VERSION)
    expect(answer.status).not.toBe(401)
  })

  test('by a program that is not there or fails are no fault of the network', async context => {
    const stage = await openStage(context)
    for (const [command, says] of [
      ['no-such-program', /no-such-program, by which .+ signs u in, failed: spawn/],
      ['false', /The program false, .+ failed: no reason/],
    ] as const) {
      writeConfig(context, stage, { exec: { command } })
      const ran = await stage.deploy('apply-task --kubeconfig kubeconfig')
      expect(ran.code).toBe(64)
      expect(ran.err).toMatch(says)
      expect(ran.err).not.toContain('does not answer')
    }
  })
})

test.each<[string, string, RegExp]>([
  ['is no YAML', 'a: [b', /kubeconfig .+ cannot be read: .+\. Check the path\./],
  ['has no context', '{}', /kubeconfig .+ has no context\./],
  [
    'has no address of the cluster of a context',
    '{"contexts":[{"name":"c","context":{"cluster":"gone","user":"u"}}]}',
    /The context c of .+ is of the cluster gone, of which the file has no address\./,
  ],
])('a kubeconfig that %s is told as such', async (_, text, says) => {
  const folder = mkdtempSync(join(tmpdir(), 'taskq-kubeconfig-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'config'), text)
  expect(() => readKubeConfig(join(folder, 'config'), undefined)).toThrow(says)
  expect(() => readKubeConfig(folder, undefined)).toThrow(/EISDIR/)
})

describe('a proxy', () => {
  test.each<[string, Record<string, string>, string | undefined]>([
    ['https://kube.test', { HTTPS_PROXY: 'http://p:3128' }, 'http://p:3128'],
    ['https://kube.test', { https_proxy: 'p:3128' }, 'http://p:3128'],
    ['https://kube.test', { HTTP_PROXY: 'http://p:3128' }, undefined],
    ['https://127.0.0.1:6443', { HTTPS_PROXY: 'http://p' }, undefined],
    ['https://kube.test', { HTTPS_PROXY: 'http://p', NO_PROXY: 'a.test, .test' }, undefined],
    ['https://kube.test', { HTTPS_PROXY: 'http://p', NO_PROXY: '*' }, undefined],
    ['https://kube.test', { HTTPS_PROXY: 'http://p', NO_PROXY: 'be.test' }, 'http://p'],
    ['https://kube.test', { HTTPS_PROXY: 'http://p', NO_PROXY: 'kube.test:6443' }, 'http://p'],
    ['https://10.1.2.3', { HTTPS_PROXY: 'http://p', no_proxy: '10.0.0.0/8' }, undefined],
    [
      'https://11.1.2.3',
      { HTTPS_PROXY: 'http://p', no_proxy: '10.0.0.0/8,10.0.0.0/99' },
      'http://p',
    ],
  ])('for %s with %o is %s', (address, env, proxy) => {
    expect(proxyFor(address, env)).toBe(proxy)
  })

  test('of the environment is the way to a cluster, whose certificate is checked all the same', async context => {
    const stage = await openStage(context)
    const asked: string[] = []
    const proxy = createServer()
    proxy.on('connect', ({ url }, client) => {
      asked.push(String(url))
      const server = connect(Number(new URL(stage.kube.url).port), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n')
        server.pipe(client).pipe(server)
      })
      server.on('error', () => client.destroy())
      client.on('error', () => server.destroy())
    })
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      vi.unstubAllEnvs()
      proxy.close()
    })
    vi.stubEnv('NO_PROXY', '')
    vi.stubEnv('no_proxy', '')
    vi.stubEnv('https_proxy', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`)
    writeConfig(context, stage, { token: 'good' }, 'https://kube.test')
    const answer = await openKubeConfig(join(stage.folder, 'kubeconfig'), undefined).send(VERSION)
    expect(answer.status).not.toBe(401)
    expect(asked).toEqual(['kube.test:443'])
  })
})

test('a certificate that does not hold yet or any more points at the clock', () => {
  for (const code of ['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED']) {
    const inner = Object.assign(new Error('certificate is not yet valid'), { code })
    const error = unreachable('https://k', new TypeError('fetch failed', { cause: inner }))
    expect(error).toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/Set the clock of this machine, which says 20\d\d-/),
    })
  }
})

const VERSION = {
  method: 'GET',
  path: '/api/v1/pods',
  signal: new AbortController().signal,
} as const

function config({ user }: { user: object }) {
  const folder = mkdtempSync(join(tmpdir(), 'taskq-kubeconfig-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'config'), JSON.stringify(kubeconfig(user, {})))
  return readKubeConfig(join(folder, 'config'), undefined)
}

function kubeconfig(user: object, cluster: object) {
  return {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'c' },
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: 'https://kube.test', ...cluster } }],
    users: [{ name: 'u', user }],
  }
}

/** Writes a kubeconfig that leads to the fake. */
function writeConfig(context: TestContext, stage: Stage, user: object, server = stage.kube.url) {
  const data = Buffer.from(ownCertificate(context).cert).toString('base64')
  const text = JSON.stringify(kubeconfig(user, { server, 'certificate-authority-data': data }))
  stage.write('kubeconfig', text)
}
