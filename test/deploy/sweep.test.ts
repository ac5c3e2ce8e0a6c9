import { describe, expect, test } from 'vitest'
import { openStage, type Stage } from './world.ts'

const YESTERDAY = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10)

describe('sweep --delete', () => {
  test('ends the workers of a forgotten cluster first, so that their tasks come back and what they made goes', async context => {
    const stage = await openStage(context)
    await stage.deploy('make-cluster --yes')
    expect(await stage.deploy('apply-task')).toMatchObject({ code: 0 })
    stage.clusters.get('us-west1-a', 'demo-cluster').resourceLabels['taskq-expires'] = YESTERDAY
    const ran = await stage.deploy('sweep --delete --yes')
    expect(ran).toMatchObject({
      code: 0,
      out: expect.stringContaining('Nothing of demo-cluster is left'),
    })
    expect(stage.kube.all('namespaces')).toEqual([])
    const suspended = stage.kube.transcript.some(({ body }) => body.includes('"suspend":true'))
    expect(suspended).toBe(true)
  })

  test('deletes several at once', async context => {
    const stage = await openForgotten(context, 'one', 'two')
    stage.clusters.looks = 3
    expect(await stage.deploy('sweep --delete --yes')).toMatchObject({ code: 0 })
    const deletions = stage.clusters.changes.flatMap((change, at) =>
      change.startsWith('DELETE_CLUSTER') ? [at] : [],
    )
    expect(deletions).toHaveLength(2)
    expect(stage.clusters.mostAtOnce).toBe(2)
  })

  test('goes on with the others when one cannot be deleted, names that one with its price, and ends with 1', async context => {
    const stage = await openForgotten(context, 'one', 'two', 'three')
    stage.clusters.fail = change => (change.endsWith(' one') ? 'internal error' : undefined)
    const ran = await stage.deploy('sweep --delete --yes')
    expect(ran.code).toBe(1)
    expect([...stage.clusters.clusters.keys()]).toEqual(['us-west1-a/one'])
    expect(ran.err).toContain('one: Deleting the cluster one failed: internal error')
    expect(ran.err).toContain(
      'Not deleted: one in us-west1-a. Each costs at least $0.13 an hour until it is. To go on: taskq-deploy sweep --delete --project my-project',
    )
  })

  test('interrupted says which may still be there', async context => {
    const stage = await openForgotten(context, 'one', 'two')
    stage.clusters.looks = 9
    const ran = await stage.deploy('sweep --delete --yes', {
      heard: (text, interrupt) => text.includes('Deleting the cluster two') && interrupt(),
    })
    expect(ran).toMatchObject({
      code: 130,
      err: expect.stringContaining('Not deleted: one in us-west1-a, two in us-west1-a.'),
    })
  })

  test('--json keeps standard output to JSON', async context => {
    const stage = await openForgotten(context, 'one')
    const ran = await stage.deploy('sweep --delete --yes --json')
    expect(ran.code).toBe(0)
    for (const line of ran.out.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('name')
  })
})

describe('what is left of a cluster', () => {
  test('is listed with the command that deletes each: disks, load balancers, addresses and firewall rules', async context => {
    const stage = await openForgotten(context, 'one')
    const tag = 'gke-one-0a1b2c3d-node'
    const balancer = 'a0123456789abcdef0123456789abcde'
    stage.clusters.disks.push({ name: 'pvc-1', zone: 'us-west1-a', cluster: 'one' })
    stage.clusters.others.push(
      part('addresses', 'regions/us-west1', { name: 'ip-1', cluster: 'one' }),
      part('forwardingRules', 'regions/us-west1', { name: balancer }),
      part('forwardingRules', 'global', { name: 'fr-1', cluster: 'one' }),
      part('forwardingRules', 'regions/us-west1', { name: 'theirs', cluster: 'theirs' }),
      part('firewalls', 'global', { name: `k8s-fw-${balancer}`, targetTags: [tag] }),
      part('firewalls', 'global', { name: 'k8s-fw-theirs', targetTags: ['gke-one-more-node'] }),
    )
    const ran = await stage.deploy('sweep --delete --yes')
    expect(ran.code).toBe(1)
    expect(ran.out.split('\n').filter(line => line.startsWith('    '))).toEqual([
      '    gcloud compute disks delete pvc-1 --zone us-west1-a --project my-project',
      `    gcloud compute forwarding-rules delete ${balancer} --region us-west1 --project my-project`,
      '    gcloud compute forwarding-rules delete fr-1 --global --project my-project',
      '    gcloud compute addresses delete ip-1 --region us-west1 --project my-project',
      `    gcloud compute firewall-rules delete k8s-fw-${balancer} --project my-project`,
    ])
    expect(ran.out).not.toContain('theirs')
  })

  test('has the load balancers of newer kinds and of an Ingress, which firewall rules name by the id of the cluster', async context => {
    const stage = await openForgotten(context, 'one')
    const tag = { targetTags: ['gke-one-0a1b2c3d-node'] }
    const names = [
      'k8s2-tcp-abcdefgh-taskq-demo-web-12345678',
      'k8s2-fr-abcdefgh-taskq-demo-web-12345678',
      'k8s-fws-taskq-demo-web--0123456789abcdef',
    ]
    stage.clusters.others.push(
      part('firewalls', 'global', { name: 'k8s2-abcdefgh-taskq-demo-web-12345678', ...tag }),
      part('firewalls', 'global', { name: 'k8s-fw-l7--0123456789abcdef', ...tag }),
      ...names.map(name => part('forwardingRules', 'regions/us-west1', { name })),
      part('forwardingRules', 'regions/us-west1', { name: 'k8s2-tcp-zzzzzzzz-a-b-12345678' }),
    )
    const { out } = await stage.deploy('sweep --delete --yes')
    const listed = out.match(/(?<=load balancer )\S+/g)
    expect(listed).toEqual(names)
  })

  test('is not what a cluster of the same name elsewhere still uses', async context => {
    const stage = await openForgotten(context, 'one')
    stage.clusters.create('us-east1-b', { name: 'one', resourceLabels: {} })
    for (const operation of stage.clusters.operations) operation.looks = 0
    stage.clusters.machines.push({ name: 'gke-1', zone: 'us-east1-b', cluster: 'one' })
    stage.clusters.disks.push({ name: 'pvc-1', zone: 'us-east1-b', cluster: 'one' })
    const targetTags = ['gke-one-ffffffff-node']
    stage.clusters.others.push(part('firewalls', 'global', { name: 'k8s-fw-a', targetTags }))
    expect(await stage.deploy('sweep --delete --yes')).toMatchObject({
      code: 0,
      out: expect.stringContaining('Nothing of one is left'),
    })
  })

  test('is not known where Compute Engine may not be looked at: that is said, and not that nothing is billed', async context => {
    const stage = await openForgotten(context, 'one')
    stage.clusters.isComputeDenied = true
    const ran = await stage.deploy('sweep --delete --yes')
    expect(ran).toMatchObject({ code: 1, err: expect.stringContaining('could not be looked up') })
    expect(ran.err).toContain('The cluster one is gone.')
    expect(ran.out).not.toContain('nothing is billed')
  })
})

describe('what is left of clusters long gone', () => {
  test('is listed by sweep with the commands that delete it, as far as it was made for fleets of ours', async context => {
    const stage = await openOrphans(context)
    const ran = await stage.deploy('sweep')
    expect(ran).toMatchObject({ code: 0, err: '' })
    expect(ran.out).toContain(
      'Left behind of clusters that are gone, and billed until you delete it (4):',
    )
    expect(ran.out.split('\n').filter(line => line.startsWith('    '))).toEqual([
      '    gcloud compute instances delete gke-1 --zone us-west1-a --project my-project',
      '    gcloud compute disks delete pvc-1 --zone us-west1-a --project my-project',
      '    gcloud compute forwarding-rules delete a01 --region us-west1 --project my-project',
      '    gcloud compute firewall-rules delete k8s-fw-a01 --project my-project',
    ])
  })

  test('is one object a line with --json, and with --delete ends with 1', async context => {
    const stage = await openOrphans(context)
    const ran = await stage.deploy('sweep --json --delete --yes')
    expect(ran.code).toBe(1)
    const lines = ran.out.trim().split('\n')
    expect(lines.map(line => JSON.parse(line))).toContainEqual({
      left: 'disk pvc-1 in us-west1-a',
      removal: 'gcloud compute disks delete pvc-1 --zone us-west1-a --project my-project',
    })
  })

  test('that cannot be looked up is said, and clusters are listed all the same', async context => {
    const stage = await openOrphans(context)
    stage.clusters.isComputeDenied = true
    expect(await stage.deploy('sweep')).toMatchObject({
      code: 0,
      out: expect.stringContaining('living'),
      err: expect.stringContaining('of clusters that are gone is left could not be looked up'),
    })
    expect((await stage.deploy('sweep --delete --yes')).code).toBe(1)
  })
})

/** Things of a fleet "gone" whose cluster nobody knows any more, beside those of clusters that are there. */
async function openOrphans(context: Parameters<typeof openStage>[0]): Promise<Stage> {
  const stage = await openStage(context)
  const { clusters } = stage
  const ours = { 'managed-by': 'taskq', 'taskq-task': 'used' }
  clusters.create('us-west1-a', { name: 'living', resourceLabels: ours })
  clusters.create('us-west1-a', { name: 'theirs', resourceLabels: {} })
  for (const operation of clusters.operations) operation.looks = 0
  const disk = (name: string, cluster: string, namespace: string) => {
    const description = JSON.stringify({ 'kubernetes.io/created-for/pvc/namespace': namespace })
    return part('disks', 'zones/us-west1-a', { name, cluster, description })
  }
  const served = (name: string) => ({
    description: JSON.stringify({ 'kubernetes.io/service-name': name }),
  })
  clusters.others.push(
    part('instances', 'zones/us-west1-a', { name: 'gke-1', cluster: 'old', labels: ours }),
    part('instances', 'zones/us-west1-a', { name: 'gke-2', cluster: 'living', labels: ours }),
    part('instances', 'zones/us-west1-a', { name: 'gke-3', cluster: 'old-one-of-others' }),
    disk('pvc-1', 'old', 'taskq-gone'),
    disk('pvc-2', 'living', 'taskq-used'),
    disk('pvc-3', 'old', 'default'),
    part('forwardingRules', 'regions/us-west1', { name: 'a01', ...served('taskq-gone/web') }),
    part('forwardingRules', 'regions/us-west1', { name: 'a02', ...served('taskq-used/web') }),
    part('forwardingRules', 'regions/us-west1', { name: 'a03', ...served('taskq-guest/web') }),
    part('forwardingRules', 'regions/us-west1', { name: 'a04', description: 'by hand' }),
    part('firewalls', 'global', { name: 'k8s-fw-a01', ...served('taskq-gone/web') }),
    part('firewalls', 'global', {
      name: 'k8s-fw-a03',
      targetTags: ['gke-theirs-0a1b2c3d-node'],
      ...served('taskq-guest/web'),
    }),
  )
  return stage
}

function part(collection: string, scope: string, item: Record<string, unknown>) {
  return { collection, scope, item }
}

/** Clusters whose day is over, with nothing in them. */
async function openForgotten(
  context: Parameters<typeof openStage>[0],
  ...names: readonly string[]
): Promise<Stage> {
  const stage = await openStage(context)
  for (const name of names) {
    const resourceLabels = { 'managed-by': 'taskq', 'taskq-expires': YESTERDAY }
    stage.clusters.create('us-west1-a', { name, resourceLabels })
    stage.clusters.get('us-west1-a', name).status = 'RUNNING'
  }
  for (const operation of stage.clusters.operations) operation.looks = 0
  stage.clusters.mostAtOnce = 0
  return stage
}
