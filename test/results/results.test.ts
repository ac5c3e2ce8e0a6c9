import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readJson } from '../../src/runtime/index.ts'
import { type ResultsCommand, runResults } from '../../src/runtime/results/command.ts'
import { type Bench, openBench } from '../worker/bench.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.dispose())

async function results(command: Partial<ResultsCommand> = {}) {
  const stdout = new PassThrough()
  const said: string[] = []
  const stderr = { write: (line: string) => said.push(line) }
  const code = runResults({ queue: bench.queue.url, ...command }, { stdout, stderr })
  void code.finally(() => stdout.end())
  const out = await text(stdout)
  return { code: await code, out, said: said.join('') }
}

const value = (given: unknown) => ({ does: 'value', value: given as never })

it('one line for every task, its value to the digit, and 0 when none is missing', async () => {
  await bench.insert([value({ n: 1.5, list: ['é', null] }), { does: 'big' }, { does: 'nothing' }])
  await bench.work()
  const { code, out, said } = await results()
  expect(code).toBe(0)
  expect(said).toBe('3 results of 3 tasks.\n')
  const lines = out
    .trimEnd()
    .split('\n')
    .map(line => readJson(line) as Record<string, unknown>)
  const byId = new Map(lines.map(line => [line['id'], line]))
  expect(byId.get('t0')).toMatchObject({ status: 'done', value: { n: 1.5, list: ['é', null] } })
  expect(byId.get('t1')).toMatchObject({ value: 864691135494192529n, attempt: 1 })
  expect(byId.get('t2')).not.toHaveProperty('value')
})

it('what is missing, dead, cancelled or finished without a result is listed, and the code says so', async () => {
  await bench.insert([value(1), { does: 'giveUp' }, value(2), value(3), value(4)])
  await bench.queue.tasks.bury([{ id: 't2', reason: 'cancelled' }])
  const leases = await bench.queue.lease({ max: 5, seconds: 60, worker: { id: 'python' } })
  const keep = leases.filter(({ id }) => id === 't3')
  await bench.queue.complete(keep)
  await bench.queue.release(leases.filter(({ id }) => id !== 't3'))
  await bench.work({}, { maxTasks: 2 })
  const { code, said } = await results()
  expect(code).toBe(66)
  expect(said).toMatch(/^1 results of 5 tasks\.\n1 not finished: t4 \(run: taskq work/)
  expect(said).toMatch(/\n1 dead: t1 \(/)
  expect(said).toMatch(/\n1 cancelled: t2 \(/)
  expect(said).toMatch(/\n1 finished without a result: t3 \(/)
})

it('ids of a table that never reached the queue are missing', async () => {
  await bench.insert([value(1)])
  await bench.work()
  const { code, said } = await results({ expected: ['t0', 't1', 't2'] })
  expect(code).toBe(66)
  expect(said).toMatch(/^1 results of 3 tasks\.\n2 not finished: t1, t2 /)
})

it('the failed are written with reason, stack and last output', async () => {
  await bench.insert([{ does: 'floodAndThrow' }, value(1)])
  await bench.work({ TQ_MAX_ATTEMPTS: '1' })
  await bench.insert([])
  const { out } = await results({ failed: true })
  expect(JSON.parse(out)).toMatchObject({
    id: 't0',
    status: 'dead',
    kind: 'exception',
    reason: 'exception: Error: after a flood (attempt 1 of 1)',
    output: expect.stringContaining('the last words'),
    stack: expect.stringContaining(' at '),
  })
})

it('CSV has a column for every property of the values, quoted and defused', async () => {
  await bench.insert([
    value({ a: 1, text: 'say "hi", bye' }),
    value({ b: '=cmd()', a: -2, id: 'own' }),
    value({ deep: { x: [1] }, text: 'two\nlines' }),
    value('alone'),
  ])
  await bench.work({ TQ_CONCURRENCY: '1' })
  const out = join(bench.folder, 'results.csv')
  expect((await results({ out })).code).toBe(0)
  const rows = (await readFile(out, 'utf8')).split('\r\n')
  expect(rows[0]).toBe(
    'id,a,text,b,value.id,deep,value,status,attempt,seconds,startedAt,endedAt,worker,host',
  )
  expect(rows[1]).toMatch(/^t0,1,"say ""hi"", bye",,,,,done,1,/)
  expect(rows[2]).toMatch(/^t1,-2,,'=cmd\(\),own,,,done,1,/)
  expect(rows[3]).toMatch(/^t2,,"two\nlines",,,"{""x"":\[1\]}",,done,1,/)
  expect(rows[4]).toMatch(/^t3,,,,,,alone,done,1,/)
})

it('a file that could not be written whole is not left behind', async () => {
  await bench.insert([value(1)])
  await bench.work()
  const out = join(bench.folder, 'results.ndjson')
  await writeFile(out, 'of before')
  const { code, said } = await results({ out: join(out, 'below') })
  expect(code).toBe(1)
  expect(said).toMatch(/could not be written to .*below: ENOTDIR.* still in the queue/)
  expect(await readFile(out, 'utf8')).toBe('of before')
})

it('a queue that is not there ends with 64', async () => {
  const { code, said } = await results({ queue: 'sqlite:nowhere.db' })
  expect(code).toBe(64)
  expect(said).toMatch(/There is no queue at/)
})
