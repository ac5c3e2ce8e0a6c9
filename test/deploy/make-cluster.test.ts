import { describe, expect, test } from 'vitest'
import { faultOf } from '../../src/deploy/gke/faults.ts'
import { Refusal } from './gke/clusters.ts'
import { openStage } from './world.ts'

const REMOVAL = 'To remove it: taskq-deploy delete-cluster'

describe('make-cluster', () => {
  test('makes the cluster and its pool, and the second time changes nothing', async context => {
    const stage = await openStage(context)
    expect(await stage.deploy('make-cluster --yes')).toMatchObject({
      code: 0,
      out: expect.stringContaining('List price of 2026-06'),
    })
    const changes = [
      'CREATE_CLUSTER demo-cluster',
      'CREATE_NODE_POOL demo-cluster/nodePools/workers',
    ]
    expect(stage.clusters.changes).toEqual(changes)
    const cluster = stage.clusters.get('us-west1-a', 'demo-cluster')
    expect(cluster.resourceLabels).toMatchObject({
      'managed-by': 'taskq',
      'taskq-task': 'demo',
      'taskq-owner': 'ada-lovelace',
    })
    expect(cluster.resourceLabels['taskq-expires']).toMatch(/^\d{4}-\d{2}-\d{2}$/)
    expect(cluster.nodePools[1]).toMatchObject({
      config: { machineType: 'e2-standard-4', spot: true, labels: { taskq: 'workers' } },
      autoscaling: { enabled: true, totalMaxNodeCount: 2, locationPolicy: 'ANY' },
    })
    expect(await stage.deploy('make-cluster --yes')).toMatchObject({
      code: 0,
      err: expect.stringContaining(
        'The pool workers (0 to 2 Spot machines of e2-standard-4) is there.',
      ),
    })
    expect(stage.clusters.changes).toEqual(changes)
  })

  test('of a cluster that is used again puts off the day on which it counts as forgotten, and never brings it nearer', async context => {
    const stage = await openStage(context)
    await stage.deploy('make-cluster --yes')
    const { resourceLabels } = stage.clusters.get('us-west1-a', 'demo-cluster')
    const day = resourceLabels['taskq-expires'] ?? ''
    const expires = () =>
      stage.clusters.get('us-west1-a', 'demo-cluster').resourceLabels['taskq-expires']
    for (const command of ['make-cluster --yes', 'apply-task']) {
      stage.clusters.get('us-west1-a', 'demo-cluster').resourceLabels = {
        ...resourceLabels,
        ...{ 'taskq-expires': '2026-01-01', team: 'blue' },
      }
      const ran = await stage.deploy(command)
      expect(ran).toMatchObject({ code: 0 })
      expect(ran.err).toContain(`The cluster demo-cluster is kept until ${day}, not 2026-01-01.`)
      expect(stage.clusters.get('us-west1-a', 'demo-cluster').resourceLabels).toEqual({
        ...resourceLabels,
        team: 'blue',
      })
    }
    const changes = stage.clusters.changes.length
    for (const kept of ['2999-01-01', 'never']) {
      stage.clusters.get('us-west1-a', 'demo-cluster').resourceLabels['taskq-expires'] = kept
      await stage.deploy('make-cluster --yes')
      expect(expires()).toBe(kept)
    }
    expect(stage.clusters.changes).toHaveLength(changes)
  })

  test('goes on where the day cannot be put off, and says when sweep takes the cluster', async context => {
    const stage = await openStage(context)
    await stage.deploy('make-cluster --yes')
    stage.clusters.get('us-west1-a', 'demo-cluster').resourceLabels['taskq-expires'] = '2026-01-01'
    stage.clusters.refuse = change =>
      change.startsWith('UPDATE_CLUSTER') ? new Refusal(7, 403, 'Permission denied.') : undefined
    expect(await stage.deploy('apply-task')).toMatchObject({
      code: 0,
      err: expect.stringMatching(
        /Mind: The labels.+sweep counts the cluster demo-cluster as forgotten after 2026-01-01\./,
      ),
    })
  })

  test('asks first, and a no or nobody to answer does nothing', async context => {
    const stage = await openStage(context)
    expect(await stage.deploy('make-cluster', { answer: 'n' })).toMatchObject({
      code: 1,
      err: expect.stringContaining('Nothing was done.'),
    })
    expect(await stage.deploy('make-cluster')).toMatchObject({
      code: 64,
      err: expect.stringContaining('--yes'),
    })
    expect(await stage.deploy('make-cluster --dry-run')).toMatchObject({ code: 0 })
    expect(await stage.deploy('make-cluster --yes --max-price 0.01')).toMatchObject({
      code: 1,
      err: expect.stringContaining('pays for no worker at all'),
    })
    expect(stage.clusters.changes).toEqual([])
    expect(await stage.deploy('make-cluster', { answer: 'y' })).toMatchObject({ code: 0 })
  })

  test('changes the limit of a pool, and makes a pool of another machine anew', async context => {
    const stage = await openStage(context)
    await stage.deploy('make-cluster --yes')
    stage.set('NUMBER_NODES', '7')
    await stage.deploy('make-cluster --yes')
    expect(
      stage.clusters.pool('us-west1-a', 'demo-cluster', 'workers')['autoscaling'],
    ).toMatchObject({ totalMaxNodeCount: 7 })
    stage.set('GOOGLE_COMPUTE_TYPE', 'e2-standard-8')
    const ran = await stage.deploy('make-cluster --yes')
    expect(ran.err).toContain('The pool workers is of e2-standard-4: removing it to make it anew.')
    expect(stage.clusters.pool('us-west1-a', 'demo-cluster', 'workers')['config']).toMatchObject({
      machineType: 'e2-standard-8',
    })
  })

  test("leaves a cluster of somebody else's alone, whatever its name", async context => {
    const stage = await openStage(context)
    stage.clusters.create('us-west1-a', { name: 'demo-cluster' })
    for (const command of [
      'make-cluster --yes',
      'apply-task',
      'delete-cluster --yes',
      'deploy-task --yes',
    ]) {
      const ran = await stage.deploy(command)
      expect(ran.code, command).toBe(64)
      expect(ran.err, command).toContain('managed-by=taskq')
    }
    expect(stage.clusters.changes).toEqual(['CREATE_CLUSTER demo-cluster'])
  })

  test('interrupted, says what is there and what it costs; run again, it goes on where it was', async context => {
    const stage = await openStage(context)
    stage.clusters.looks = 5
    const stopped = await stage.deploy('make-cluster --yes', {
      heard: (text, interrupt) => text.includes('Creating the cluster') && interrupt(),
    })
    expect(stopped.code).toBe(130)
    expect(stopped.err).toContain('is there (provisioning). It costs $0.13 an hour, $97 a month')
    expect(stopped.err).toContain(REMOVAL)
    const resumed = await stage.deploy('make-cluster --yes')
    expect(resumed).toMatchObject({
      code: 0,
      err: expect.stringContaining('is being created since before'),
    })
    expect(stage.clusters.changes).toEqual([
      'CREATE_CLUSTER demo-cluster',
      'CREATE_NODE_POOL demo-cluster/nodePools/workers',
    ])
  })

  test('interrupted while its pool is made, goes on there too', async context => {
    const stage = await openStage(context)
    stage.clusters.looks = 5
    const stopped = await stage.deploy('make-cluster --yes', {
      heard: (text, interrupt) => text.includes('Creating the pool') && interrupt(),
    })
    expect(stopped).toMatchObject({ code: 130, err: expect.stringContaining(REMOVAL) })
    expect(await stage.deploy('make-cluster --yes')).toMatchObject({ code: 0 })
    expect(
      stage.clusters.get('us-west1-a', 'demo-cluster').nodePools.map(({ name }) => name),
    ).toEqual(['default-pool', 'workers'])
  })

  test.for<[Refusal, number, string]>([
    [
      new Refusal(7, 403, 'Insufficient regional quota to satisfy request: resource "CPUS"'),
      64,
      'Ask for more quota',
    ],
    [
      new Refusal(
        7,
        403,
        'Kubernetes Engine API has not been used in project my-project before or it is disabled',
      ),
      64,
      'gcloud services enable container.googleapis.com --project my-project',
    ],
    [
      new Refusal(7, 403, 'Permission denied on resource project my-project'),
      64,
      'Check GOOGLE_PROJECT_NAME=my-project',
    ],
    [
      new Refusal(16, 401, 'Request had invalid authentication credentials.'),
      64,
      'gcloud auth application-default login',
    ],
    [new Refusal(14, 503, 'Connection dropped'), 69, 'Run the same command again'],
  ])(
    'refused with "%s" ends with a sentence and what to do',
    async ([refusal, code, advice], context) => {
      const stage = await openStage(context)
      stage.clusters.refuse = () => refusal
      const ran = await stage.deploy('make-cluster --yes')
      expect(ran.err).toContain(advice)
      expect(ran.code).toBe(code)
      expect(ran.err).toContain('Nothing of this fleet is there, and nothing is billed.')
      expect(ran.err).not.toContain('    at ')
    },
  )

  test('that fails for want of machines half-way says so, what is there, what it costs and how to remove it', async context => {
    const stage = await openStage(context)
    stage.clusters.fail = change =>
      change.includes('nodePools') ? 'ZONE_RESOURCE_POOL_EXHAUSTED: try later.' : undefined
    const ran = await stage.deploy('make-cluster --yes')
    expect(ran.code).toBe(69)
    expect(ran.err).toContain('Try another GOOGLE_ZONE')
    expect(ran.err).toContain('is there (running). It costs $0.13 an hour')
    expect(ran.err).toContain(REMOVAL)
  })

  test('of spot-then-on-demand is held to --max-price by what it may come to, on demand', async context => {
    const stage = await openStage(context)
    stage.set('NODE_PROVISIONING', 'spot-then-on-demand')
    for (const command of ['plan', 'make-cluster --yes', 'scale 2']) {
      expect(await stage.deploy(`${command} --max-price 0.2`)).toMatchObject({
        code: 1,
        err: expect.stringContaining('The fleet costs $0.27 an hour, more than $0.20.'),
      })
    }
    expect((await stage.deploy('scale 2 --dry-run')).out).toContain('$0.17 to $0.27 an hour.')
    expect(stage.clusters.changes).toEqual([])
  })

  test('spot-then-on-demand has both pools, autopilot none, a compute class only that of the cluster itself', async context => {
    const stage = await openStage(context)
    stage.set('NODE_PROVISIONING', 'spot-then-on-demand')
    await stage.deploy('make-cluster --yes')
    const pools = stage.clusters.get('us-west1-a', 'demo-cluster').nodePools
    expect(pools.map(({ name, config }) => [name, config])).toMatchObject([
      ['default-pool', {}],
      ['workers', { spot: true }],
      ['workers-on-demand', { machineType: 'e2-standard-4' }],
    ])
    stage.set('CLUSTER_MODE', 'autopilot')
    stage.set('GOOGLE_CLUSTER_NAME', 'pilot')
    expect(await stage.deploy('make-cluster --yes')).toMatchObject({ code: 0 })
    expect(stage.clusters.get('us-west1', 'pilot')).toMatchObject({
      autopilot: { enabled: true },
      nodePools: [],
    })
    stage.set('CLUSTER_MODE', 'standard')
    stage.set('COMPUTE_CLASS', 'my-class')
    stage.set('GOOGLE_CLUSTER_NAME', 'classy')
    expect(await stage.deploy('make-cluster --yes')).toMatchObject({
      code: 0,
      out: expect.stringContaining('whose machines the compute class my-class chooses'),
    })
    const classy = stage.clusters.get('us-west1-a', 'classy').nodePools
    expect(classy.map(({ name }) => name)).toEqual(['default-pool'])
  })
})

test.each([
  [5, 'absent'],
  [404, 'absent'],
  [6, 'exists'],
  [409, 'exists'],
  [7, 'other'],
] as const)('an error of code %i, by gRPC or REST, is "%s"', (code, fault) => {
  expect(faultOf(Object.assign(new Error('x'), { code }))).toBe(fault)
  expect(faultOf(Object.assign(new Error('x'), { code: String(code) }))).toBe(fault)
})
