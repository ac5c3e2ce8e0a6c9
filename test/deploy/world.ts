import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import type { ClusterManagerClient } from '@google-cloud/container'
import { Interruption, Output } from 'taskq-runtime/cli'
import type { Clock } from 'taskq-runtime/driver'
import { onTestFinished, type TestContext } from 'vitest'
import { run } from '../../src/deploy/cli/program.ts'
import { runProgram, type World } from '../../src/deploy/commands/world.ts'
import { gkeOf } from '../../src/deploy/gke/client.ts'
import { openKube } from '../../src/deploy/kube/client.ts'
import { ROOT } from '../../tools/workspaces.ts'
import { ownCertificate } from './certificate.ts'
import { Clusters } from './gke/clusters.ts'
import { computeAnswer } from './gke/compute.ts'
import { startGrpc } from './gke/grpc.ts'
import { FakeKube } from './kube/server.ts'

/** How a command came out. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** A project in a folder, with fakes of Google and of its cluster, and real clients connected to them. */
export interface Stage {
  readonly folder: string
  readonly clusters: Clusters
  readonly kube: FakeKube
  /** Runs a command line in the project. */
  readonly deploy: (args: string, around?: Around) => Promise<Ran>
  readonly write: (path: string, text: string) => void
  /** Changes or adds a line of config/cluster.env. */
  readonly set: (name: string, value: string) => void
}

interface Around {
  /** What is typed when something is asked; nobody is there without. */
  readonly answer?: string
  /** Told of each line on either stream; `interrupt` is Ctrl-C. */
  readonly heard?: (text: string, interrupt: () => void) => void
  /** Is given Ctrl-C, for when nothing is heard. */
  readonly interrupter?: (interrupt: () => void) => void
  readonly fetch?: typeof fetch
  readonly run?: World['run']
}

/** A queue that is not on this machine and whose kind is not known here, so that nobody asks a network. */
export const TASK_ENV = 'TASKQUEUE_PATH=elsewhere://queues.invalid/demo\nTQ_LEASE_SECONDS=300\n'

/** The default image is there, for every platform; whatever else is asked is not. */
const noRegistry: typeof fetch = async () => new Response('', { status: 503 })

/** The clusters of the stage that was opened last; the tests of a file run one after the other. */
let current = new Clusters()
let shared: Promise<ClusterManagerClient> | undefined

/** One service and one client for all stages of a file: making them takes longer than any test. */
function sharedClient(): Promise<ClusterManagerClient> {
  shared ??= startGrpc(() => current).then(({ connect }) => {
    const client = connect()
    // Only the token and the machines of Compute Engine come from elsewhere than the service.
    return Object.assign(client, { auth: fakeAuth(() => current) })
  })
  return shared
}

/** Sets up a project as the generator makes it, with both fakes. */
export async function openStage(context: TestContext): Promise<Stage> {
  process.env['METADATA_SERVER_DETECTION'] = 'none'
  const folder = mkdtempSync(join(tmpdir(), 'taskq-deploy-'))
  const clusters = new Clusters()
  const tls = ownCertificate(context)
  const kube = await new FakeKube(tls).start()
  clusters.endpoint = kube.url.slice('https://'.length)
  clusters.certificate = Buffer.from(tls.cert).toString('base64')
  const client = await sharedClient()
  current = clusters
  onTestFinished(async () => {
    await kube.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  cpSync(join(ROOT, 'templates/gke'), folder, { recursive: true })
  const lines = new Map(Object.entries(CLUSTER))
  const write = (path: string, text: string) => {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const writeCluster = () =>
    write('config/cluster.env', [...lines].map(([name, value]) => `${name}=${value}\n`).join(''))
  write('config/task.env', TASK_ENV)
  writeCluster()
  const connectGke: World['connectGke'] = async (project, location) => {
    // One client for all commands: making it takes longer than anything it does here.
    return { ...gkeOf(client, project, location), close: async () => {} }
  }
  return {
    folder,
    clusters,
    kube,
    write,
    set(name, value) {
      lines.set(name, value)
      writeCluster()
    },
    async deploy(
      args,
      { answer, heard, interrupter, fetch = noRegistry, run: runs = runProgram } = {},
    ) {
      const ending = new AbortController()
      const interrupt = () => ending.abort(new Interruption('interrupted'))
      interrupter?.(interrupt)
      const [out, err] = [capture(), capture()]
      for (const stream of [out, err]) {
        stream.stream.on('data', (chunk: Buffer) => heard?.(String(chunk), interrupt))
      }
      const world: World = {
        shell: {
          out: new Output(out.stream),
          err: new Output(err.stream, 'spare'),
          clock: quickClock(),
          signal: ending.signal,
          letGo: () => {},
          ...(answer !== undefined && { ask: async () => answer }),
        },
        folder,
        owner: 'Ada Lovelace',
        connectGke,
        openKube,
        run: runs,
        fetch,
      }
      const code = await run(
        args.split(' ').filter(word => word !== ''),
        world,
      )
      return { code, out: out.text(), err: err.text() }
    },
  }
}

const CLUSTER: Readonly<Record<string, string>> = {
  TASK_NAME: 'demo',
  TASK_DOCKER_IMAGE: `us-west1-docker.pkg.dev/my-project/taskq/demo:v1@sha256:${'0'.repeat(64)}`,
  TASK_REPLICAS: '2',
  CPU_REQUEST: '700m',
  MEMORY_REQUEST: '1Gi',
  MEMORY_LIMIT: '1Gi',
  GOOGLE_PROJECT_NAME: 'my-project',
  GOOGLE_CLUSTER_NAME: 'demo-cluster',
  GOOGLE_ZONE: 'us-west1-a',
  GOOGLE_COMPUTE_TYPE: 'e2-standard-4',
  NUMBER_NODES: '2',
}

/** A clock that a sleep moves on at once, so that nothing waits. */
export function quickClock(): Clock {
  let milliseconds = Date.now()
  return {
    now: () => milliseconds,
    monotonic: () => milliseconds,
    bootId: 'test',
    async sleep(span, signal) {
      // A few turns of the loop: what others sent meanwhile arrives.
      for (let at = 0; at < 20; at += 1) await turn()
      signal?.throwIfAborted()
      milliseconds += span
    },
  }
}

function fakeAuth(clusters: () => Clusters) {
  return {
    getAccessToken: async () => 'good',
    async request({ url }: { readonly url: string }) {
      const { pathname, searchParams } = new URL(url)
      const path = pathname.replace(/^\/compute\/v1\/projects\/[^/]+\/?/, '')
      const isQuota = path === '' || path.startsWith('regions/')
      if (clusters().isComputeDenied && !isQuota)
        throw Object.assign(new Error('Required permission compute.disks.list.'), { code: 403 })
      return { data: computeAnswer(clusters(), path, searchParams) }
    },
  }
}

function capture() {
  const stream = new PassThrough()
  let text = ''
  stream.on('data', (chunk: Buffer) => {
    text += String(chunk)
  })
  return { stream, text: () => text }
}
