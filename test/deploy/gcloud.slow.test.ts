import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, type TestContext, test } from 'vitest'
import { Clusters } from './gke/clusters.ts'
import { startRest } from './gke/rest.ts'
import { openStage } from './world.ts'

const SECONDS = 1000

test(
  'make_cluster.sh run by gcloud makes what make-cluster makes, twice, and delete_cluster.sh leaves nothing',
  async context => {
    const { stage, script, clusters } = await openGcloud(context)
    await stage.deploy('make-scripts')

    const first = await script('make_cluster.sh')
    expect(first).toMatchObject({ code: 0 })
    const changes = [
      'CREATE_CLUSTER demo-cluster',
      'CREATE_NODE_POOL demo-cluster/nodePools/workers',
    ]
    expect(clusters.changes).toEqual(changes)

    const second = await script('make_cluster.sh')
    expect(second).toMatchObject({
      code: 0,
      err: expect.stringContaining('The pool workers is there.'),
    })
    expect(clusters.changes).toEqual(changes)

    await stage.deploy('make-cluster --yes')
    const [byScript, byCommand] = [clusters, stage.clusters].map(each =>
      each.get('us-west1-a', 'demo-cluster'),
    )
    for (const field of SAME) {
      const [one, other] = [byScript?.[field], byCommand?.[field]]
      if (typeof one === 'object' && one !== null) expect(other, field).toMatchObject(one)
      else expect(other, field).toBe(one)
    }
    const pools = [byScript, byCommand].map(each => each?.nodePools.map(comparable))
    expect(pools[1]).toEqual(pools[0])

    const removed = await script('delete_cluster.sh', { YES: '1' })
    expect(removed).toMatchObject({ code: 0, err: expect.stringContaining('Nothing is left.') })
    expect(clusters.clusters.size).toBe(0)
  },
  120 * SECONDS,
)

test(
  'run by gcloud with DRY_RUN=1 a script shows what would be done and changes nothing; a failed look-up stops the script',
  async context => {
    const { stage, script, clusters } = await openGcloud(context)
    await stage.deploy('make-scripts')
    const shown = await script('make_cluster.sh', { DRY_RUN: '1' })
    expect(shown).toMatchObject({
      code: 0,
      err: expect.stringContaining('> gcloud container clusters create demo-cluster'),
    })
    expect(clusters.changes).toEqual([])
    clusters.denied = true
    const stopped = await script('make_cluster.sh')
    expect(stopped.code).not.toBe(0)
    expect(stopped.err).not.toContain('Creating the cluster')
    expect(clusters.changes).toEqual([])
  },
  120 * SECONDS,
)

/** What must be alike in a cluster, whoever made it. */
const SAME = [
  'autoscaling',
  'costManagementConfig',
  'shieldedNodes',
  'workloadIdentityConfig',
  'releaseChannel',
  'network',
  'subnetwork',
]

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}

/** A pool as both transports must have been asked for it. */
function comparable(pool: Record<string, unknown>) {
  const config = asObject(pool['config']) as Record<string, unknown>
  const { machineType, diskSizeGb, diskType, labels, taints, gcfsConfig, workloadMetadataConfig } =
    config
  return {
    name: pool['name'],
    spot: config['spot'] === true,
    ...{ machineType, diskSizeGb, diskType },
    ...(pool['name'] !== 'default-pool' && {
      ...{ labels, taints, gcfsConfig, workloadMetadataConfig },
      autoscaling: Object.fromEntries(
        Object.entries(asObject(pool['autoscaling'])).filter(([name]) =>
          /enabled|totalMax|locationPolicy/.test(name),
        ),
      ),
    }),
  }
}

async function openGcloud(context: TestContext) {
  const found = spawnSync('gcloud', ['--version']).status === 0
  if (!found) context.skip('gcloud is not installed, and is on no package registry')
  const stage = await openStage(context)
  const clusters = new Clusters()
  clusters.looks = 1
  const rest = await startRest(clusters)
  const config = mkdtempSync(join(tmpdir(), 'taskq-gcloud-'))
  onTestFinished(async () => {
    await rest.stop()
    rmSync(config, { recursive: true, force: true })
  })
  const own = {
    CLOUDSDK_CONFIG: config,
    CLOUDSDK_AUTH_ACCESS_TOKEN: 'good',
    CLOUDSDK_CORE_DISABLE_PROMPTS: '1',
    CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: '1',
    CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK: '1',
    CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER: rest.url,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_SERVICEUSAGE: rest.url,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${rest.url}compute/v1/`,
    KUBECONFIG: join(config, 'kubeconfig'),
  }
  const script = (name: string, env: Readonly<Record<string, string>> = {}) =>
    new Promise<{ code: number | null; err: string }>(resolve => {
      const child = spawn('bash', [join(stage.folder, 'scripts', name)], {
        env: { ...process.env, ...own, ...env },
      })
      let err = ''
      child.stderr.on('data', (chunk: Buffer) => {
        err += String(chunk)
      })
      child.once('close', code => resolve({ code, err }))
    })
  return { stage, script, clusters, rest }
}
