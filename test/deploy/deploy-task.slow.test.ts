import { describe, expect, test } from 'vitest'
import type { Fate } from './kube/jobs.ts'
import { openStage, type Stage } from './world.ts'

const REMOVAL = 'To remove it: taskq-deploy delete-cluster'

describe('deploy-task', () => {
  test('shows the price, makes everything, watches to the end, and takes the cluster down when asked', async context => {
    const stage = await openStage(context)
    const ran = await stage.deploy('deploy-task --yes --down-when-done', {
      heard: finishWhen(stage, '2 of 2 running'),
    })
    expect(ran.code).toBe(0)
    expect(ran.out.indexOf('an hour')).toBeLessThan(ran.out.indexOf('2 of 2 running'))
    expect(ran.out).toContain('all 2 are done')
    expect(ran.out).toContain('Nothing of demo-cluster is left, and nothing is billed.')
    expect(stage.clusters.clusters.size).toBe(0)
  })

  test('without --down-when-done says at its end what goes on costing and how to remove it', async context => {
    const stage = await openStage(context)
    const ran = await stage.deploy('deploy-task --yes', {
      heard: finishWhen(stage, '2 of 2 running'),
    })
    expect(ran).toMatchObject({
      code: 0,
      err: expect.stringContaining('It costs $0.13 an hour, $97 a month'),
    })
    expect(ran.err).toContain(REMOVAL)
  })

  test('asks once, and a no creates and writes nothing', async context => {
    const stage = await openStage(context)
    expect(await stage.deploy('deploy-task', { answer: 'no' })).toMatchObject({
      code: 1,
      err: expect.stringContaining('Nothing was done.'),
    })
    expect(stage.clusters.changes).toEqual([])
  })

  test('has a queue that pods cannot see refused before anything costs money', async context => {
    const stage = await openStage(context)
    stage.write('config/task.env', 'TASKQUEUE_PATH=sqlite:data/queue.db\n')
    const ran = await stage.deploy('deploy-task --yes')
    expect(ran).toMatchObject({ code: 64, err: expect.stringContaining('a file of this machine') })
    expect(stage.clusters.changes).toEqual([])
  })

  test.for<[string, Fate, string, string]>([
    [
      'image-missing',
      {
        kind: 'waits',
        reason: 'ImagePullBackOff',
        message: 'Back-off',
        event: 'Failed to pull image "x": not found',
      },
      'image-missing',
      'Check TASK_DOCKER_IMAGE',
    ],
    [
      'bad-config',
      { kind: 'ends', exitCode: 64, message: 'x\ntask.ts exports no _runTask' },
      'bad-config',
      'task.ts exports no _runTask',
    ],
    [
      'cannot-fit',
      {
        kind: 'unschedulable',
        message: '0/1 nodes',
        event: ['NotTriggerScaleUp', '1 Insufficient cpu'],
      },
      'cannot-fit',
      'larger GOOGLE_COMPUTE_TYPE',
    ],
    [
      'cannot-fit',
      {
        kind: 'unschedulable',
        message: '0/1 nodes',
        event: ['NotTriggerScaleUp', '1 Insufficient cpu'],
      },
      'cannot-fit',
      'A worker asks for 700m CPU and 1Gi memory; e2-standard-4 has 3536m CPU and 12543Mi memory',
    ],
    [
      'stockout',
      {
        kind: 'unschedulable',
        message: '0/1 nodes',
        event: ['FailedScaleUp', 'GCE out of resources'],
      },
      'stockout',
      'another GOOGLE_ZONE',
    ],
    [
      'quota',
      {
        kind: 'refused',
        message: 'exceeded quota: pods, requested: pods=1, used: pods=3, limited: pods=3',
      },
      'quota',
      'exceeded quota: pods',
    ],
    [
      'rejected',
      { kind: 'refused', message: 'error looking up service account taskq-demo/worker' },
      'rejected',
      'service account',
    ],
  ])(
    'ends for the cause %s instead of waiting in silence, with how many, which, why and what to do',
    async ([, fate, cause, fix], context) => {
      const stage = await openStage(context)
      stage.kube.controllers.fate = () => fate
      const ran = await stage.deploy('deploy-task --yes')
      expect(ran.code).toBe(1)
      expect(ran.err).toContain(`  ${cause}: `)
      expect(ran.err).toContain(fix)
      expect(ran.err).toMatch(/\(demo-\w+.* and 1 more\)/)
      expect(ran.err).toContain(REMOVAL)
    },
  )

  test('goes on while machines are on their way, and says that they are', async context => {
    const stage = await openStage(context)
    stage.kube.controllers.fate = () => ({
      kind: 'unschedulable',
      message: '0/1 nodes are available',
    })
    let heard = 0
    const ran = await stage.deploy('deploy-task --yes', {
      heard: (text, interrupt) => {
        if (text.includes('scaling-up 2')) heard += 1
        if (heard > 0) interrupt()
      },
    })
    expect(ran).toMatchObject({ code: 130, err: expect.stringContaining(REMOVAL) })
  })

  test('counts a worker whose machine was taken away once, as preempted, and goes on', async context => {
    const stage = await openStage(context)
    let isEvicted = false
    const finish = finishWhen(stage, '1 done')
    const ran = await stage.deploy('deploy-task --yes', {
      heard: text => {
        if (text.includes('2 of 2 running') && !isEvicted) {
          isEvicted = true
          stage.kube.controllers.evict(jobPath(stage), 1)
          stage.kube.controllers.end(jobPath(stage), 0, 0)
        }
        finish(text)
      },
    })
    expect(ran.out).not.toMatch(/[3-9] of 2 running/)
    expect(ran.code).toBe(0)
  })

  test.for([
    'Creating the cluster',
    'Creating the pool',
    'Namespace taskq-demo: new',
    'Job demo-',
    '2 of 2 running',
  ])(
    'Ctrl-C at "%s" ends with what is there, what it costs and the command that removes it',
    async (moment, context) => {
      const stage = await openStage(context)
      stage.clusters.looks = 3
      const ran = await stage.deploy('deploy-task --yes', {
        heard: (text, interrupt) => text.includes(moment) && interrupt(),
      })
      expect(ran.code).toBe(130)
      expect(ran.err).toMatch(
        /The cluster demo-cluster in us-west1-a is there \(\w+\)\. It costs \$0\.13 an hour/,
      )
      expect(ran.err).toContain(REMOVAL)
      // What was begun can be gone on with, and removed.
      expect(await stage.deploy('delete-cluster --yes')).toMatchObject({ code: 0 })
    },
  )

  test('interrupted while Google does not answer, ends all the same, and says that nobody knows what is there', async context => {
    const stage = await openStage(context)
    stage.clusters.looks = 99
    const stopped = await stage.deploy('deploy-task --yes', {
      heard(text, interrupt) {
        if (!/^Creating the cluster demo-cluster: \d+ s/m.test(text)) return
        stage.clusters.isDeaf = true
        setTimeout(interrupt, 200)
      },
    })
    expect(stopped.code).toBe(130)
    expect(stopped.err).toContain('Interrupted. Looking what is there now.')
    expect(stopped.err).toContain('could not be found out. While it is, it costs at least $0.13')
    expect(stopped.err).toContain(REMOVAL)
  })

  test('cut off from the cluster half-way says so, and what is there', async context => {
    const stage = await openStage(context)
    stage.kube.fault = (method, path) =>
      method === 'PATCH' && path.includes('/configmaps/') ? 'hang up' : undefined
    const ran = await stage.deploy('deploy-task --yes')
    expect(ran).toMatchObject({ code: 69, err: expect.stringContaining('does not answer') })
    expect(ran.err).toContain(REMOVAL)
  })
})

