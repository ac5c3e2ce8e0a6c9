import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createQueue } from '../../src/runtime/index.ts'
import { Census, describeCompleteness } from '../../src/runtime/results/census.ts'
import { checkRest, checkResults } from '../../src/runtime/results/check.ts'
import { readResults } from '../../src/runtime/results/read.ts'
import { type Bench, openBench } from '../worker/bench.ts'
import { linesOf, results } from './reading.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.dispose())

const value = (given: unknown) => ({ does: 'value', value: given as never })

it('one line for every task, its value to the digit, and 0 when none is missing', async () => {
  await bench.insert([value({ n: 1.5, list: ['é', null] }), { does: 'big' }, { does: 'nothing' }])
  await bench.work()
  const { code, out, said } = await results(bench)
  expect(code).toBe(0)
  expect(said).toBe('3 results of 3 tasks.\n')
  const byId = new Map(linesOf(out).map(line => [line['id'], line]))
  expect(byId.get('t0')).toMatchObject({ status: 'done', value: { n: 1.5, list: ['é', null] } })
  expect(byId.get('t1')).toMatchObject({ value: 864691135494192529n, attempt: 1 })
  expect(byId.get('t2')).not.toHaveProperty('value')
})

it('a number of thousands of digits is text, and keeps no other result back', async () => {
  await bench.insert([{ does: 'manyDigits' }, { does: 'value', value: 1 }])
  await bench.work()
  const digits = `1${'0'.repeat(3000)}`
  const lines = linesOf((await results(bench, { format: 'ndjson' })).out)
  expect(lines.map(({ value }) => value)).toContain(BigInt(digits))
  expect((await results(bench, { format: 'csv' })).out).toContain(`,${digits},done`)
})

