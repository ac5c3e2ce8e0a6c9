import { describe, expect, test } from 'vitest'
import { commandLine } from '../../src/deploy/commands/flags.ts'
import { openStage, type Stage } from './world.ts'

const COSTS = 'It costs $0.13 an hour'
const REMOVAL = 'To remove it: taskq-deploy delete-cluster'

describe('watch', () => {
  test('of no fleet ends at once with a sentence, and does not wait for one', async context => {
    const stage = await openCluster(context)
    for (const words of ['watch', 'watch --once', 'watch --json']) {
      expect(await stage.deploy(words)).toMatchObject({
        code: 64,
        err: expect.stringContaining('No fleet of demo runs there'),
      })
    }
  })

  test('ends when somebody removes the fleet meanwhile, and says what goes on costing', async context => {
    const stage = await openFleet(context)
    const ran = await stage.deploy('watch', {
      heard: text => text.includes('2 of 2 running') && stage.kube.store.drop(jobPath(stage)),
    })
    expect(ran).toMatchObject({ code: 1, err: expect.stringContaining('The fleet is gone') })
    expect(ran.err).toContain(COSTS)
  })

  test('of a fleet that is done says what the cluster goes on costing, and how to remove it', async context => {
    const stage = await openFleet(context)
    for (const index of [0, 1]) stage.kube.controllers.end(jobPath(stage), index, 0)
    const ran = await stage.deploy('watch')
    expect(ran).toMatchObject({ code: 0, out: expect.stringContaining('all 2 are done') })
    expect(ran.err).toContain(COSTS)
    expect(ran.err).toContain(REMOVAL)
  })

  test('interrupted says what goes on costing', async context => {
    const stage = await openFleet(context)
    const ran = await stage.deploy('watch', {
      heard: (text, interrupt) => text.includes('2 of 2 running') && interrupt(),
    })
    expect(ran).toMatchObject({ code: 130, err: expect.stringContaining(COSTS) })
    expect(ran.err).toContain('the cluster stays until it is deleted.')
    expect(ran.err).toContain(REMOVAL)
  })

  test('of a cluster that never answers again ends after twenty minutes', async context => {
    const stage = await openFleet(context)
    const ran = await stage.deploy('watch --interval 300', {
      heard(text) {
        if (text.includes('2 of 2 running')) stage.kube.fault = () => 'hang up'
      },
    })
    expect(ran).toMatchObject({ code: 69, err: expect.stringContaining('the cluster may be gone') })
  })
})

