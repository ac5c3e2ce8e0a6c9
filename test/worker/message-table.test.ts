import { expect, it } from 'vitest'
import { decoders } from '../../src/runtime/queue/codec.ts'
import { TaskqError } from '../../src/runtime/queue/errors.ts'
import type { Context } from '../../src/runtime/worker/contract.ts'
import { callOf, readMessages } from '../../src/runtime/worker/message-table.ts'

const context = {} as Context
const seen = (params: object) => params
const message = (key: string, args: string, kwargs: string, rest = '') =>
  decoders.python(`{"payload":[${key},${args},${kwargs},-1],"queueName":"q"${rest}}`)
const ofClass = (payload: string) => decoders.python(`{"payload":${payload},"queueName":"q"}`)

function calling(messages: unknown, body: ReturnType<typeof message>) {
  const task = () => 'the task'
  const call = callOf({ task, messages: readMessages(messages, 'task.ts') }, body)
  return call.task(call.params, context)
}

it('a message calls the function that the table has for it', () => {
  const body = message('["my_project.task","_run_task"]', '[]', '{"n":1}')
  expect(calling({ 'my_project.task:_run_task': seen }, body)).toEqual({ n: 1 })
  expect(calling({ PrintTask: seen }, ofClass('{"txt":"x","class":"PrintTask"}'))).toEqual({
    txt: 'x',
  })
})

it('what the table does not have is never called, whatever its name', () => {
  for (const name of ['os:system', 'constructor', '__proto__', 'toString', 'hasOwnProperty'])
    expect(() => calling({}, ofClass(`{"class":${JSON.stringify(name)}}`))).toThrow(
      `the message calls ${name}, which "messages" in task.ts does not have`,
    )
  const inherited = Object.create({ PrintTask: seen })
  expect(() => calling(inherited, ofClass('{"class":"PrintTask"}'))).toThrow('does not have')
  expect(() => calling(undefined, message('["node:fs","rmSync"]', '["/"]', '{}'))).toThrow(
    'the message calls node:fs:rmSync',
  )
})

it('bodies of ours are for the task, unless the table has their function', () => {
  const body = message('["my_project.task","_run_task"]', '[]', '{"n":1}', ',"taskq":1')
  expect(calling({}, body)).toBe('the task')
  expect(calling({ 'my_project.task:_run_task': seen }, body)).toEqual({ n: 1 })
  expect(calling({}, decoders.taskq('{"taskq":1,"params":{}}'))).toBe('the task')
})

it('positional arguments come under their names, and as "args" where they have none', () => {
  const body = message('["m","f"]', '[7,18446744073709551615]', '{"out":"x"}')
  const table = { 'm:f': { run: seen, positional: ['n', 'id', 'more'] } }
  expect(calling(table, body)).toEqual({ n: 7, id: 18446744073709551615n, out: 'x' })
  expect(calling({ 'm:f': seen }, body)).toEqual({ args: [7, 18446744073709551615n], out: 'x' })
  const proto = { 'm:f': { run: seen, positional: ['__proto__', 'id'] } }
  expect(Object.getPrototypeOf(calling(proto, body))).toBe(Object.prototype)
})

it('arguments that cannot be told apart are refused with what to mend', () => {
  const body = message('["m","f"]', '[1,2]', '{"n":3,"args":4}')
  expect(() => calling({ 'm:f': { run: seen, positional: ['n', 'k'] } }, body)).toThrow(
    'the message gives m:f "n" twice, by place and by name',
  )
  expect(() => calling({ 'm:f': seen }, body)).toThrow('gives m:f "args" twice')
  expect(() => calling({ 'm:f': { run: seen, positional: ['k'] } }, body)).toThrow(
    'gives m:f 2 positional arguments, and "messages" in task.ts names 1',
  )
})

it.each([
  [5, 'it is no object'],
  [[seen], 'it is no object'],
  [{ PrintTask: 'printTask' }, 'its "PrintTask" is neither a function nor { run, positional }'],
  [{ PrintTask: undefined }, 'its "PrintTask" is neither'],
  [{ PrintTask: { run: seen } }, 'its "PrintTask" is neither'],
  [
    { PrintTask: { run: seen, positional: ['a', 'a'] } },
    'its "PrintTask" names one positional argument twice',
  ],
])('the table %j is refused before anything runs', (table, complaint) => {
  const act = () => readMessages(table, 'task.ts')
  expect(act).toThrow(TaskqError)
  expect(act).toThrow(`task.ts exports "messages", but ${complaint}`)
})
