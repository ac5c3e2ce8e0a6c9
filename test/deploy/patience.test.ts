import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, type TestContext, test } from 'vitest'
import { runProgram } from '../../src/deploy/commands/world.ts'
import { gkeOf } from '../../src/deploy/gke/client.ts'
import { gkeError } from '../../src/deploy/gke/faults.ts'
import { openKube } from '../../src/deploy/kube/client.ts'
import { ownCertificate } from './certificate.ts'
import { FakeKube } from './kube/server.ts'

type Client = Parameters<typeof gkeOf>[0]

const never = () => new Promise<never>(() => {})

/** A client whose answers never come, as when it waits for credentials that do not come. */
const silent: Client = new Proxy({} as Client, {
  get: (_, name) => (name === 'auth' ? { getAccessToken: never, request: never } : never),
})

test('a look at Google that is not answered ends with a sentence, also for credentials and machines', async () => {
  const gke = gkeOf(silent, 'p', 'us-west1-a', { milliseconds: 1 })
  for (const look of [
    () => gke.cluster('c'),
    () => gke.token(),
    () => gke.leftovers({ name: 'c', task: undefined }),
  ])
    await expect(look()).rejects.toThrow(/Google did not answer for 0.001 s\. Run the same/)
})

test('Ctrl-C ends a look at Google at once, and waits for a change to be taken, whose name is needed', async () => {
  const ending = new AbortController()
  const gke = gkeOf(silent, 'p', 'us-west1-a', { signal: ending.signal, milliseconds: 100 })
  const [look, change] = [gke.cluster('c'), gke.deleteCluster('c')]
  ending.abort(new Error('interrupted'))
  await expect(look).rejects.toThrow('interrupted')
  await expect(change).rejects.toThrow('Google did not answer')
})

test('what Google says is told without the measurements and earlier tries of its client', () => {
  const says = (message: string) => gkeError(new Error(message), 'Looking failed', 'p').message
  const tries = ': Previous errors : [{message: 14 UNAVAILABLE: No connection established.}]'
  const total =
    'Total timeout of API google.container.v1.ClusterManager exceeded 20000 milliseconds retrying error Error:'
  expect(says(`${total} 14 UNAVAILABLE: No connection established. Last error: x ${tries}`)).toBe(
    'Looking failed: No connection established, for 20 s. Run the same command again: it goes on where it was.',
  )
  expect(
    says(`${total} 4 DEADLINE_EXCEEDED: Deadline exceeded after 20.005s,LB pick: 0.1s before any`),
  ).toContain('Looking failed: Deadline exceeded after 20.005s, for 20 s. Run')
  expect(says('400 undefined: Getting metadata from plugin failed with error: invalid_grant')).toBe(
    'Looking failed: invalid_grant. Sign in: gcloud auth application-default login',
  )
})

test('a cluster that takes requests and says nothing is not waited for for ever', async context => {
  const { kube, open } = await openServer(context)
  kube.fault = () => 'say nothing'
  const api = await open(50)
  await expect(ask(api)).rejects.toThrow('it takes requests and says nothing')
})

test('a cluster that is too busy is asked again as it says, and not for ever', async context => {
  const { kube, open } = await openServer(context)
  let asked = 0
  const busy = { status: 429, body: { message: 'too many requests' }, retryAfter: 0 }
  kube.fault = () => {
    asked += 1
    return asked < 3 ? busy : undefined
  }
  const api = await open()
  expect((await ask(api)).status).toBe(200)
  kube.fault = () => busy
  expect((await ask(api)).status).toBe(429)
})

test('a program is told to end as by Ctrl-C, and is waited for while it undoes what it began', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'taskq-run-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const script =
    'trap "echo cancelled >undone; exit 1" INT; echo >begun; while :; do read -t 1 <>pipe; done'
  const ending = new AbortController()
  const made = spawnSync('mkfifo', [join(folder, 'pipe')])
  expect(made.status).toBe(0)
  const running = runProgram(['bash', '-c', script], folder, ending.signal)
  const stopped = expect(running).rejects.toThrow('interrupted')
  await expect.poll(() => existsSync(join(folder, 'begun'))).toBe(true)
  ending.abort(new Error('interrupted'))
  await stopped
  expect(readFileSync(join(folder, 'undone'), 'utf8')).toBe('cancelled\n')
})

async function openServer(context: TestContext) {
  const tls = ownCertificate(context)
  const kube = await new FakeKube(tls).start()
  onTestFinished(() => kube.stop())
  const certificate = Buffer.from(tls.cert).toString('base64')
  const open = (longestMilliseconds?: number) =>
    openKube({
      ...{ server: kube.url, certificate, token: async () => 'good' },
      ...(longestMilliseconds !== undefined && { longestMilliseconds }),
    })
  return { kube, open }
}

function ask(api: Awaited<ReturnType<typeof openKube>>) {
  const { signal } = new AbortController()
  return api.send({ method: 'GET', path: '/api/v1/namespaces/n/pods', signal })
}
