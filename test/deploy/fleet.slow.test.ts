import { describe, expect, test } from 'vitest'
import { at, type Json, textAt } from './kube/store.ts'
import { openStage, type Stage } from './world.ts'

describe('apply-task', () => {
  test('sends the objects as the template has them, under our name and strict validation, namespace first', async context => {
    const stage = await openCluster(context)
    expect(await stage.deploy('apply-task')).toMatchObject({
      code: 0,
      out: expect.stringContaining('2 of 2 running'),
    })
    const applied = patches(stage).filter(({ query }) => query['dryRun'] === undefined)
    expect(applied.map(({ path }) => path.split('/').at(-2))).toEqual([
      'namespaces',
      'serviceaccounts',
      'configmaps',
      'jobs',
    ])
    for (const { query, contentType } of applied) {
      expect(contentType).toBe('application/apply-patch+yaml')
      expect(query).toMatchObject({ fieldManager: 'taskq', fieldValidation: 'Strict' })
    }
    const job: Json = JSON.parse(applied.at(-1)?.body ?? '{}')
    expect(at(job, 'spec', 'podFailurePolicy', 'rules', 1, 'onPodConditions', 0, 'status')).toBe(
      'True',
    )
  })

  test('asks the server for a dry run of everything before anything but the namespace is there', async context => {
    const stage = await openCluster(context)
    stage.kube.fault = (method, path) =>
      method === 'PATCH' && path.includes('/jobs/')
        ? refusal(
            500,
            'failed to create typed patch object (taskq-demo/demo; batch/v1, Kind=Job): .spec.paralelism: field not declared in schema',
          )
        : undefined
    const ran = await stage.deploy('apply-task')
    // A slip in an apply is a 500 without a reason, and yet nothing that trying again would mend.
    expect(ran).toMatchObject({
      code: 64,
      err: expect.stringContaining('field not declared in schema'),
    })
    expect(stage.kube.all('configmaps')).toEqual([])
  })

  test('--dry-run shows what would change and changes nothing, also where the namespace is not there', async context => {
    const stage = await openCluster(context)
    const first = await stage.deploy('apply-task --dry-run')
    expect(first).toMatchObject({
      code: 0,
      err: expect.stringContaining('in a namespace that is not there yet'),
    })
    expect(stage.kube.store.objects.size).toBe(0)
    await stage.deploy('apply-task')
    const before = stage.kube.store.version
    stage.set('TASK_REPLICAS', '4')
    const second = await stage.deploy('apply-task --dry-run')
    expect(second.err).toContain('  spec.parallelism: 2 -> 4')
    expect(stage.kube.store.version).toBe(before)
  })

  test('a second time changes nothing', async context => {
    const stage = await openCluster(context)
    await stage.deploy('apply-task')
    const before = stage.kube.store.version
    expect(await stage.deploy('apply-task')).toMatchObject({ code: 0 })
    expect(stage.kube.store.version).toBe(before)
  })

  test('with another number of workers resizes the Job that runs', async context => {
    const stage = await openCluster(context)
    await stage.deploy('apply-task')
    const [before] = stage.kube.all('jobs')
    stage.set('TASK_REPLICAS', '4')
    expect(await stage.deploy('apply-task')).toMatchObject({ code: 0 })
    const [after, ...more] = stage.kube.all('jobs')
    expect([at(after, 'metadata', 'uid'), more.length]).toEqual([at(before, 'metadata', 'uid'), 0])
    expect(running(stage)).toBe(4)
  })

  test('with other settings is a new Job; the old one is drained and removed with its pods and its ConfigMap', async context => {
    const stage = await openCluster(context)
    await stage.deploy('apply-task')
    const old = textAt(stage.kube.all('jobs')[0], 'metadata', 'name')
    stage.set('CPU_REQUEST', '800m')
    stage.write('config/task.env', 'TASKQUEUE_PATH=elsewhere://queues.invalid/other\n')
    const ran = await stage.deploy('apply-task')
    expect(ran).toMatchObject({
      code: 0,
      err: expect.stringContaining(`Job ${old}, of an earlier configuration: removed`),
    })
    const jobs = stage.kube.all('jobs').map(job => textAt(job, 'metadata', 'name'))
    expect(jobs).toHaveLength(1)
    expect(jobs).not.toContain(old)
    expect([running(stage), stage.kube.all('configmaps').length]).toEqual([2, 1])
    const suspended = stage.kube.transcript.findIndex(
      ({ body, path }) => path.endsWith(old) && body.includes('"suspend":true'),
    )
    const deleted = stage.kube.transcript.findIndex(
      ({ method, path }) => method === 'DELETE' && path.endsWith(old),
    )
    expect(suspended).toBeGreaterThan(0)
    expect(deleted).toBeGreaterThan(suspended)
  })

  test('starts a Job that has ended anew, which the server would take as it is and never run', async context => {
    const stage = await openCluster(context)
    await stage.deploy('apply-task')
    finish(stage)
    const ran = await stage.deploy('apply-task')
    expect(ran).toMatchObject({
      code: 0,
      err: expect.stringContaining('has ended before: it is started anew'),
    })
    expect(running(stage)).toBe(2)
  })

  test('takes back what scale set, and refuses to take what others set, naming them and the fields', async context => {
    const stage = await openCluster(context)
    await stage.deploy('apply-task')
    await stage.deploy('scale 5')
    expect(await stage.deploy('apply-task')).toMatchObject({ code: 0 })
    expect(running(stage)).toBe(2)
    const path = jobPath(stage)
    const edit = { spec: { parallelism: 3, completions: 3 } }
    stage.kube.requests.handle(
      'PATCH',
      new URL(`http://k${path}?fieldManager=kubectl-edit`),
      'application/merge-patch+json',
      JSON.stringify(edit),
      'admin',
    )
    const ran = await stage.deploy('apply-task')
    expect(ran.code).toBe(64)
    expect(ran.err).toContain('.spec.completions (conflict with "kubectl-edit" using batch/v1)')
  })

  test('shows what the cluster warns of, and goes on', async context => {
    const stage = await openCluster(context)
    stage.kube.fault = (method, path) =>
      method === 'PATCH' && path.includes('/serviceaccounts/')
        ? { status: 200, body: {}, warning: 'this version is deprecated' }
        : undefined
    expect(await stage.deploy('apply-task')).toMatchObject({
      code: 0,
      err: expect.stringContaining('the cluster warns: this version is deprecated'),
    })
  })

  test('never prints the whole template that a server tells with a refusal', async context => {
    const stage = await openCluster(context)
    const dump = `Job.batch "demo" is invalid: spec.template: Invalid value: {"labels":{"x":"${'secret '.repeat(500)}"}}: field is immutable`
    stage.kube.fault = (method, path) =>
      method === 'PATCH' && path.includes('/jobs/') ? refusal(422, dump) : undefined
    const ran = await stage.deploy('apply-task')
    expect(ran.err).toContain('field is immutable')
    expect(ran.err).not.toContain('secret secret')
  })

  test('a token that ran out is renewed; one that is refused is told how to be mended', async context => {
    const stage = await openCluster(context)
    let asked = 0
    stage.kube.fault = () => {
      asked += 1
      return asked === 1 ? refusal(401, 'Unauthorized') : undefined
    }
    expect(await stage.deploy('apply-task')).toMatchObject({ code: 0 })
    stage.kube.fault = () => refusal(401, 'Unauthorized')
    expect(await stage.deploy('apply-task')).toMatchObject({
      code: 64,
      err: expect.stringContaining('gcloud auth application-default login'),
    })
  })
})

