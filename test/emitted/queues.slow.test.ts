import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startFauxqs } from 'fauxqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Creator, installCreator } from '../support/create.ts'
import { linkPackages, npmRunBeside } from '../support/emitted.ts'
import { findEmulator, startEmulator } from '../support/pubsub/emulator.ts'
import { sqsCredentials } from '../support/sqs-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'taskq-queues-'))
const found = await findEmulator()
let creator: Creator

beforeAll(() => {
  creator = installCreator(join(folder, 'tool'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a project on a folder that machines share', () => {
  const url = `fq://${folder}/shared/queue`

  goesFromTableToResults('fq', { url, start: async () => ({ env: {}, stop: async () => {} }) })
})

describe('a project on SQS', () => {
  goesFromTableToResults('sqs', {
    url: 'sqs://my-job?settleSeconds=0',
    async start() {
      const server = await startFauxqs({ port: 0, logger: false, host: '127.0.0.1' })
      const endpoint = `http://127.0.0.1:${server.port}`
      const env = { ...sqsCredentials, AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: endpoint }
      return { env, stop: () => server.stop() }
    },
  })
})

describe('a project on the Pub/Sub emulator', () => {
  if (found.kind === 'missing') {
    test.skip(`goes from its table to results (${found.reason})`)
    return
  }
  goesFromTableToResults('pubsub', {
    url: 'pubsub://my-project/my-job',
    async start() {
      const { host, stop } = await startEmulator(found.jar)
      return { env: { PUBSUB_EMULATOR_HOST: host }, stop }
    },
  })
})

/** Where a queue is for the time of a test. */
interface Service {
  readonly url: string
  readonly start: () => Promise<Running>
}

interface Running {
  /** What the shell of its users knows. */
  readonly env: Readonly<Record<string, string>>
  readonly stop: () => Promise<void>
}

/** Everything by the project's own scripts, as its README has them. */
function goesFromTableToResults(queue: string, { url, start }: Service): void {
  const project = join(folder, queue)
  // Pub/Sub counts nothing: "drained" is what was quiet for ten minutes.
  const ending = queue === 'pubsub' ? ['--max-tasks', '100'] : ['--until', 'drained']
  let running: Running

  beforeAll(async () => {
    running = await start()
    const answers = [
      '--yes',
      '--skip-install',
      '--no-git',
      `--queue=${queue}`,
      `--queue-url=${url}`,
    ]
    for (const words of [[], ['--task=clean']]) {
      const created = creator.create(folder, project, ...answers, ...words)
      expect(created.status, created.err).toBe(0)
    }
    linkPackages(project)
  })

  afterAll(() => running.stop())

  async function run(...words: readonly string[]) {
    const ran = await npmRunBeside(project, running.env, ...words)
    expect(ran.status, `npm run ${words.join(' ')}: ${ran.out}${ran.err}`).toBe(0)
    return ran
  }

  test('goes from its table to results', async () => {
    if (queue !== 'fq') expect((await run('create-queue')).out).toContain('my-job')
    expect((await run('insert-tasks')).out).toContain('Inserted 100, there already 0')
    expect((await run('insert-tasks')).out).toContain('Inserted 0, there already 100')
    await run('status')
    await run('launch-worker', '--', ...ending)
    const results = await run('results', '--', '--out', 'results.csv')
    expect(results.err).toContain('100 results of 100 tasks.')
    const lines = readFileSync(join(project, 'results.csv'), 'utf8').trimEnd().split('\n')
    expect(lines).toHaveLength(101)
    // Any of the rows comes first where a queue has no order; pi is between 3.12 and 3.16 in all of them.
    expect(lines[1]).toMatch(/^tasks\.feather:\d+,15[678]\d{3},3\.1[2-5]/)
  })

  test('has a further task go so beside the first, on a queue of its own', async () => {
    const own = ['--', '-e', 'config/clean.env']
    if (queue !== 'fq') expect((await run('create-queue', ...own)).out).toContain('my-job-clean')
    expect((await run('insert-clean')).out).toContain('Inserted 100, there already 0')
    await run('work-clean', '--', ...ending)
    expect((await run('results-clean')).err).toContain('100 results of 100 tasks.')
  })

  test('deletes its queue, and nothing of the further task', async () => {
    await run(queue === 'fq' ? 'delete-local-queue' : 'delete-queue', '--', '--yes')
    expect((await npmRunBeside(project, running.env, 'status')).status).not.toBe(0)
    await run('status', '--', '-e', 'config/clean.env')
  })
}
