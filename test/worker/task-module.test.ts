import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Context } from '../../src/runtime/worker/contract.ts'
import { fromTaskDataStyle } from '../../src/runtime/worker/task-data-style.ts'
import { loadTask } from '../../src/runtime/worker/task-module.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taskq-'))
})
afterAll(() => rm(folder, { recursive: true }))

let files = 0
async function write(text: string, ending = 'mjs'): Promise<string> {
  files += 1
  const file = join(folder, `task-${files}.${ending}`)
  await writeFile(file, text)
  return file
}
const context = { taskId: 't1' } as Context

it('runTask is run where there is one, else _runTask', async () => {
  const both = await write('export const _runTask = () => 1; export const runTask = () => 2')
  expect((await loadTask(both)).task({}, context)).toBe(2)
  const one = await write('export async function _runTask({ n }) { return n + 1 }')
  expect(await (await loadTask(one)).task({ n: 1 }, context)).toBe(2)
})

it.each([
  ['export const run = 1, other = 2', /exports other, run; expected a function named runTask or _/],
  ['', /exports nothing; expected/],
  ['export const runTask = 5', /"runTask", but it is a value of type number, not a function/],
  ['export const _runTask = undefined', /"_runTask", but it is undefined/],
  ['export function runTask( {', /could not be loaded: /],
  ['import "./nowhere.mjs"', /could not be loaded: .*nowhere\.mjs/],
  ['import "@no/such"', /could not be loaded: .*\nInstall it: npm install @no\/such/s],
  ['throw new Error("no key")', /could not be loaded: Error: no key/],
])('a file that says %j is refused with what to write', async (text, message) => {
  await expect(loadTask(await write(text))).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(message),
  })
})

it('a file that is not there, or is a folder, is named', async () => {
  await expect(loadTask(join(folder, 'gone.ts'))).rejects.toThrow(
    /There is no .*gone\.ts\. .*--task/,
  )
  await expect(loadTask(folder)).rejects.toThrow(/is no file/)
})

it('a task in the style (task_id, task_data, worker_data) says whether to run again', async () => {
  const done = fromTaskDataStyle((id, data) => [false, `${id} ${Number(data['n'])}`])
  expect(await done({ n: 3 }, context)).toBe('t1 3')
  const again = fromTaskDataStyle(async () => [true, 'busy'])
  expect(await again({}, context)).toMatchObject({ reason: 'busy' })
  const bare = fromTaskDataStyle((() => true) as never)
  await expect(bare({}, context)).rejects.toThrow(/returns \[retry, result\].*got boolean/)
})
