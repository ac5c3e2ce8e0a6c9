import { describe, expect, test } from 'vitest'
import { at, textAt } from './kube/store.ts'
import { openStage, type Stage } from './world.ts'

describe('delete-cluster', () => {
  test('asks with the price of a forgotten month, then ends the workers, the namespace and the cluster, in the order that does not hang', async context => {
    const stage = await openFleet(context)
    const no = await stage.deploy('delete-cluster', { answer: '' })
    expect(no).toMatchObject({
      code: 1,
      out: expect.stringContaining('forgotten for a month, $97'),
    })
    expect(stage.clusters.changes.at(-1)).not.toContain('DELETE')
    const ran = await stage.deploy('delete-cluster', { answer: 'yes' })
    expect(ran).toMatchObject({
      code: 0,
      out: expect.stringContaining('Nothing of demo-cluster is left'),
    })
    expect([
      stage.kube.all('pods').length,
      stage.kube.all('jobs').length,
      stage.kube.all('namespaces').length,
    ]).toEqual([0, 0, 0])
    expect(stage.clusters.clusters.size).toBe(0)
  })

  test('deletes with the policy in the query and no body, without which the pods of a Job stay and are billed', async context => {
    const stage = await openFleet(context)
    await stage.deploy('delete-cluster --yes')
    const deletions = stage.kube.transcript.filter(({ method }) => method === 'DELETE')
    expect(deletions.length).toBeGreaterThan(1)
    for (const { query, body } of deletions)
      expect([query['propagationPolicy'], body]).toEqual(['Background', ''])
  })

  test('waits for workers that take their grace', async context => {
    const stage = await openFleet(context)
    stage.kube.controllers.leaving = 'held'
    let asked = 0
    stage.kube.fault = (method, path) => {
      if (method === 'GET' && path.endsWith('/pods')) asked += 1
      if (asked === 4) stage.kube.controllers.letGo()
      return undefined
    }
    expect(await stage.deploy('delete-cluster --yes')).toMatchObject({ code: 0 })
    const deleted = stage.kube.transcript.findIndex(
      ({ method, path }) => method === 'DELETE' && path.includes('/jobs/'),
    )
    const looks = stage.kube.transcript
      .slice(0, deleted)
      .filter(({ method, path }) => method === 'GET' && path.endsWith('/pods'))
    expect(looks.length).toBeGreaterThanOrEqual(4)
  })

  test('looks for pods once more when the Job is gone, and deletes the namespace only when none is left', async context => {
    const stage = await openFleet(context)
    const late = '/api/v1/namespaces/taskq-demo/pods/late'
    let looks = 0
    stage.kube.fault = (method, path) => {
      const [job] = stage.kube.all('jobs')
      if (method === 'DELETE' && path.includes('/jobs/')) {
        const labels = {
          ...LABELS,
          'batch.kubernetes.io/job-name': textAt(job, 'metadata', 'name'),
        }
        stage.kube.controllers.leaving = 'held'
        stage.kube.store.put(late, { kind: 'Pod', metadata: { name: 'late', labels } })
      }
      if (method === 'GET' && path.endsWith('/pods') && job === undefined) looks += 1
      if (looks === 3) stage.kube.controllers.letGo()
      return undefined
    }
    expect(await stage.deploy('delete-cluster --yes')).toMatchObject({ code: 0 })
    expect(looks).toBeGreaterThanOrEqual(3)
    const { transcript } = stage.kube
    const namespace = transcript.findIndex(
      ({ method, path }) => method === 'DELETE' && path.endsWith('/namespaces/taskq-demo'),
    )
    const last = transcript.findLastIndex(({ path }) => path.endsWith('/pods'))
    expect(namespace).toBeGreaterThan(last)
  })

  test('believes no condition of a namespace that says all is removed, but waits until it is gone', async context => {
    const stage = await openFleet(context)
    const path = '/api/v1/namespaces/taskq-demo'
    let looks = 0
    stage.kube.fault = (method, asked) => {
      if (method !== 'GET' || asked !== path || stage.kube.store.objects.has(path)) return undefined
      looks += 1
      const conditions = [
        { type: 'NamespaceContentRemaining', status: 'False', reason: 'ContentRemoved' },
      ]
      const metadata = { name: 'taskq-demo', deletionTimestamp: '2026-11-21T00:00:00Z' }
      const body = { kind: 'Namespace', metadata, status: { phase: 'Terminating', conditions } }
      return looks <= 3 ? { status: 200, body } : undefined
    }
    expect(await stage.deploy('delete-cluster --yes')).toMatchObject({ code: 0 })
    expect(looks).toBe(4)
  })

  test('--dry-run says what would be ended and deleted, and touches nothing, whether it is there or not', async context => {
    const stage = await openFleet(context)
    const before = [stage.kube.store.version, stage.clusters.changes.length]
    const shown = await stage.deploy('delete-cluster --dry-run')
    expect(shown).toMatchObject({ code: 0, err: '' })
    expect(shown.out).toContain('Would be deleted: the cluster demo-cluster with all its machines.')
    expect(shown.out).toContain('the namespace taskq-demo')
    expect([stage.kube.store.version, stage.clusters.changes.length]).toEqual(before)
    stage.set('GOOGLE_CLUSTER_NAME', 'another')
    expect(await stage.deploy('delete-cluster --dry-run')).toMatchObject({
      code: 0,
      out: expect.stringContaining('There is no cluster another'),
    })
  })

  test('lists what is left and billed, and ends with 1', async context => {
    const stage = await openFleet(context)
    stage.clusters.disks.push({ name: 'pvc-1', zone: 'us-west1-a', cluster: 'demo-cluster' })
    const ran = await stage.deploy('delete-cluster --yes')
    expect(ran).toMatchObject({
      code: 1,
      out: expect.stringMatching(/Left behind.+\n {2}disk pvc-1 in us-west1-a/),
    })
  })

  test('works when the cluster is gone already, half made, or does not answer', async context => {
    const stage = await openStage(context)
    expect(await stage.deploy('delete-cluster --yes')).toMatchObject({
      code: 0,
      err: expect.stringContaining('There is no cluster demo-cluster'),
    })
    stage.clusters.looks = 5
    await stage.deploy('make-cluster --yes', {
      heard: (text, interrupt) => text.includes('Creating the cluster') && interrupt(),
    })
    expect(await stage.deploy('delete-cluster --yes')).toMatchObject({ code: 0 })
    expect(stage.clusters.clusters.size).toBe(0)
    await stage.deploy('make-cluster --yes')
    stage.kube.fault = () => 'hang up'
    const ran = await stage.deploy('delete-cluster --yes')
    expect(ran).toMatchObject({
      code: 0,
      err: expect.stringContaining('Their tasks come back when the leases end.'),
    })
    expect(stage.clusters.clusters.size).toBe(0)
  })

  test('needs no more of the configuration than what it deletes: a queue that pods cannot see does not matter', async context => {
    const stage = await openFleet(context)
    stage.write('config/task.env', 'TASKQUEUE_PATH=sqlite:queue.db\n')
    expect(await stage.deploy('delete-cluster --yes')).toMatchObject({ code: 0 })
  })

  test('interrupted, says what is there and what it costs', async context => {
    const stage = await openFleet(context)
    stage.clusters.looks = 9
    const ran = await stage.deploy('delete-cluster --yes', {
      heard: (text, interrupt) => text.includes('Deleting the cluster') && interrupt(),
    })
    expect(ran).toMatchObject({
      code: 130,
      err: expect.stringContaining('is there (stopping). It costs $0.13'),
    })
  })

  test('interrupted while machines for workers are there, says what those cost too', async context => {
    const stage = await openFleet(context)
    stage.clusters.looks = 9
    stage.clusters.get('us-west1-a', 'demo-cluster')['currentNodeCount'] = 3
    const ran = await stage.deploy('delete-cluster --yes', {
      heard: (text, interrupt) => text.includes('Deleting the cluster') && interrupt(),
    })
    expect(ran.err).toContain(
      'With 2 machines for workers it costs $0.21 an hour now, and $0.13 an hour, $97 a month, without workers.',
    )
  })

  test('a namespace with a live Job in it hangs, which is why the Job goes first', async context => {
    const stage = await openFleet(context)
    const path = '/api/v1/namespaces/taskq-demo'
    stage.kube.requests.handle('DELETE', new URL(`http://k${path}`), '', '', 'admin')
    const stuck = stage.kube.store.objects.get(path)
    expect(at(stuck, 'status', 'conditions', 0, 'reason')).toBe('ContentRemoved')
    expect(stage.kube.all('pods').length).toBeGreaterThan(0)
    expect(await stage.deploy('delete-cluster --yes')).toMatchObject({ code: 0 })
    expect(stage.kube.store.objects.get(path)).toBeUndefined()
  })
})

