import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { crossCheck } from '../../src/deploy/config/check.ts'
import { readConfiguration } from '../../src/deploy/config/read.ts'
import { planFleet } from '../../src/deploy/fleet-plan.ts'
import { ROOT } from '../../tools/workspaces.ts'

const folder = mkdtempSync(join(tmpdir(), 'taskq-config-'))
const task = join(folder, 'task.env')
const cluster = join(folder, 'cluster.env')

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('cluster.env', () => {
  test('as a new project has it is read without complaint', () => {
    writeFileSync(task, TASK)
    const { settings } = readConfiguration(task, join(ROOT, 'templates/gke/config/cluster.env'))
    expect(settings).toMatchObject({ TASK_REPLICAS: 1, TASK_MODE: 'job', SECRET_FILES: [] })
  })

  test('is told all its faults at once, each with file and line, a sentence and an example', () => {
    const says = complaint({
      TASK_REPLICAS: '1O',
      GOOGLE_ZONE: '',
      CPU_REQUEST: undefined,
      CPU_REQEST: '1',
    })
    expect(says).toContain(`${cluster}, line 3: TASK_REPLICAS: "1O" is no whole number`)
    expect(says).toContain('For example: TASK_REPLICAS=3')
    expect(says).toMatch(/GOOGLE_ZONE is empty .+ Put a line there: GOOGLE_ZONE=us-west1-a/)
    expect(says).toMatch(/CPU_REQUEST is not set .+ Put a line there: CPU_REQUEST=700m/)
    expect(says).toContain('there is no setting CPU_REQEST. Did you mean CPU_REQUEST?')
  })

  test.each([
    ['TASK_NAME', 'My Job', 'spaces'],
    ['TASK_NAME', 'Demo', 'lower case'],
    ['TASK_NAME', '1st', 'begins with a letter'],
    ['MEMORY_REQUEST', '500', 'did you mean 500Mi?'],
    ['CPU_REQUEST', '100x', 'no amount of CPU'],
    ['GOOGLE_COMPUTE_TYPE', 'e2', 'e2-standard-4'],
    ['GOOGLE_PROJECT_NAME', 'x', 'project id'],
    ['TASK_DOCKER_IMAGE', '--push', 'an image, such as'],
    ['TASK_DOCKER_IMAGE', 'myname/my-job:', 'an image, such as'],
    ['TASK_DOCKER_IMAGE', 'myname/', 'an image, such as'],
    ['TASK_DOCKER_IMAGE', 'myname/my-job:v1:v2', 'an image, such as'],
    ['TASK_DOCKER_IMAGE', 'gcr.io/my-project/My-Job', 'an image, such as'],
    ['GOOGLE_SUBNETWORK_REGION', 'us-east1', 'is not the region of GOOGLE_ZONE=us-west1-a'],
    ['NODE_PROVISIONING', 'cheap', 'spot, on-demand'],
    ['PODS_PER_NODE', '257', 'from 8 to 256'],
    ['SECRET_FILES', 'a/key.json,b/key.json', 'Two files have one name'],
  ])('refuses %s=%s', (name, value, sentence) => {
    expect(complaint({ [name]: value })).toContain(sentence)
  })

  test('takes the region of the zone when none is set', () => {
    expect(read({}).settings.GOOGLE_SUBNETWORK_REGION).toBe('us-west1')
  })
})

describe('both files together', () => {
  test.each([
    ['sqlite:queue.db', 'a file of this machine'],
    ['queue.db', 'a file of this machine'],
    ['fq:/tmp/queue', 'a folder of this machine'],
    ['/tmp/queue', 'a folder of this machine'],
    ['memory:', 'the memory of one process'],
    ['postgres://me@localhost/queue', 'is on this machine'],
    ['sqs://us-east-1/q?endpoint=http%3A%2F%2Flocalhost%3A4566', 'is on this machine'],
    ['sqs://us-east-1/q?endpoint=http://host.docker.internal:4566', 'is on this machine'],
  ])(
    'the queue %s, which no pod can see, is refused with what to use instead',
    (queue, sentence) => {
      const says = complaint({}, `TASKQUEUE_PATH=${queue}\n`)
      expect(says).toContain(sentence)
      expect(says).toContain(`${task}, line 1: TASKQUEUE_PATH=`)
      expect(says).toContain('TASKQUEUE_PATH=pubsub://')
    },
  )

  test.each([
    'PUBSUB_EMULATOR_HOST=localhost:8085',
    'AWS_ENDPOINT_URL=http://127.0.0.1:4566',
    'AWS_ENDPOINT_URL_SQS=http://localhost:4566',
    'STORAGE_EMULATOR_HOST=http://localhost:9023',
  ])('%s, which leads pods to themselves, is refused', line => {
    expect(complaint({}, `${TASK}${line}\n`)).toContain(`${line} is on this machine`)
  })

  test('a TQ_UNTIL that no worker knows is refused before anything costs', () => {
    const says = complaint({}, `${TASK}TQ_UNTIL=never\n`)
    expect(says).toContain('TQ_UNTIL=never is not known; it is idle or drained')
  })

  test.each([
    'my-job',
    'localhost:5000/my-job',
    'my-registry.example:443/a/b__c/d-e:V1.0_x',
    `ghcr.io/me/my-job:v1@sha256:${'a'.repeat(64)}`,
  ])('the image %s is taken', image => {
    expect(read({ TASK_DOCKER_IMAGE: image }).settings.TASK_DOCKER_IMAGE).toBe(image)
  })

  test.each(['file:///results', './results', '/results', 'data/outputs'])(
    'outputs in %s, a folder of the pod, are refused',
    path => {
      const says = complaint({}, `${TASK}CF_CLOUDPATH=${path}\n`)
      expect(says).toContain('goes with it. Use a bucket')
    },
  )

  test('a request above its limit is refused', () => {
    expect(complaint({ MEMORY_REQUEST: '2Gi' })).toContain('is more than MEMORY_LIMIT=1Gi')
  })

  test('memory that may be taken away, a grace that no Spot machine gives and an image without digest are minded', () => {
    const warnings = crossCheck(read({ MEMORY_LIMIT: '2Gi', GRACE_SECONDS: '60' }))
    expect(warnings).toEqual([
      expect.stringContaining('Set both alike'),
      expect.stringContaining('gives its pods 15 s'),
      expect.stringContaining('has no digest'),
    ])
  })

  test('an image in a registry of this machine is minded, for pods look on theirs', () => {
    for (const host of ['localhost', 'localhost:5000', '127.0.0.1:5000']) {
      const image = `${host}/my-job@sha256:${'0'.repeat(64)}`
      expect(crossCheck(read({ TASK_DOCKER_IMAGE: image }))).toEqual([
        expect.stringContaining(`a registry of ${host}, which to a pod is its own machine`),
      ])
    }
  })

  test('a lease far longer than any task, and a timeout that tasks come near, are minded once times are measured', () => {
    const lease = `${TASK}TQ_LEASE_SECONDS=7200\nTQ_TASK_TIMEOUT_SECONDS=25\n`
    const measured = { mean: 10, longest: 21, tasks: 50 }
    const warnings = crossCheck(read({}, lease), measured)
    expect(warnings).toContainEqual(
      expect.stringContaining('waits that long before another worker gets it'),
    )
    expect(warnings).toContainEqual(expect.stringContaining('is killed after 25 s'))
    expect(crossCheck(read({}, lease)).join()).not.toContain('longest')
  })
})