describe('scale, pause and resume', () => {
  test('change both numbers of the Job together, and the workers follow', async context => {
    const stage = await openCluster(context)
    await stage.deploy('apply-task')
    expect(await stage.deploy('scale 5')).toMatchObject({
      code: 0,
      out: expect.stringContaining('2 -> 5 workers'),
    })
    expect(
      JSON.parse(stage.kube.transcript.findLast(({ method }) => method === 'PATCH')?.body ?? ''),
    ).toEqual({ spec: { parallelism: 5, completions: 5 } })
    expect(running(stage)).toBe(5)
    await stage.deploy('scale 1')
    expect(running(stage)).toBe(1)
  })

  test('pause waits until no worker is left and says what the cluster goes on costing; resume brings them back', async context => {
    const stage = await openCluster(context)
    await stage.deploy('apply-task')
    expect(await stage.deploy('pause')).toMatchObject({
      code: 0,
      out: expect.stringContaining('$0.13 an hour, $97 a month'),
    })
    expect(running(stage)).toBe(0)
    expect(await stage.deploy('resume')).toMatchObject({ code: 0 })
    expect(running(stage)).toBe(2)
  })

  test('refuse more workers than NUMBER_NODES machines hold, a number that is none, and a fleet that is not there', async context => {
    const stage = await openCluster(context)
    expect(await stage.deploy('scale 11')).toMatchObject({
      code: 64,
      err: expect.stringContaining('Set NUMBER_NODES=3'),
    })
    expect(await stage.deploy('scale many')).toMatchObject({
      code: 64,
      err: expect.stringContaining('from 1 to 99999'),
    })
    expect(await stage.deploy('scale 3')).toMatchObject({
      code: 64,
      err: expect.stringContaining('was never started'),
    })
    expect(await stage.deploy('scale 5 --max-price 0.1')).toMatchObject({
      code: 1,
      err: expect.stringContaining('more than $0.10'),
    })
  })

  test('work on a service too', async context => {
    const stage = await openCluster(context)
    stage.set('TASK_MODE', 'service')
    const applied = stage.deploy('apply-task', {
      heard: (text, interrupt) => text.includes('Deployment demo: created') && interrupt(),
    })
    await applied
    expect(stage.kube.all('deployments')).toHaveLength(1)
    await stage.deploy('scale 4')
    expect(at(stage.kube.all('deployments')[0], 'spec', 'replicas')).toBe(4)
    await stage.deploy('pause')
    expect(at(stage.kube.all('deployments')[0], 'spec', 'replicas')).toBe(0)
  })
})

function refusal(status: number, message: string) {
  return { status, body: { kind: 'Status', message, code: status } }
}

/** A project whose cluster is there. */
async function openCluster(context: Parameters<typeof openStage>[0]): Promise<Stage> {
  const stage = await openStage(context)
  stage.clusters.create('us-west1-a', {
    name: 'demo-cluster',
    resourceLabels: { 'managed-by': 'taskq' },
  })
  stage.clusters.get('us-west1-a', 'demo-cluster').status = 'RUNNING'
  return stage
}

function patches({ kube }: Stage) {
  return kube.transcript.filter(({ method }) => method === 'PATCH')
}

function running({ kube }: Stage): number {
  return kube.all('pods').filter(pod => at(pod, 'status', 'phase') === 'Running').length
}

function jobPath({ kube }: Stage): string {
  return [...kube.store.objects.keys()].find(path => path.includes('/jobs/')) ?? ''
}

function finish(stage: Stage): void {
  const path = jobPath(stage)
  for (const index of [0, 1]) stage.kube.controllers.end(path, index, 0)
}