it('what is missing, dead, cancelled or finished without a result is listed, and the code says so', async () => {
  await bench.insert([value(1), { does: 'giveUp' }, value(2), value(3), value(4)])
  await bench.queue.tasks.bury([{ id: 't2', reason: 'cancelled' }])
  const leases = await bench.queue.lease({ max: 5, seconds: 60, worker: { id: 'python' } })
  const keep = leases.filter(({ id }) => id === 't3')
  await bench.queue.complete(keep)
  await bench.queue.release(leases.filter(({ id }) => id !== 't3'))
  await bench.work({}, { maxTasks: 2 })
  const { code, said, out } = await results(bench)
  expect(code).toBe(66)
  expect(said).toMatch(/^1 result of 5 tasks\.\n1 not finished: t4 \(run: taskq work/)
  expect(said).toMatch(/\n1 dead: t1 \(/)
  expect(said).toMatch(/\n1 cancelled: t2 \(/)
  expect(said).toMatch(/\n1 finished without a result: t3 \(/)
  expect(linesOf(out)).toContainEqual({ id: 't3', status: 'done', attempt: 0 })
})

it('the check is one JSON object, on standard output only where the results are in a file', async () => {
  await bench.insert([value(1), { does: 'giveUp' }])
  await bench.work()
  const asked = { results: 1, tasks: 2, dead: { count: 1, ids: ['t1'] }, isComplete: false }
  const { out, said } = await results(bench, { json: true })
  expect(linesOf(out)).toHaveLength(1)
  expect(JSON.parse(said)).toMatchObject(asked)
  const file = join(bench.folder, 'results.ndjson')
  const written = await results(bench, { json: true, out: file })
  expect(JSON.parse(written.out)).toMatchObject(asked)
  expect(written.said).toBe('')
})

it('of many that are not finished twenty are named, and none of their bodies is needed for the rest', async () => {
  await bench.insert(Array.from({ length: 50 }, () => value(1)))
  const { said } = await results(bench)
  expect(said).toMatch(/^0 results of 50 tasks\.\n50 not finished: t0, .*, t19, 30 more \(run/)
})

it('what finishes while the results are written is missing from them, and said to be', async () => {
  await bench.insert([value(1), value(2)])
  await bench.work({}, { maxTasks: 1 })
  const census = new Census()
  for await (const { id } of readResults(bench.queue))
    census.count({ id, status: 'done', isRecorded: true })
  await bench.work()
  const found = await checkRest(bench.queue, census)
  expect(found).toMatchObject({ results: 1, tasks: 2, unfinished: { count: 1 }, isComplete: false })
})

it('where a store shows no single tasks, how many are missing is counted', async () => {
  await bench.insert([value(1), { does: 'giveUp' }, value(2)])
  await bench.work({}, { maxTasks: 2 })
  const { tasks: _, ...driver } = bench.queue.driver
  const found = await checkResults(createQueue(driver))
  expect(found).toMatchObject({
    results: 1,
    tasks: 3,
    dead: { count: 1 },
    unfinished: { count: 1 },
  })
  expect(describeCompleteness(found, 'gone')).toBe('1 result of 3 tasks.\n1 not finished\n1 dead')
})

it('the failed are written with reason, stack and last output', async () => {
  await bench.insert([{ does: 'floodAndThrow' }, value(1)])
  await bench.work({ TQ_MAX_ATTEMPTS: '1' })
  const { out } = await results(bench, { failed: true })
  expect(JSON.parse(out)).toMatchObject({
    id: 't0',
    status: 'dead',
    kind: 'exception',
    reason: 'exception: Error: after a flood (attempt 1 of 1)',
    output: expect.stringContaining('the last words'),
    stack: expect.stringContaining(' at '),
  })
  const joined = await results(bench, { failed: true, join: true, format: 'csv' })
  expect(joined.out).toMatch(
    /^id,does,note,status,kind,reason,attempt,.*,stack,output\r\nt0,floodAndThrow,/,
  )
})

it('why many tasks died is told by reason, the most frequent first, with a task to look at', async () => {
  const census = new Census()
  const died = (id: string, reason: string) => census.count({ id, status: 'dead', reason })
  died('t0', "exception: Error: ENOENT, open '/data/a.png' (attempt 5 of 5)")
  for (const cell of [1, 864691135494192529n, 30])
    died(`c${cell}`, `exception: RangeError: no cell ${cell}\nnot at all (attempt 5 of 5)`)
  died('t1', "exception: Error: ENOENT, open '/data/b/c.png' (attempt 2 of 5)")
  died('u', 'exception: Error: no key 6ba7b810-9dad-11d1-80b4-00c04fd430c8')
  for (const word of ['north', 'south', 'east', 'west']) died(word, `gave up: too far ${word}`)
  const found = census.completeness()
  expect(found.reasons[0]).toEqual({
    ...{ tasks: 3, id: 'c1', reason: 'exception: RangeError: no cell 1' },
  })
  expect(describeCompleteness(found).split('\n').slice(2)).toEqual([
    '  3 like c1: exception: RangeError: no cell 1',
    "  2 like t0: exception: Error: ENOENT, open '/data/a.png' (attempt 5 of 5)",
    '  1 like u: exception: Error: no key 6ba7b810-9dad-11d1-80b4-00c04fd430c8',
    '  1 like north: gave up: too far north',
    '  1 like south: gave up: too far south',
    '  2 of other reasons',
  ])
})

it('the reasons of dead tasks are told after results and after a check of a table alike', async () => {
  await bench.insert([{ does: 'giveUp' }, { does: 'giveUp' }, value(1)])
  await bench.work()
  const { said } = await results(bench)
  expect(said).toMatch(/\n2 dead: t0, t1 \(see why.*\n {2}2 like t0: gave up: /)
  const { reasons } = await checkResults(bench.queue, ['t0', 't1', 't2'])
  expect(reasons).toMatchObject([{ tasks: 2, id: 't0' }])
})

it('a file that could not be written whole is not left behind', async () => {
  await bench.insert([value(1)])
  await bench.work()
  const out = join(bench.folder, 'results.ndjson')
  await writeFile(out, 'of before')
  const { said } = await results(bench, { out: join(out, 'below') })
  expect(said).toMatch(/could be written to .*below: ENOTDIR.* in the queue stays there/)
  const stopped = await results(bench, { out }, AbortSignal.abort(new Error('enough')))
  expect(stopped.said).toMatch(/^Stopped\. .* was not written, .*\nError: enough$/)
  expect(await readFile(out, 'utf8')).toBe('of before')
  expect((await readdir(bench.folder)).filter(name => name.includes('.part'))).toEqual([])
})

it.each([
  [{ queue: 'sqlite:nowhere.db' }, /There is no queue at/],
  [{ format: 'xml' }, /--format takes ndjson, csv, parquet or feather, not "xml"/],
  [{ out: 'r.xlsx' }, /The ending of r\.xlsx says no format/],
  [{ out: '.', format: 'csv' }, /is a folder/],
  [{ key: ['a'] }, /name the table by --table/],
  [{ follow: true, out: 'a.ndjson' }, /--follow does not go with --out/],
  [{ follow: true, format: 'csv' }, /--follow does not go with --format csv/],
])('%j is refused with what to do', async (command, says) => {
  const { said } = await results(bench, command)
  expect(said).toMatch(says)
})