describe('the plan of a project', () => {
  test('refuses replicas that do not fit, with the arithmetic and both ways out', () => {
    expect(() =>
      planFleet(read({ TASK_REPLICAS: '12', CPU_REQUEST: '1', MEMORY_REQUEST: '3Gi' })),
    ).toThrow(
      /12 workers need 4 machines of e2-standard-4, 3 on each, and NUMBER_NODES=2 allows fewer\. Set NUMBER_NODES=4, or TASK_REPLICAS=6\./,
    )
  })

  test('refuses a worker larger than its machine, with what the machine has', () => {
    expect(() => planFleet(read({ CPU_REQUEST: '8' }))).toThrow(
      /asks for 8 CPU.+e2-standard-4 has 3536m CPU, 12543Mi memory/,
    )
  })

  test('auto takes the cheapest type of which so few machines will do', () => {
    const many = {
      GOOGLE_COMPUTE_TYPE: 'auto',
      TASK_REPLICAS: '14',
      CPU_REQUEST: '1',
      MEMORY_REQUEST: '3Gi',
    }
    const { plan } = planFleet(read({ ...many, NUMBER_NODES: '1' }))
    expect([plan.fit.machine.name, plan.nodes]).toEqual(['e2-standard-16', 1])
    expect(planFleet(read({ ...many, NUMBER_NODES: '9' })).plan.nodes).toBeLessThanOrEqual(9)
  })

  test('says which machine types it knows', () => {
    expect(() => planFleet(read({ GOOGLE_COMPUTE_TYPE: 'm1-ultramem-40' }))).toThrow(
      /nothing is known of the machine type m1-ultramem-40\. Known are e2-medium/,
    )
  })
})

const TASK = 'TASKQUEUE_PATH=pubsub://my-project/my-topic\n'

const LINES: Readonly<Record<string, string>> = {
  TASK_NAME: 'demo',
  TASK_DOCKER_IMAGE: 'myname/demo:v1',
  TASK_REPLICAS: '3',
  CPU_REQUEST: '700m',
  MEMORY_REQUEST: '1Gi',
  MEMORY_LIMIT: '1Gi',
  GOOGLE_PROJECT_NAME: 'my-project',
  GOOGLE_CLUSTER_NAME: 'demo-cluster',
  GOOGLE_ZONE: 'us-west1-a',
  GOOGLE_COMPUTE_TYPE: 'e2-standard-4',
  NUMBER_NODES: '2',
}

function read(changes: Readonly<Record<string, string | undefined>>, taskEnv = TASK) {
  const memory = changes['MEMORY_REQUEST']
  const limits = memory !== undefined && changes['MEMORY_LIMIT'] === undefined && memory === '3Gi'
  const lines = { ...LINES, ...(limits && { MEMORY_LIMIT: memory }), ...changes }
  const text = Object.entries(lines).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}\n`],
  )
  writeFileSync(task, taskEnv)
  writeFileSync(cluster, text.join(''))
  return readConfiguration(task, cluster)
}

function complaint(changes: Readonly<Record<string, string | undefined>>, taskEnv = TASK): string {
  try {
    crossCheck(read(changes, taskEnv))
  } catch (error) {
    expect(error).toMatchObject({ name: 'TaskqError', code: 'invalid' })
    return error instanceof Error ? error.message : ''
  }
  throw new Error('nothing was complained of')
}