describe('sweep', () => {
  test('lists all our clusters of a project with age and price, and deletes only forgotten ones', async context => {
    const stage = await openStage(context)
    const day = (offset: number) =>
      new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)
    const make = (location: string, name: string, labels: Record<string, string>) => {
      stage.clusters.create(location, { name, resourceLabels: labels })
      stage.clusters.get(location, name).status = 'RUNNING'
    }
    make('us-west1-a', 'old', {
      'managed-by': 'taskq',
      'taskq-expires': day(-2),
      'taskq-owner': 'ada',
      'taskq-task': 'demo',
    })
    make('us-east1-b', 'new', { 'managed-by': 'taskq', 'taskq-expires': day(2) })
    make('us-east1-b', 'theirs', { 'taskq-expires': day(-2) })
    for (const operation of stage.clusters.operations) operation.looks = 0
    const listed = await stage.deploy('sweep')
    expect(listed.out).toMatch(/old +us-west1-a +demo +ada .+FORGOTTEN/)
    expect(listed.out).toContain('Together they cost at least $0.27 an hour, $195 a month.')
    expect(listed.out).not.toContain('theirs')
    expect(listed.err).toContain('taskq-deploy sweep --delete')
    expect(
      (await stage.deploy('sweep --json')).out
        .trim()
        .split('\n')
        .map(line => JSON.parse(line).forgotten),
    ).toEqual([true, false])
    expect(await stage.deploy('sweep --delete', { answer: 'n' })).toMatchObject({ code: 1 })
    expect(await stage.deploy('sweep --delete --yes')).toMatchObject({ code: 0 })
    expect([...stage.clusters.clusters.keys()]).toEqual(['us-east1-b/new', 'us-east1-b/theirs'])
  })

  test('needs a project and nothing else', async context => {
    const stage = await openStage(context)
    expect(await stage.deploy('sweep -c no/such.env')).toMatchObject({
      code: 64,
      err: expect.stringContaining('Name it by --project'),
    })
    expect(await stage.deploy('sweep -c no/such.env --project other')).toMatchObject({
      code: 0,
      out: expect.stringContaining('No cluster of taskq-deploy is in other.'),
    })
  })
})

const LABELS = { 'app.kubernetes.io/managed-by': 'taskq', 'app.kubernetes.io/name': 'demo' }

async function openFleet(context: Parameters<typeof openStage>[0]): Promise<Stage> {
  const stage = await openStage(context)
  await stage.deploy('make-cluster --yes')
  expect(await stage.deploy('apply-task')).toMatchObject({ code: 0 })
  return stage
}
