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
    // Without a context kubectl takes whichever is current, which after a deletion is nobody's.
    expect(first.err).toContain('kubectl --context gke_my-project_us-west1-a_demo-cluster apply')

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

    const names = ['managed-by', 'taskq-task', 'taskq-expires']
    const labels = [byScript, byCommand].map(each => names.map(name => each?.resourceLabels[name]))
    expect(labels[1]).toEqual(labels[0])

    clusters.machines.push({ name: 'gke-1', zone: 'us-west1-a', cluster: 'demo-cluster' })
    clusters.disks.push({ name: 'pvc-1', zone: 'us-west1-a', cluster: 'demo-cluster' })
    clusters.others.push(...LEFT)
    const leaving = await script('delete_cluster.sh', { YES: '1' })
    expect(leaving).toMatchObject({
      code: 1,
      err: expect.stringContaining(
        `Left behind of demo-cluster, and billed until you delete it:\n`,
      ),
    })
    expect(clusters.clusters.size).toBe(0)
    const lines = (text: string) => text.split('\n').filter(line => line.startsWith('    gcloud'))
    stage.clusters.machines.push(...clusters.machines)
    stage.clusters.disks.push(...clusters.disks)
    stage.clusters.others.push(...clusters.others)
    const byDelete = await stage.deploy('delete-cluster --yes')
    expect(lines(leaving.err)).toEqual(lines(byDelete.out))
    expect(lines(leaving.err)).toHaveLength(9)
    for (const kind of [clusters.machines, clusters.disks, clusters.others]) kind.length = 0
    const again = await script('delete_cluster.sh', { YES: '1' })
    expect(again).toMatchObject({ code: 0, err: expect.stringContaining('Nothing is left.') })
  },
  240 * SECONDS,
)

test(
  'run by gcloud with DRY_RUN=1 a script shows what would be done and changes nothing; a failed look-up stops the script',
  async context => {
    const { stage, script, clusters, rest } = await openGcloud(context)
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
    clusters.denied = false
    clusters
      .create('us-west1-a', {
        name: 'demo-cluster',
        resourceLabels: { 'managed-by': 'taskq' },
      })
      .finish()
    const asked = clusters.changes.length
    // From here on only the look-up of pools fails.
    Object.defineProperty(clusters, 'denied', {
      get: () => rest.transcript.at(-1)?.path.endsWith('/nodePools'),
      configurable: true,
    })
    const half = await script('make_cluster.sh')
    expect(half.code).not.toBe(0)
    expect(half.err).not.toContain('Creating the pool')
    expect(clusters.changes).toHaveLength(asked)
    Object.defineProperty(clusters, 'denied', { value: true })
    const kept = await script('delete_cluster.sh', { YES: '1' })
    expect(kept.code).not.toBe(0)
    expect(kept.err).not.toContain('There is no cluster')
    expect(clusters.changes).toHaveLength(asked)
  },
  240 * SECONDS,
)

test(
  'run by gcloud a pool of another kind, a cluster that is deleted or failed, and one still being made stop or wait as the commands do',
  async context => {
    const { stage, script, clusters } = await openGcloud(context)
    const remade = async () => {
      await stage.deploy('make-scripts')
      return await script('make_cluster.sh')
    }
    expect(await remade()).toMatchObject({ code: 0 })
    stage.set('NODE_PROVISIONING', 'on-demand')
    expect(await remade()).toMatchObject({
      code: 1,
      err: expect.stringContaining(
        'is of Spot e2-standard-4 with 100 GB, and not of e2-standard-4',
      ),
    })
    stage.set('NODE_PROVISIONING', 'spot')
    const cluster = clusters.get('us-west1-a', 'demo-cluster')
    cluster.status = 'ERROR'
    expect(await remade()).toMatchObject({ code: 1, err: expect.stringContaining('begin again') })
    // Begun by somebody before, and still going on: the script waits for it.
    cluster.status = 'RECONCILING'
    const day = cluster.resourceLabels['taskq-expires']
    cluster.resourceLabels = { ...cluster.resourceLabels, 'taskq-expires': '2026-01-01', team: 'a' }
    clusters.looks = 2
    clusters.limitPool('us-west1-a', 'demo-cluster', 'workers', { totalMaxNodeCount: 2 })
    expect(await remade()).toMatchObject({
      code: 0,
      err: expect.stringContaining('which was begun before'),
    })
    expect(cluster.resourceLabels).toMatchObject({ 'taskq-expires': day, team: 'a' })
    stage.set('GOOGLE_CLUSTER_NAME', 'half-made')
    await stage.deploy('make-scripts')
    clusters.looks = 2
    clusters.create('us-west1-a', { name: 'half-made', resourceLabels: { 'managed-by': 'taskq' } })
    expect(await script('delete_cluster.sh', { YES: '1' })).toMatchObject({
      code: 0,
      err: expect.stringContaining('which was begun before'),
    })
    expect([...clusters.clusters.keys()]).toEqual(['us-west1-a/demo-cluster'])
  },
  240 * SECONDS,
)

/** Load balancers of each kind with what belongs to them, beside those of others. */
const LEFT = [
  { collection: 'firewalls', scope: 'global', item: ruleFor('k8s-fw-a01') },
  { collection: 'firewalls', scope: 'global', item: ruleFor('k8s2-abcdefgh-a-b-12345678') },
  { collection: 'firewalls', scope: 'global', item: ruleFor('k8s-fw-l7--0123456789abcdef') },
  { collection: 'firewalls', scope: 'global', item: { name: 'k8s-fw-a02', targetTags: ['gke-x'] } },
  { collection: 'forwardingRules', scope: 'regions/us-west1', item: { name: 'a01' } },
  { collection: 'forwardingRules', scope: 'regions/us-west1', item: { name: 'a02' } },
  {
    collection: 'forwardingRules',
    scope: 'regions/us-west1',
    item: { name: 'k8s2-tcp-abcdefgh-a-b-12345678' },
  },
  {
    collection: 'forwardingRules',
    scope: 'global',
    item: { name: 'k8s-fw-a-b--0123456789abcdef' },
  },
  { collection: 'addresses', scope: 'regions/us-west1', item: { name: 'a01' } },
  {
    collection: 'disks',
    scope: 'zones/us-east1-b',
    item: { name: 'pvc-9', cluster: 'demo-cluster', from: 'us-east1-b' },
  },
]

function ruleFor(name: string) {
  return { name, targetTags: ['gke-demo-cluster-0a1b2c3d-node'] }
}

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
