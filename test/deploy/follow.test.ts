import { expect, onTestFinished, type TestContext, test } from 'vitest'
import { apply } from '../../src/deploy/kube/apply.ts'
import { openKube, openKubeConfig } from '../../src/deploy/kube/client.ts'
import { follow } from '../../src/deploy/kube/follow.ts'
import { observe } from '../../src/deploy/watch/observe.ts'
import { ownCertificate } from './certificate.ts'
import { FakeKube } from './kube/server.ts'
import { at, textAt } from './kube/store.ts'
import { quickClock } from './world.ts'

const PODS = '/api/v1/namespaces/n/pods'

test('what changes is followed, bookmarks and the ends of watches included', async context => {
  const { kube, says } = await openFollowed(context)
  put(kube, 'a')
  await says(['a'])
  put(kube, 'b')
  await says(['a', 'b'])
  kube.store.drop(`${PODS}/a`)
  await says(['b'])
  const watches = () => kube.transcript.filter(({ query }) => query['watch'] === 'true').length
  const before = watches()
  await until(() => watches() >= before + 2)
  put(kube, 'c')
  await says(['b', 'c'])
})

test('a server that has forgotten the version (410 in a good answer) is listed anew', async context => {
  const { kube, says } = await openFollowed(context)
  put(kube, 'a')
  await says(['a'])
  // A change that the watch never tells, and a version that is too old from here on.
  kube.store.objects.delete(`${PODS}/a`)
  kube.oldest = kube.store.version + 10
  for (let at = 0; at < 10; at += 1) kube.store.put('/api/v1/namespaces/other', { metadata: {} })
  kube.oldest = kube.store.version
  await says([])
  put(kube, 'b')
  await says(['b'])
})

test('a server that is silent, asked from a version of the future, is listed anew', async context => {
  let lists = 0
  const { kube, says } = await openFollowed(context, fake => {
    fake.fault = (method, path) => {
      if (method !== 'GET' || path !== PODS) return undefined
      lists += 1
      return lists > 1
        ? undefined
        : { status: 200, body: { metadata: { resourceVersion: '99999999999' }, items: [] } }
    }
  })
  put(kube, 'a')
  await says(['a'])
})

test('a server that hangs up is troubling, and followed again', async context => {
  let isDown = true
  const { kube, says, troubles } = await openFollowed(context, fake => {
    fake.fault = () => (isDown ? 'hang up' : undefined)
  })
  await until(() => troubles.length > 0)
  expect(troubles[0]).toMatch(/does not answer/)
  isDown = false
  put(kube, 'a')
  await says(['a'])
})

test('a fleet is let go of at once, also while the server keeps a watch waiting for its answer', async context => {
  const { kube } = await openFollowed(context)
  kube.isDeaf = true
  const api = await openKube(access(kube, context))
  const place = { kube: api, namespace: 'n', task: 'demo' }
  const ending = new AbortController()
  const observed = observe(
    { place, name: undefined, wanted: 1 },
    quickClock(),
    ending.signal,
    async () => {
      ending.abort(new Error('let go'))
      return 'go on'
    },
  )
  await expect(observed).rejects.toThrow('let go')
})

test('a server that does not answer at all ends the looking at a fleet with a sentence', async context => {
  const { kube } = await openFollowed(context, fake => {
    fake.fault = () => 'hang up'
  })
  const api = await openKube(access(kube, context))
  const place = { kube: api, namespace: 'n', task: 'demo' }
  const observed = observe(
    { place, name: undefined, wanted: 1 },
    quickClock(),
    new AbortController().signal,
    async () => 'enough',
  )
  await expect(observed).rejects.toThrow(/does not answer: .+ Check the network/)
})

test('a warning that the pods would be refused is an error, though the server takes the Job', async context => {
  const { kube } = await openFollowed(context)
  kube.store.put('/api/v1/namespaces/n', {
    kind: 'Namespace',
    metadata: { name: 'n', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
  })
  const api = await openKube(access(kube, context))
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', namespace: 'n' },
    spec: {
      completionMode: 'Indexed',
      completions: 1,
      parallelism: 1,
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'worker', image: 'x' }] } },
    },
  }
  await expect(apply(api, job, new AbortController().signal)).rejects.toThrow(
    /its pods would be refused: would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false \(container "worker"/,
  )
  // What the trap is: it was taken, and no pod comes of it.
  expect([kube.all('jobs').length, kube.all('pods').length]).toEqual([1, 0])
})

test("a certificate that is not the cluster's is refused", async context => {
  const { kube } = await openFollowed(context)
  const api = await openKube({ server: kube.url, token: async () => 'good' })
  const asked = api.send({ method: 'GET', path: PODS, signal: new AbortController().signal })
  await expect(asked).rejects.toThrow(/not the one that was expected: .*certificate.+HTTPS_PROXY/)
})

test('a kubeconfig is used by the name of a context, never by the current one', async context => {
  const { kube } = await openFollowed(context)
  const { mkdtempSync, rmSync, writeFileSync } = await import('node:fs')
  const folder = mkdtempSync(`${process.env['TMPDIR'] ?? '/tmp'}/taskq-kubeconfig-`)
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const cert = ownCertificate(context).cert
  const contexts = ['one', 'two'].map(name => ({ name, context: { cluster: 'c', user: 'u' } }))
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'one', contexts },
    clusters: [
      {
        name: 'c',
        cluster: {
          server: kube.url,
          'certificate-authority-data': Buffer.from(cert).toString('base64'),
        },
      },
    ],
    users: [{ name: 'u', user: { token: 'good' } }],
  }
  const path = `${folder}/config`
  writeFileSync(path, JSON.stringify(config))
  expect(() => openKubeConfig(path, undefined)).toThrow(
    /Name a context of .+ by --context: one, two/,
  )
  expect(() => openKubeConfig(path, 'three')).toThrow(/one, two/)
  const answer = await openKubeConfig(path, 'two').send({
    method: 'GET',
    path: PODS,
    signal: new AbortController().signal,
  })
  expect(answer.status).toBe(200)
})

function access(kube: FakeKube, context: TestContext) {
  const certificate = Buffer.from(ownCertificate(context).cert).toString('base64')
  return { server: kube.url, certificate, token: async () => 'good' }
}

async function openFollowed(context: TestContext, prepare: (kube: FakeKube) => void = () => {}) {
  const kube = await new FakeKube(ownCertificate(context)).start()
  kube.watchMilliseconds = 100
  prepare(kube)
  const ending = new AbortController()
  const troubles: string[] = []
  let names: readonly string[] = []
  const api = await openKube(access(kube, context))
  const following = follow(
    api,
    {
      path: PODS,
      query: {},
      changed: objects => {
        names = [...objects.values()].map(each => textAt(each, 'metadata', 'name')).toSorted()
      },
      troubled: error => troubles.push(error instanceof Error ? error.message : String(error)),
    },
    ending.signal,
  )
  onTestFinished(async () => {
    ending.abort()
    await following
    await kube.stop()
  })
  const says = (wanted: readonly string[]) => until(() => names.join() === wanted.join())
  return { kube, says, troubles }
}

function put(kube: FakeKube, name: string): void {
  kube.store.put(`${PODS}/${name}`, { kind: 'Pod', metadata: { name, namespace: 'n' } })
  expect(at(kube.store.objects.get(`${PODS}/${name}`), 'metadata', 'uid')).toBeDefined()
}

/** Resolves once it holds; the test's own time limit is the end of patience. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise(resolve => {
      setImmediate(resolve)
    })
  }
}
