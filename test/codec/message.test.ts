import { deepStrictEqual } from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { calleeOf } from '../../src/runtime/queue/callee.ts'
import { codecOf, decoders } from '../../src/runtime/queue/codec.ts'
import { pythonMissing, startPython } from './python.ts'
import { refusal } from './refused.ts'
import { strings, values } from './values.ts'

const callee = { module: 'my_project.task', name: '_run_task' }
const codec = codecOf({ wire: 'python', url: 'fq:/q', queueName: '/q' }, () => callee)
const decode = decoders.python
const written = globSync('test/fixtures/fq/*/queue/*.json').map(path => ({
  id: basename(path).slice(-41, -5),
  body: readFileSync(path, 'utf8'),
}))
const calls = { name: 'my_project.task:_run_task', writer: 'python' }

test('a message is a call with keyword arguments, our metadata in keys of its own', () => {
  const params = { root_id: 864691135494192529n }
  expect(codec.encode({ id: 'x', params })).toBe(
    '{"payload":[["my_project.task","_run_task"],[],{"root_id":864691135494192529},-1],"queueName":"/q","taskq":1}',
  )
  expect(codec.encode({ id: 'x', params, bigints: ['root_id'], meta: { row: 3 } })).toBe(
    '{"payload":[["my_project.task","_run_task"],[],{"root_id":864691135494192529},-1],"queueName":"/q","taskq":1,"bigint":["root_id"],"meta":{"row":3}}',
  )
})

test('a task comes out of its message as it went in', () => {
  const objects = fc.array(fc.tuple(strings, values), { maxLength: 5 }).map(Object.fromEntries)
  fc.assert(
    fc.property(objects, objects, (params, meta) => {
      const body = codec.encode({ id: 'x', params, meta })
      const ours = decoders.taskq(
        codecOf({ wire: 'taskq', url: '' }, () => callee).encode({ id: 'x', params, meta }),
      )
      deepStrictEqual(decode(body), { ...ours, callee: { ...calls, args: [], writer: 'taskq' } })
    }),
  )
})

test('declared columns are bigints in every row, and never those of the message before', () => {
  const body = codec.encode({ id: 'x', params: { a: 1n, b: [2n] }, bigints: ['b'] })
  expect(decode(body).params).toStrictEqual({ a: 1, b: [2n] })
  const [plain] = written.filter(({ body }) => body.includes('"point"'))
  expect(decode(plain?.body ?? '').params['point']).toStrictEqual([1, 2, 3])
  expect(decode(body).params).toStrictEqual({ a: 1, b: [2n] })
})

test('every message that python-task-queue wrote is read, exactly', () => {
  expect(written.length).toBe(12)
  for (const { id, body } of written) expect(decode(body).id).toBe(id)
  const opened = new Map(written.map(({ id, body }) => [id, decode(body)]))
  expect(opened.get('0a22ad58-dc14-4fbe-8065-d8f2b30c1979')).toStrictEqual({
    id: '0a22ad58-dc14-4fbe-8065-d8f2b30c1979',
    params: {
      root_id: 864691135012345679n,
      cloudpath: 'gs://bucket/out',
      point: [1, 2, 3],
      score: 1,
      opts: { 1: 'a' },
    },
    callee: { ...calls, args: [] },
    bigints: [],
    meta: {},
  })
  const odd = opened.get('f46f1bd7-2556-449d-a18a-04305b50ac2e')
  expect(odd?.callee?.args).toStrictEqual([18446744073709551615n])
  expect(odd?.params).toStrictEqual({ score: Number.NaN })
  const ofClass = opened.get('68130352-7e9c-4711-8674-bde33d2cc00f')
  expect(ofClass?.params).toStrictEqual({ txt: 'café' })
  expect(ofClass?.callee).toStrictEqual({ name: 'PrintTask', args: [], writer: 'python' })
})

