import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openQueue } from '../../src/runtime/index.ts'
import { toldKinds } from '../../src/runtime/watching/told.ts'
import { type Bench, openBench, wild } from '../worker/bench.ts'
import { launch, waiting } from '../worker/launch.ts'
import { parseExposition } from './parse-exposition.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.dispose())

const path = (name: string) => join(bench.folder, name)
const script = fileURLToPath(new URL('../worker/worker-process.ts', import.meta.url))
const some = [{ does: 'throw' }, { does: 'exit' }, { does: 'log' }, { does: 'value', value: 1 }]
const once = { TQ_MAX_ATTEMPTS: '1' }

/** Runs a worker to its end. */
async function run(values: Readonly<Record<string, string>>) {
  const worker = launch({ queue: bench.queue.url }, { ...once, ...values })
  return { code: await worker.gone, said: worker.said, stderr: worker.stderr() }
}

async function linesOf(file: string) {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
  return lines.map(line => JSON.parse(line) as Readonly<Record<string, unknown>>)
}

it('the events file tells what became of tasks, not of each that completed nor what they said', async () => {
  await bench.insert(some)
  expect(await run({ TQ_EVENTS_FILE: path('deep/events.ndjson') })).toMatchObject({ code: 0 })
  const events = await linesOf(path('deep/events.ndjson'))
  expect(events.map(({ event, task, kind }) => ({ event, task, kind }))).toEqual(
    expect.arrayContaining([
      { event: 'started' },
      { event: 'task-failed', task: 't0', kind: 'exception' },
      { event: 'task-failed', task: 't1', kind: 'exit' },
      { event: 'stopping' },
    ]),
  )
  expect(events.at(-1)).toMatchObject({ event: 'ended', done: 2, dead: 2, end: 'drained' })
  expect(events.filter(({ event }) => /completed|log|output|progress/.test(String(event)))).toEqual(
    [],
  )
})

it('every event has the fields that its kind is documented with, and no others', async () => {
  await bench.insert(some)
  const file = path('events.ndjson')
  await run({ TQ_EVENTS_FILE: file, TQ_EVENTS_COMPLETED: 'yes', TQ_METRICS_PORT: '0' })
  const events = await linesOf(file)
  for (const { time, worker, host, event, ...fields } of events) {
    expect([time, worker, host].every(one => typeof one === 'string')).toBe(true)
    const kind = toldKinds[event as keyof typeof toldKinds]
    for (const name of Object.keys(fields)) expect(kind.fields).toHaveProperty(name)
  }
  const completed = events.filter(({ event }) => event === 'task-completed')
  expect(new Set(completed.map(({ task }) => task))).toEqual(new Set(['t2', 't3']))
  expect(completed[0]).toMatchObject({ attempt: 1, seconds: expect.any(Number) as number })
})

it('the events queue gets a task for each event', async () => {
  await bench.insert(some)
  const url = `sqlite:${path('events.db')}`
  expect(await run({ TQ_EVENTS_QUEUE: url })).toMatchObject({ code: 0 })
  const queue = await openQueue(url, { create: false })
  const { items } = await queue.tasks.list({ max: 100 })
  const events = items.map(view => queue.decode(view).params['event'])
  await queue.close()
  expect(events[0]).toBe('started')
  expect(events.at(-1)).toBe('ended')
  expect(events.filter(event => event === 'task-failed')).toHaveLength(2)
})

it('an events file on a full disk stops nothing; what is missing is told', async () => {
  await bench.insert(some)
  const { code, said } = await run({ TQ_EVENTS_FILE: '/dev/full' })
  expect(code).toBe(0)
  expect(said).toContainEqual(
    expect.objectContaining({
      event: 'watch-trouble',
      reason: expect.stringMatching(/ENOSPC/) as string,
    }),
  )
})

it('the queue that is worked on cannot take its own events', async () => {
  const { code, stderr } = await run({ TQ_EVENTS_QUEUE: bench.queue.url })
  expect(code).toBe(64)
  expect(stderr).toMatch(/the queue that is worked on/)
})

