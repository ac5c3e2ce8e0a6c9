import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openQueue } from '../../src/runtime/index.ts'
import { startTaskq, taskq, testFolder } from '../cli/taskq.ts'
import { taskqInTerminal } from '../cli/terminal.ts'
import { google, pass, startFaultProxy } from '../support/fault-proxy.ts'
import { type Emulator, findEmulator, startEmulator } from '../support/pubsub/emulator.ts'

const found = await findEmulator()

describe('Pub/Sub emulator', () => {
  if (found.kind === 'missing') it.skip(`serves a user of taskq (${found.reason})`)
  else userTests(found.jar)
})

const task = `
import { appendFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
export async function _runTask({ n }, { attempt }) {
  appendFileSync(\`runs-\${process.ppid}.txt\`, \`\${n} \${attempt}\\n\`)
  if (n === 7) throw new Error('seven is bad')
  await setTimeout(20)
  return n * n
}
`

function userTests(jar: string): void {
  let emulator: Emulator
  beforeAll(async () => {
    emulator = await startEmulator(jar, 'manual')
    await emulator.setTime(Date.now())
    process.env['PUBSUB_EMULATOR_HOST'] = emulator.host
  })
  afterAll(() => emulator.stop())

  /** A folder with a task and a table of so many rows, and a queue's URL of its own. */
  async function project(rows: number) {
    const cwd = await testFolder()
    const numbers = Array.from({ length: rows }, (_, at) => at + 1)
    await writeFile(join(cwd, 'rows.csv'), `n\n${numbers.join('\n')}\n`)
    await writeFile(join(cwd, 'task.ts'), task)
    await writeFile(join(cwd, 'package.json'), '{"name":"my-job","type":"module"}')
    return { cwd, numbers, url: `pubsub://taskq-test/u-${crypto.randomUUID()}` }
  }

  it('a queue that was not made is told of with the command that makes it', async () => {
    const { cwd, url } = await project(1)
    for (const args of [
      ['status', url],
      ['work', url],
      ['insert', '--table', 'rows.csv', '-q', url],
    ]) {
      const { code, err } = await taskq(args, { cwd })
      expect({ args, code }).toEqual({ args, code: 64 })
      expect(err).toContain(`taskq create-queue '${url}'`)
    }
  })

  it('create-queue says what it made, and delete-queue deletes that alone', async context => {
    const { cwd, url } = await project(1)
    const name = url.split('/').at(-1) ?? ''
    const parts = ['', '-results', '-dead'].flatMap(ending => [
      `subscription ${name}${ending}`,
      `topic ${name}${ending}`,
    ])
    const made = await taskq(['create-queue', url, '--json'], { cwd })
    expect(JSON.parse(made.out)).toEqual({ queue: url, made: parts, present: [] })
    // Somebody else reads the results' topic: it must stay.
    const other = `projects/taskq-test/subscriptions/other-${name}`
    await rest('PUT', other, { topic: `projects/taskq-test/topics/${name}-results` })
    const refused = taskqInTerminal(context, ['delete-queue', url])
    await refused.says(new RegExp(`Type ${name} to delete it: `))
    refused.child.stdin.write('no\r')
    expect((await refused.ended).code).toBe(1)
    const deleted = await taskq(['delete-queue', url, '--yes', '--json'], { cwd })
    expect(deleted.code).toBe(1)
    expect(JSON.parse(deleted.out)).toEqual({
      queue: url,
      deleted: parts.filter(part => part !== `topic ${name}-results`),
      left: [`topic ${name}-results (also read by ${other})`],
    })
    expect((await taskq(['status', url], { cwd })).code).toBe(64)
  })

  it('purge says that what was inserted from here is still remembered', async () => {
    const { cwd, url } = await project(3)
    await taskq(['create-queue', url], { cwd })
    await taskq(['insert', '--table', 'rows.csv', '-q', url], { cwd })
    const { code, out, err } = await taskq(['purge', url, '--yes'], { cwd })
    expect({ code, out }).toEqual({
      code: 0,
      out: `Removed an unknown number of tasks from ${url}.\n`,
    })
    expect(err).toContain('.taskq/inserted-*.ndjson')
    for (const name of await readdir(join(cwd, '.taskq'))) await rm(join(cwd, '.taskq', name))
    const again = await taskq(['insert', '--table', 'rows.csv', '-q', url], { cwd })
    expect(again.out).toContain('Inserted 3')
  })

  it('a queue that somebody else made is never deleted', async () => {
    const { cwd, url } = await project(1)
    const name = url.split('/').at(-1) ?? ''
    await rest('PUT', `projects/taskq-test/topics/${name}`, {})
    const topic = `projects/taskq-test/topics/${name}`
    await rest('PUT', `projects/taskq-test/subscriptions/${name}`, { topic })
    const { code, out, err } = await taskq(['delete-queue', url, '--yes'], { cwd })
    expect({ code, out }).toEqual({ code: 1, out: `There is nothing of ${url} to delete.\n` })
    expect(err).toContain(`topic ${name} (not made by taskq create-queue)`)
    expect((await taskq(['status', url], { cwd })).code).toBe(0)
  })

  it('workers that are killed lose nothing, and a task that fails is dead after its attempts', async () => {
    const { cwd, url, numbers } = await project(150)
    await taskq(['create-queue', url], { cwd })
    const inserted = await taskq(['insert', '--table', 'rows.csv', '-q', url], { cwd })
    expect(inserted.out).toContain('Inserted 150')
    const args = ['work', url, '--concurrency', '2', '--max-attempts', '2']
    const workers = [1, 2].map(() => startTaskq(args, { cwd }))
    await runsAtLeast(cwd, 30)
    for (const { child } of workers) child.kill('SIGKILL')
    for (const { ended } of workers) await ended
    // What they held comes back when its lease has ended.
    await emulator.setTime(Date.now() + 400_000)
    const last = startTaskq(args, { cwd })
    await runsOf(cwd, numbers)
    // The last outcomes are under way; a worker that is told to stop sends them first.
    last.child.kill('SIGTERM')
    expect((await last.ended).code).toBe(143)
    const results = await taskq(['results', url, '--table', 'rows.csv', '--json'], { cwd })
    expect(results.code).toBe(66)
    expect(JSON.parse(results.err.trim().split('\n').at(-1) ?? '')).toMatchObject({
      ...{ tasks: 150, results: 149 },
      dead: { count: 1, ids: ['rows.csv:6'] },
    })
    const dead = await taskq(['show', 'rows.csv:6', '-q', url], { cwd })
    expect(dead.out).toContain('seven is bad (attempt 2 of 2)')
    const revived = await taskq(['retry-dead', '-q', url], { cwd })
    expect(revived.out).toBe('1 dead task made ready again.\n')
    const queue = await openQueue(url)
    const [lease] = await queue.lease({ max: 9, seconds: 60, worker: { id: 'w' } })
    await queue.close()
    expect(lease).toMatchObject({ id: 'rows.csv:6', attempts: 0 })
  })

  // Outcomes are published, then acknowledged; to hand back what is not finished, a deadline is moved.
  it.each(['publish', 'acknowledge', 'modifyAckDeadline'])(
    'a worker that holds tasks ends soon after its grace although Pub/Sub is silent to %s',
    async silent => {
      const { cwd, url } = await project(40)
      const isAboutOutcomes = silent !== 'modifyAckDeadline'
      if (!isAboutOutcomes)
        await writeFile(join(cwd, 'task.ts'), task.replace('setTimeout(20)', 'setTimeout(600_000)'))
      await taskq(['create-queue', url], { cwd })
      await taskq(['insert', '--table', 'rows.csv', '-q', url], { cwd })
      const proxy = await startFaultProxy(`http://${emulator.host}`, google)
      onTestFinished(() => proxy.stop())
      const asked = Promise.withResolvers<void>()
      proxy.fate = ({ action }) => {
        if (action !== silent) return pass
        asked.resolve()
        return { kind: 'hang' }
      }
      const env = {
        PUBSUB_EMULATOR_HOST: new URL(proxy.endpoint).host,
        // As long as the subscription's own, so that leasing moves no deadline.
        ...{ TQ_LEASE_SECONDS: '60', TQ_SHUTDOWN_GRACE_SECONDS: '1', NO_COLOR: '1' },
      }
      const worker = startTaskq(['work', url, '--concurrency', '1'], { cwd, env })
      await (isAboutOutcomes ? asked.promise : runsAtLeast(cwd, 1))
      worker.child.kill('SIGTERM')
      const { code, out, err } = await worker.ended
      expect(code, out + err).toBe(143)
      expect(out + err).toMatch(/The queue does not answer: \d+ of its tasks/)
    },
    60_000,
  )

  async function rest(method: string, path: string, body: object): Promise<void> {
    const headers = { 'content-type': 'application/json' }
    const request = { method, headers, body: JSON.stringify(body) }
    const response = await fetch(`http://${emulator.host}/v1/${path}`, request)
    if (!response.ok) throw new Error(await response.text())
  }
}

/** Resolves once the tasks of all workers together have begun so often. */
async function runsAtLeast(cwd: string, count: number): Promise<void> {
  while ((await runsIn(cwd)).split('\n').length <= count);
}

/** What the tasks wrote when they began: their numbers and attempts. */
async function runsIn(cwd: string): Promise<string> {
  const files = (await readdir(cwd)).filter(name => name.startsWith('runs-'))
  return (await Promise.all(files.map(name => readFile(join(cwd, name), 'utf8')))).join('')
}

/** Resolves once each of the tasks has begun, and the one that fails for the second time. */
async function runsOf(cwd: string, numbers: readonly number[]): Promise<void> {
  for (;;) {
    const runs = new Set((await runsIn(cwd)).split('\n'))
    const begun = (n: number) => runs.has(`${n} 1`) || runs.has(`${n} 2`)
    if (numbers.every(begun) && runs.has('7 2')) return
  }
}
