import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readConfiguration } from '../../src/deploy/config/read.ts'
import { makeManifest } from '../../src/deploy/manifest/manifest.ts'
import { readSecretFiles } from '../../src/deploy/manifest/secret.ts'
import { Grace } from '../../src/runtime/worker/grace.ts'
import { ROOT } from '../../tools/workspaces.ts'
import { at } from './kube/store.ts'

const folder = mkdtempSync(join(tmpdir(), 'taskq-manifest-'))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a fleet', () => {
  test('is a Job whose name stands for all of it that cannot change', () => {
    const { name, kind, replicas } = manifest()
    expect([kind, replicas]).toEqual(['Job', 3])
    expect(name).toMatch(/^demo-[0-9a-f]{8}$/)
    expect(manifest({ TASK_REPLICAS: '9' }).name).toBe(name)
    expect(manifest({ CPU_REQUEST: '701m' }).name).not.toBe(name)
    expect(manifest({}, `${TASK}NEW=1\n`).name).not.toBe(name)
    expect(
      manifest({}, TASK, text =>
        text.replace('backoffLimitPerIndex: 20', 'backoffLimitPerIndex: 5'),
      ).name,
    ).not.toBe(name)
  })

  test('passes every variable of task.env on, and what follows from the size of a pod', () => {
    const config = manifest({}, `${TASK}OWN=a=b%23c\n`).objects.find(
      ({ kind }) => kind === 'ConfigMap',
    )
    expect(config?.['immutable']).toBe(true)
    expect(config?.['data']).toEqual({
      OWN: 'a=b%23c',
      TASKQUEUE_PATH: 'pubsub://my-project/my-topic',
      TQ_CONCURRENCY: '1',
      TQ_HEARTBEAT_FILE: '/tmp/taskq-heartbeat',
      TQ_MEMORY_LIMIT: '824Mi',
      TQ_SHUTDOWN_GRACE_SECONDS: '12',
      TQ_UNTIL: 'idle',
    })
  })

  test('gives a worker whose queue is silent time to say so before its pod is killed', () => {
    const { objects } = manifest({ GRACE_SECONDS: '15' })
    const config = objects.find(({ kind }) => kind === 'ConfigMap')
    const job = objects.find(({ kind }) => kind === 'Job')
    const waits: number[] = []
    const grace = new Grace(
      Number(at(config, 'data', 'TQ_SHUTDOWN_GRACE_SECONDS')),
      { onNearlyOver() {}, onOver() {}, onSilence() {} },
      {
        now: () => 0,
        after(milliseconds) {
          waits.push(milliseconds)
          return () => {}
        },
        every: () => () => {},
      },
    )
    grace.limit()
    grace.begin()
    const podSeconds = at(job, 'spec', 'template', 'spec', 'terminationGracePeriodSeconds')
    expect(podSeconds).toBe(15)
    expect(Math.max(...waits)).toBeLessThan(15_000)
  })

  test('keeps its runners below the memory of the pod, so that the kernel does not end them all', () => {
    const config = manifest({
      CPU_REQUEST: '3',
      MEMORY_REQUEST: '8Gi',
      MEMORY_LIMIT: '8Gi',
    }).objects.find(({ kind }) => kind === 'ConfigMap')
    const [runners, each] = ['TQ_CONCURRENCY', 'TQ_MEMORY_LIMIT'].map(name =>
      Number.parseInt(String(at(config, 'data', name)), 10),
    )
    expect(runners).toBe(3)
    expect((runners ?? 0) * (each ?? 0)).toBeLessThan(8192 - 150)
  })

  test('takes what task.env says before what follows', () => {
    const config = manifest({}, `${TASK}TQ_CONCURRENCY=4\nTQ_UNTIL=drained\n`).objects.find(
      ({ kind }) => kind === 'ConfigMap',
    )
    expect(config?.['data']).toMatchObject({
      TQ_CONCURRENCY: '4',
      TQ_MEMORY_LIMIT: '206Mi',
      TQ_UNTIL: 'drained',
    })
  })

  test.each<[string, Record<string, string>, object, readonly string[]]>([
    ['our Spot pool', {}, { taskq: 'workers' }, ['taskq', 'cloud.google.com/gke-spot']],
    ['our pool on demand', { NODE_PROVISIONING: 'on-demand' }, { taskq: 'workers' }, ['taskq']],
    [
      'Spot machines of Autopilot',
      { CLUSTER_MODE: 'autopilot' },
      { 'cloud.google.com/gke-spot': 'true' },
      ['cloud.google.com/gke-spot'],
    ],
    [
      'a compute class of Autopilot',
      { CLUSTER_MODE: 'autopilot', COMPUTE_CLASS: 'Scale-Out', NODE_PROVISIONING: 'on-demand' },
      { 'cloud.google.com/compute-class': 'Scale-Out' },
      ['cloud.google.com/compute-class'],
    ],
    [
      "Spot machines of a class of Google's",
      { CLUSTER_MODE: 'autopilot', COMPUTE_CLASS: 'Balanced' },
      { 'cloud.google.com/compute-class': 'Balanced', 'cloud.google.com/gke-spot': 'true' },
      ['cloud.google.com/compute-class', 'cloud.google.com/gke-spot'],
    ],
    [
      'a compute class of our own on Autopilot',
      { CLUSTER_MODE: 'autopilot', COMPUTE_CLASS: 'mine' },
      { 'cloud.google.com/compute-class': 'mine' },
      ['cloud.google.com/compute-class', 'cloud.google.com/gke-spot'],
    ],
    [
      'a compute class of our own, which says itself what is Spot',
      { COMPUTE_CLASS: 'spot-then-any', NODE_PROVISIONING: 'spot-then-on-demand' },
      { 'cloud.google.com/compute-class': 'spot-then-any' },
      ['cloud.google.com/compute-class', 'cloud.google.com/gke-spot'],
    ],
  ])('asks for the machines of %s', (_, changes, selector, tolerated) => {
    const job = manifest(changes).objects.find(({ kind }) => kind === 'Job')
    const spec = at(job, 'spec', 'template', 'spec')
    expect(at(spec, 'nodeSelector')).toEqual(selector)
    const tolerations = at(spec, 'tolerations') as { key: string }[]
    expect(tolerations.map(({ key }) => key)).toEqual(tolerated)
    if (changes['COMPUTE_CLASS'] !== undefined) expect(at(spec, 'affinity')).toEqual({})
  })

  test('is a Deployment only as a service, which no worker leaves', () => {
    const { kind, name, objects } = manifest({ TASK_MODE: 'service' })
    expect([kind, name]).toEqual(['Deployment', 'demo'])
    expect(
      at(
        objects.find(each => each['kind'] === 'ConfigMap'),
        'data',
        'TQ_UNTIL',
      ),
    ).toBeUndefined()
  })

  test('has a Secret of local files under a name that stands for them, never in its text', () => {
    writeFileSync(join(folder, 'key.json'), 'top secret')
    const made = manifest({ SECRET_FILES: join(folder, 'key.json') })
    expect(made.secret).toMatchObject({
      kind: 'Secret',
      immutable: true,
      data: { 'key.json': Buffer.from('top secret').toString('base64') },
    })
    expect(made.text).not.toContain(Buffer.from('top secret').toString('base64'))
    writeFileSync(join(folder, 'key.json'), 'another')
    expect(manifest({ SECRET_FILES: join(folder, 'key.json') }).name).not.toBe(made.name)
  })

  test('says which key file is not there', () => {
    expect(() => manifest({ SECRET_FILES: 'no/such.json' })).toThrow(
      /SECRET_FILES names no\/such\.json, which cannot be read/,
    )
  })
})