it('metrics and health can be asked while tasks run', async () => {
  await bench.insert([{ does: 'untilFile', file: path('go') }, { does: 'throw' }])
  const worker = launch({ queue: bench.queue.url }, { ...once, TQ_METRICS_PORT: '0' })
  const { url = '' } = (await worker.hears(({ event }) => event === 'listening')) as {
    url?: string
  }
  await worker.hears(waiting('t0'))
  await worker.hears(({ event }) => event === 'task-failed')
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/)
  const answer = await fetch(url)
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const found = parseExposition(await answer.text())
  expect(found.get('taskq_tasks_in_flight')).toEqual([{ labels: {}, value: 1 }])
  expect(found.get('taskq_failures_total')).toContainEqual({
    labels: { kind: 'exception' },
    value: 1,
  })
  expect(found.get('taskq_queue_tasks')).toContainEqual({ labels: { state: 'dead' }, value: 1 })
  expect(await (await fetch(new URL('/healthz', url))).text()).toBe('ok\n')
  expect((await fetch(url, { method: 'POST' })).status).toBe(405)
  expect((await fetch(new URL('/x', url))).status).toBe(404)
  await writeFile(path('go'), '')
  expect(await worker.gone).toBe(0)
})

it('a port that is taken is a fault of configuration, before anything is leased', async () => {
  await bench.insert(some)
  const taken = createServer()
  const port = await new Promise<string>(resolve => {
    taken.listen(0, '127.0.0.1', () => resolve(String((taken.address() as { port: number }).port)))
  })
  const { code, stderr } = await run({ TQ_METRICS_PORT: port })
  taken.close()
  expect(code).toBe(64)
  expect(stderr).toMatch(/cannot be opened: .*EADDRINUSE.*TQ_METRICS_PORT/)
  expect((await bench.queue.tasks.get(['t0']))[0]?.deliveries).toBe(0)
})

it('the heartbeat file is there from the start', async () => {
  await bench.insert([{ does: 'untilFile', file: path('go') }])
  const worker = launch({ queue: bench.queue.url }, { TQ_HEARTBEAT_FILE: path('beat') })
  await worker.hears(waiting('t0'))
  expect(
    Date.now() - Date.parse((await readFile(path('beat'), 'utf8')).trim()),
  ).toBeGreaterThanOrEqual(0)
  await writeFile(path('go'), '')
  expect(await worker.gone).toBe(0)
})

it('what failed tasks wrote lies beside the queue, or nowhere where that is not wanted', async () => {
  await bench.insert(some)
  await run({ TQ_KEEP_LOGS: 'none' })
  expect(existsSync(path('queue.db.logs'))).toBe(false)
  await bench.queue.tasks.revive(['t0', 't1'], 'dead')
  await run({})
  expect(existsSync(path('queue.db.logs'))).toBe(true)
})

it.each(['stdout', 'stderr'] as const)(
  'a closed %s loses no work and is no fault',
  async stream => {
    await bench.insert(Array.from({ length: 30 }, (_, n) => ({ does: n % 3 ? 'log' : 'throw' })))
    const orders = JSON.stringify({ queue: bench.queue.url, task: wild, until: 'drained' })
    const child = spawn(process.execPath, [script, orders], {
      env: { ...process.env, ...once, TQ_CONCURRENCY: '2', TQ_STOP_AFTER_FAILURES: '0' },
    })
    let other = ''
    child[stream].destroy()
    child[stream === 'stdout' ? 'stderr' : 'stdout'].on('data', (piece: Buffer) => {
      other += String(piece)
    })
    expect(await new Promise(resolve => child.on('close', resolve))).toBe(0)
    expect(await bench.queue.counts()).toMatchObject({ ready: 0, leased: 0, done: 20, dead: 10 })
    if (stream === 'stdout') expect(other).toBe('')
  },
)

it('a setting that is out of range is named, and nothing is leased', async () => {
  const { code, stderr } = await run({ TQ_LOG_FORMAT: 'xml' })
  expect(code).toBe(64)
  expect(stderr).toMatch(/TQ_LOG_FORMAT is "xml" in the environment; it takes auto, pretty, json/)
  await rm(path('beat'), { force: true })
})
