import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { startFauxqs } from 'fauxqs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type FaultProxy, pass, startFaultProxy } from '../support/fault-proxy.ts'
import { sqsCredentials } from '../support/sqs-server.ts'

const taskq = resolve('src/runtime/cli/main.ts')

let folder: string
let fauxqs: Awaited<ReturnType<typeof startFauxqs>>
let proxy: FaultProxy

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taskq-sqs-'))
  fauxqs = await startFauxqs({ port: 0, logger: false, host: '127.0.0.1' })
  proxy = await startFaultProxy(`http://127.0.0.1:${fauxqs.port}`)
  for (const name of ['jobs', 'jobs-dead', 'jobs-results']) fauxqs.createQueue(name)
  await writeFile(
    join(folder, 'task.mjs'),
    `import { giveUp } from ${JSON.stringify(resolve('src/runtime/task.ts'))}
     export function _runTask({ n }) { return n % 100 === 7 ? giveUp('seven') : { n } }`,
  )
})

afterEach(async () => {
  await proxy.stop()
  await fauxqs.stop()
  await rm(folder, { recursive: true })
})

/** Runs the command in the folder, as a person would whose shell knows the endpoint. */
function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [taskq, ...args], {
    cwd: folder,
    env: {
      ...{ PATH: process.env['PATH'], HOME: folder, NO_COLOR: '1' },
      ...sqsCredentials,
      AWS_ENDPOINT_URL: proxy.endpoint,
      TASKQUEUE_PATH: 'sqs://jobs?settleSeconds=0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', piece => {
      output += String(piece)
    })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }))
  return { child, ended }
}

const run = (...args: readonly string[]) => start(args).ended

async function insertRows(count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, n) => n)
  await writeFile(join(folder, 'rows.csv'), `n\n${rows.join('\n')}\n`)
  const { code, output } = await run('insert', '--table', 'rows.csv', '--task', 'task.mjs')
  expect(code, output).toBe(0)
}

const resultsIn = async (name: string) =>
  (await readFile(join(folder, name), 'utf8'))
    .trim()
    .split('\n')
    .map(
      line => JSON.parse(line) as { readonly id: string; readonly value: { readonly n: number } },
    )

it('insert, work with a worker killed half-way, results: one for every task', async () => {
  await insertRows(300)
  const work = ['work', '--task', 'task.mjs', '--until', 'drained', '--lease-seconds', '2']
  let completions = 0
  const half = Promise.withResolvers<void>()
  proxy.fate = ({ action }) => {
    if (action === 'DeleteMessageBatch' && ++completions === 10) half.resolve()
    return pass
  }
  const doomed = start(work)
  await half.promise
  doomed.child.kill('SIGKILL')
  await doomed.ended
  const { code, output } = await run(...work)
  expect(code, output).toBe(0)
  const first = await run('results', '--out', 'results.ndjson')
  expect(first.output).toMatch(/outcomes were moved from sqs:.* into \.taskq/)
  expect(first.code, 'three are dead').toBe(66)
  const results = await resultsIn('results.ndjson')
  expect(new Set(results.map(({ value }) => value.n)).size).toBe(297)
  expect(results.length).toBe(297)
  expect((await run('retry-dead')).output).toContain('3 dead tasks made ready again')
  await writeFile(join(folder, 'task.mjs'), 'export function _runTask({ n }) { return { n } }')
  expect((await run(...work)).code).toBe(0)
  const last = await run('results', '--out', 'results.ndjson')
  expect(last.code, last.output).toBe(0)
  expect((await resultsIn('results.ndjson')).length).toBe(300)
}, 60_000)

it('a worker that is told to stop ends although SQS is silent', async () => {
  const asked = Promise.withResolvers<void>()
  proxy.fate = ({ action }) => {
    if (action !== 'ReceiveMessage') return pass
    asked.resolve()
    return { kind: 'hang' }
  }
  const worker = start(['work', '--task', 'task.mjs'])
  await asked.promise
  worker.child.kill('SIGINT')
  const { code, output } = await worker.ended
  expect(code, output).toBe(130)
}, 20_000)

it.each(['DeleteMessageBatch', 'SendMessageBatch', 'GetQueueAttributes'])(
  'a worker that holds tasks ends soon after its grace although SQS is silent to %s',
  async silent => {
    await insertRows(40)
    const asked = Promise.withResolvers<void>()
    let hasBegun = false
    proxy.fate = ({ action }) => {
      if (action === 'ReceiveMessage') hasBegun = true
      if (!hasBegun || action !== silent) return pass
      asked.resolve()
      return { kind: 'hang' }
    }
    const grace = { TQ_SHUTDOWN_GRACE_SECONDS: '1', TQ_LEASE_SECONDS: '600' }
    const until = silent === 'GetQueueAttributes' ? ['--until', 'drained'] : []
    const worker = start(['work', '--task', 'task.mjs', ...until], grace)
    await asked.promise
    worker.child.kill('SIGTERM')
    const { code, output } = await worker.ended
    expect(code, output).toBe(143)
    if (until.length === 0) expect(output).toMatch(/The queue does not answer: \d+ of its tasks/)
  },
  60_000,
)

it('an insert that was cut off goes on where it was', async () => {
  let sent = 0
  const begun = Promise.withResolvers<void>()
  proxy.fate = ({ action }) => {
    if (action === 'SendMessageBatch' && ++sent === 150) begun.resolve()
    return sent > 150 ? { kind: 'cut' } : pass
  }
  const rows = Array.from({ length: 2500 }, (_, n) => n)
  await writeFile(join(folder, 'rows.csv'), `n\n${rows.join('\n')}\n`)
  const insert = ['insert', '--table', 'rows.csv', '--task', 'task.mjs']
  const doomed = start(insert)
  await begun.promise
  doomed.child.kill('SIGKILL')
  await doomed.ended
  proxy.fate = () => pass
  const { code, output } = await run(...insert)
  expect(code, output).toBe(0)
  expect(output).toMatch(/1,000 tasks are inserted again and may be there twice/)
  const bodies = fauxqs.inspectQueue('jobs')?.messages.ready.map(({ body }) => body) ?? []
  expect(new Set(bodies).size).toBe(2500)
  expect(bodies.length).toBeLessThanOrEqual(3500)
  expect(output).toMatch(/Warning: sqs:.* deletes tasks that are 4 days old/)
  const again = await run(...insert, '--limit', '5', '--again', '--yes')
  expect(again.output).toContain('Inserted 5,')
}, 60_000)