describe('apply-task', () => {
  test('of a fleet that is paused ends with a sentence instead of waiting for workers', async context => {
    const stage = await openFleet(context)
    await stage.deploy('pause')
    const ran = await stage.deploy('apply-task')
    expect(ran).toMatchObject({ code: 1, err: expect.stringContaining('taskq-deploy resume') })
  })

  test.for([
    ['a pod that never starts', 'ContainerCreating', /stuck: .+\(demo-.+\n.*volume is not there/],
  ] as const)('gives up %s after a quarter of an hour', async ([, reason, says], context) => {
    const stage = await openCluster(context)
    stage.kube.controllers.fate = () => ({
      ...{ kind: 'waits', reason, message: '', event: 'volume is not there' },
    })
    const ran = await stage.deploy('apply-task')
    expect(ran.code).toBe(1)
    expect(ran.err).toMatch(says)
    expect(ran.err).toContain(COSTS)
    expect(ran.err).toContain(REMOVAL)
  })

  test('gives up a Job of which the cluster makes no pods, and one whose machines never come', async context => {
    const stage = await openCluster(context)
    stage.kube.controllers.fate = () => ({ kind: 'unschedulable', message: '0/1 nodes' })
    const slow = await stage.deploy('apply-task')
    expect(slow).toMatchObject({ code: 1, err: expect.stringContaining('scaling-up: waiting') })
    expect(slow.err).toContain('stuck: no worker has run for a quarter of an hour')
    for (const path of stage.kube.store.objects.keys())
      if (path.includes('/pods/')) stage.kube.store.drop(path)
    const none = await stage.deploy('apply-task')
    expect(none).toMatchObject({ code: 1, err: expect.stringContaining('(no pod and 1 more)') })
  })
})

test('the command that removes a fleet names what is not usual of it', () => {
  const usual = { envFile: 'config/task.env', clusterEnv: 'config/cluster.env' }
  expect(commandLine('watch', usual)).toBe('taskq-deploy watch')
  const own = { envFile: 'a.env', clusterEnv: 'b.env', kubeconfig: 'k', context: 'c' }
  expect(commandLine('delete-cluster', own)).toBe(
    'taskq-deploy delete-cluster -e a.env -c b.env --kubeconfig k --context c',
  )
})

test('deploy-task refuses an image that is not there before it makes a cluster that costs', async context => {
  const stage = await openStage(context)
  const ran = await stage.deploy('deploy-task --yes', {
    fetch: async () => new Response('{}', { status: 404 }),
  })
  expect(ran).toMatchObject({ code: 64, err: expect.stringContaining('There is no image') })
  expect(stage.clusters.changes).toEqual([])
})

test('pause that is interrupted says what is there', async context => {
  const stage = await openFleet(context)
  stage.kube.controllers.leaving = 'held'
  let looks = 0
  let stop = () => {}
  stage.kube.fault = (method, path) => {
    if (method === 'GET' && path.endsWith('/pods')) looks += 1
    if (looks === 3) stop()
    return undefined
  }
  const ran = await stage.deploy('pause', {
    interrupter: interrupt => {
      stop = interrupt
    },
  })
  expect(ran).toMatchObject({ code: 130, err: expect.stringContaining(COSTS) })
})

async function openCluster(context: Parameters<typeof openStage>[0]): Promise<Stage> {
  const stage = await openStage(context)
  expect(await stage.deploy('make-cluster --yes')).toMatchObject({ code: 0 })
  return stage
}

async function openFleet(context: Parameters<typeof openStage>[0]): Promise<Stage> {
  const stage = await openCluster(context)
  expect(await stage.deploy('apply-task')).toMatchObject({ code: 0 })
  return stage
}

function jobPath({ kube }: Stage): string {
  return [...kube.store.objects.keys()].find(path => path.includes('/jobs/')) ?? ''
}

describe('what a fleet of both kinds of machines costs', () => {
  test('is reckoned by what they are, by their labels', async context => {
    const stage = await openMixed(context, 200, {
      items: [
        node('node-0', { 'cloud.google.com/gke-spot': 'true' }),
        node('node-1', { 'cloud.google.com/gke-provisioning': 'standard' }),
      ],
    })
    const { out } = await stage.deploy('watch --once')
    expect(out).toContain('cost     $0.31 an hour (2 machines), about $0.')
  })

  test('is told as the least it can be where machines may not be looked at', async context => {
    const stage = await openMixed(context, 403, { message: 'nodes is forbidden' })
    const { out } = await stage.deploy('watch --once')
    expect(out).toContain('cost     at least $0.21 an hour (2 machines), at least $0.')
    const { cost } = JSON.parse((await stage.deploy('watch --once --json')).out)
    expect(cost).toMatchObject({ machines: 2, surety: 'at least' })
  })
})

function node(name: string, labels: Readonly<Record<string, string>>) {
  const type = { 'node.kubernetes.io/instance-type': 'e2-standard-4' }
  return { metadata: { name, labels: { ...type, ...labels } } }
}

/** A fleet with two workers on two machines, and what is answered to whoever asks for these. */
async function openMixed(context: Parameters<typeof openStage>[0], status: number, body: object) {
  const stage = await openStage(context)
  stage.set('NODE_PROVISIONING', 'spot-then-on-demand')
  await stage.deploy('make-cluster --yes')
  expect(await stage.deploy('apply-task')).toMatchObject({ code: 0 })
  stage.kube.fault = (_, path) =>
    path === '/api/v1/nodes' ? { status, body: { metadata: {}, ...body } } : undefined
  return stage
}