describe('a template', () => {
  test.each([
    [
      'parallelism:',
      'paralelism:',
      '.spec.paralelism: there is no such field. Did you mean parallelism?',
    ],
    [
      'resources:',
      'resourcs:',
      '.spec.template.spec.containers[0].resourcs: there is no such field. Did you mean resources?',
    ],
    [
      'fieldPath:',
      'feildPath:',
      '.valueFrom.fieldRef.feildPath: there is no such field. Did you mean fieldPath?',
    ],
    [
      'parallelism: {{TASK_REPLICAS}}',
      'parallelism: three',
      '.spec.parallelism: expected a number, got "three"',
    ],
    ['name: POD_NAME', 'name: 7', 'env[0].name: expected a text (write it in quotes), got 7'],
    [
      'kind: ServiceAccount',
      'kind: ServiceAcount',
      'v1 ServiceAcount: an object of this kind is not handled',
    ],
  ])('with a slip at any depth (%s -> %s) is refused offline', (from, to, sentence) => {
    expect(() => manifest({}, TASK, text => text.replace(from, to))).toThrow(sentence)
  })

  test.each([
    ['completionMode: Indexed', 'completionMode: NonIndexed', 'write Indexed'],
    ['completions: {{TASK_REPLICAS}}', 'completions: 1', 'must be the same number'],
    ['restartPolicy: Never', 'restartPolicy: Always', 'write Never'],
    [
      'allowPrivilegeEscalation: false',
      'allowPrivilegeEscalation: true',
      'allowPrivilegeEscalation must be false',
    ],
    ['runAsNonRoot: true', 'runAsNonRoot: false', 'runAsNonRoot must be true'],
    [
      'name: worker\n          image',
      'name: main\n          image',
      'No container is named worker',
    ],
    [
      '- name: tmp\n          emptyDir: {}',
      '- name: temp\n          emptyDir: {}',
      'names "tmp", which volumes does not have',
    ],
    ['memory: {{MEMORY_LIMIT}}', 'cpu: 1x', 'resources.limits.cpu: "1x" is no amount of CPU'],
    ['namespace: {{NAMESPACE}}', 'namespace: default', 'is in the namespace "default"'],
    [
      '    app.kubernetes.io/managed-by: taskq\n',
      '',
      'the label app.kubernetes.io/managed-by: taskq is missing',
    ],
    ['cpu: {{CPU_REQUEST}}\n', '\n', 'resources.requests must name cpu and memory'],
  ])(
    'that breaks a rule which no schema has (%s -> %s) is refused offline',
    (from, to, sentence) => {
      expect(() => manifest({}, TASK, text => text.replace(from, to))).toThrow(sentence)
    },
  )
})