test('messages as they lie on SQS carry no id', () => {
  const lines = readFileSync('test/fixtures/fq/sqs-bodies.jsonl', 'utf8').trim().split('\n')
  expect(lines.length).toBe(6)
  for (const line of lines) {
    const { id, callee: asked, params } = decode(line)
    expect(id).toBeUndefined()
    if (asked?.name === 'PrintTask') expect(params).toStrictEqual({ txt: 'x' })
    else expect(params['root_id']).toBe(864691135012345678n)
  }
})

test.skipIf(pythonMissing !== undefined)(
  `Python reads our messages with every digit ${pythonMissing ?? ''}`,
  async () => {
    const python = startPython()
    onTestFinished(() => {
      python.stop()
    })
    const params = { root_id: 2n ** 64n - 1n, score: 0.1, text: 'caf\u00e9 \u2028 "\u{1f9e0}' }
    const answer = await python.ask(codec.encode({ id: 'x', params, bigints: ['root_id'] }))
    if ('error' in answer) return expect.fail(answer.error)
    const message = JSON.parse(answer.again) as { payload: unknown[]; queueName: string }
    expect(message.payload.slice(0, 2)).toStrictEqual([['my_project.task', '_run_task'], []])
    expect(message.payload.length).toBe(4)
    expect(message.payload[2]).toMatchObject({ score: 0.1, text: params.text })
    expect(message.queueName).toBe('/q')
    expect(answer.numbers).toContain('int 18446744073709551615')
  },
)

test.each([
  ['[1]', 'it is a list, not an object'],
  ['{"taskq":1,"params":{}}', 'its "payload" is absent, not a list or an object'],
  ['{"payload":[["m","f"],[],{}]}', 'its payload has 3 elements, not four'],
  ['{"payload":["m:f",[],{},-1]}', 'the first element of its payload is not [module, function]'],
  ['{"payload":[["m",1],[],{},-1]}', 'the first element of its payload is not [module, function]'],
  ['{"payload":[["m","f"],{},{},-1]}', 'its positional arguments are an object, not a list'],
  ['{"payload":[["m","f"],[],[],-1]}', 'its keyword arguments are a list, not an object'],
  ['{"payload":{"txt":"x"}}', 'its "class" is absent, not a name'],
  ['{"payload":{"class":["x"]}}', 'its "class" is a list, not a name'],
  ['{"payload":[["m","f"],[],{},-1],"taskq":1,"meta":3}', 'its "meta" is a number, not an object'],
])('the message %s is refused', (body, complaint) => {
  expect(refusal(() => decode(body))).toBe(
    `the body is no message of a task: ${complaint}; insert the task anew, or remove it from the queue`,
  )
})

test('metadata is believed only where it is marked as ours', () => {
  const body = '{"payload":[["m","f"],[],{"n":1},-1],"bigint":["n"],"meta":{"fingerprint":"x"}}'
  expect(decode(body)).toMatchObject({ params: { n: 1 }, bigints: [], meta: {} })
  expect(refusal(() => decode('{"payload":[["m","f"],[],{},-1],"taskq":2}'))).toContain('newer')
})

test('the function that is called is named by setting, by environment, or by the project', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'callee-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const manifest = join(folder, 'package.json')
  const named = async (name: unknown) => {
    await writeFile(manifest, JSON.stringify({ name }))
    return calleeOf(undefined, {}, manifest).module
  }
  expect(calleeOf('a.b:c', { TQ_PYTHON_FUNCTION: 'd:e' })).toEqual({ module: 'a.b', name: 'c' })
  expect(calleeOf(undefined, { TQ_PYTHON_FUNCTION: 'd:é' })).toEqual({ module: 'd', name: 'é' })
  expect(await named('my-cells')).toBe('my_cells.task')
  expect(await named('@lab/9-cells.x')).toBe('_9_cells_x.task')
  expect(await named(7)).toBe('task')
  expect(calleeOf('', {}, join(folder, 'absent.json'))).toEqual({
    module: 'task',
    name: '_run_task',
  })
  for (const wrong of ['f', 'm:', ':f', 'm:f:g', 'a b:c', 'm.:f', '$(x):y'])
    expect(refusal(() => calleeOf(wrong))).toContain('names a Python function as module:function')
})