test('deploy-task --json prints nothing but JSON on standard output', async context => {
  const stage = await openStage(context)
  const ran = await stage.deploy('deploy-task --yes --json', {
    heard: finishWhen(stage, '"running":2'),
  })
  expect(ran).toMatchObject({ code: 0, err: expect.stringContaining('List price of') })
  for (const line of ran.out.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('state')
})

test('workers that ran out of memory are told which limit to try', async context => {
  const stage = await openStage(context)
  stage.kube.controllers.fate = index =>
    index === 0 ? { kind: 'runs' } : { kind: 'ends', exitCode: 137, reason: 'OOMKilled' }
  await stage.deploy('make-cluster --yes')
  await stage.deploy('apply-task')
  const screen = (await stage.deploy('watch --once')).out
  expect(screen.replaceAll(/\s+/g, ' ')).toContain(
    'They have MEMORY_LIMIT=1Gi; try MEMORY_REQUEST=1536Mi and MEMORY_LIMIT=1536Mi.',
  )
})

test('watch --once shows one screen of at most 80 columns, and --json one object', async context => {
  const stage = await openStage(context)
  stage.kube.controllers.fate = index =>
    index === 0
      ? { kind: 'runs' }
      : { kind: 'waits', reason: 'ImagePullBackOff', message: 'Back-off pulling image' }
  await stage.deploy('make-cluster --yes')
  await stage.deploy('apply-task')
  const screen = (await stage.deploy('watch --once')).out
  expect(screen).toMatch(/workers {2}1 of 2 running, 1 pending/)
  expect(screen).toMatch(/cost {5}\$0\.21 an hour \(2 machines\)/)
  expect(screen).toContain('image-missing: the image is not there')
  expect(Math.max(...screen.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
  const object = JSON.parse((await stage.deploy('watch --once --json')).out)
  expect(object).toMatchObject({
    state: { wanted: 2, running: 1, findings: [{ cause: 'image-missing' }] },
  })
})

function jobPath({ kube }: Stage): string {
  return [...kube.store.objects.keys()].find(path => path.includes('/jobs/')) ?? ''
}

/** Has all workers leave once something is said. */
function finishWhen(stage: Stage, said: string) {
  let isDone = false
  return (text: string) => {
    if (isDone || !text.includes(said)) return
    isDone = true
    for (const index of [0, 1]) {
      const left = stage.kube.controllers.podsOf(stage.kube.all('jobs')[0] ?? {})
      if (left.some(([path]) => path.includes(`-${index}-x`)))
        stage.kube.controllers.tryEnd(jobPath(stage), index)
    }
  }
}