const TASK = 'TASKQUEUE_PATH=pubsub://my-project/my-topic\n'

function manifest(
  changes: Readonly<Record<string, string>> = {},
  task = TASK,
  edit: (text: string) => string = text => text,
) {
  const lines = {
    ...{
      TASK_NAME: 'demo',
      TASK_DOCKER_IMAGE: 'myname/demo:v1',
      TASK_REPLICAS: '3',
      CPU_REQUEST: '700m',
    },
    ...{ MEMORY_REQUEST: '1Gi', MEMORY_LIMIT: '1Gi', GOOGLE_PROJECT_NAME: 'my-project' },
    ...{ GOOGLE_CLUSTER_NAME: 'demo', GOOGLE_ZONE: 'us-west1-a' },
    ...changes,
  }
  const text = Object.entries(lines).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(join(folder, 'task.env'), task)
  writeFileSync(join(folder, 'cluster.env'), text.join(''))
  const configuration = readConfiguration(join(folder, 'task.env'), join(folder, 'cluster.env'))
  const name = changes['TASK_MODE'] === 'service' ? 'kube-service.yaml' : 'kube-task.yaml'
  const template = readFileSync(join(ROOT, 'templates/gke/templates', name), 'utf8')
  const edited = edit(template)
  return makeManifest(
    { path: `templates/${name}`, text: edited },
    configuration,
    readSecretFiles(configuration),
  )
}
