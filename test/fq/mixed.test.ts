import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { openQueue } from '../../src/runtime/queue/open.ts'
import { readDead, readResults } from '../../src/runtime/results/read.ts'
import { environmentSource, readSettings } from '../../src/runtime/worker/settings.ts'
import { work } from '../../src/runtime/worker/supervisor.ts'
import { needProgram } from '../support/need.ts'
import { expectFitForPython, python, scratch } from './bench.ts'

/** Python is test/fq/peer.py: by the documented format, or the real one where it is named. */
const peer = process.env['TASKQ_PYTHON_TASK_QUEUE'] ? 'python-task-queue' : 'the documented format'

const callee = 'my_project.task:_run_task'

async function project(text: string): Promise<string> {
  const file = join(await scratch(), 'task.mjs')
  await writeFile(file, text)
  return file
}

async function workOn(path: string, task: string) {
  const queue = await openQueue(`fq://${path}?durable=false`)
  const settings = readSettings([environmentSource({ TQ_CONCURRENCY: '1', TQ_ISOLATION: 'none' })])
  try {
    return await work({ queue, task, settings, until: 'drained' })
  } finally {
    await queue.close()
  }
}

describe(`a folder shared with Python (${peer})`, () => {
  beforeEach(context => needProgram(context, 'python3'))

  it('what we insert Python leases and deletes, each once, with every digit', async () => {
    const path = join(await scratch(), 'q')
    const queue = await openQueue(`fq://${path}?durable=false`, { callee })
    const ids = Array.from({ length: 40 }, (_, n) => `cell-${n}`)
    await queue.insert(
      ids.map((id, n) => ({ id, params: { root_id: 864691135012345678n + BigInt(n) } })),
    )
    const lines = (await python('work', path, '60')).trim().split('\n')
    for (const line of lines)
      expect(line).toContain('[["my_project.task", "_run_task"], [], {"root_id": 8646911350123')
    expect(new Set(lines).size).toBe(40)
    expect(await queue.counts()).toMatchObject({ ready: 0, leased: 0, delayed: 0 })
    expect(JSON.parse(await python('status', path))).toEqual([40, 0, 40, 0])
    expect(await readdir(join(path, 'movement'))).toEqual([])
    await queue.close()
  })

  it('leases, delays and releases mean the same to both', async () => {
    const path = join(await scratch(), 'q')
    await python('insert', path, '3')
    await python('insert', path, '2', '600')
    const queue = await openQueue(`fq://${path}?durable=false`)
    expect(await queue.counts()).toMatchObject({ ready: 3, delayed: 2, leased: 0 })
    const [mine] = await queue.lease({ max: 1, seconds: 60, worker: { id: 'w' } })
    const theirs = JSON.parse(await python('lease', path, '60', '5')) as string[]
    expect(theirs.length).toBe(2)
    expect(theirs).not.toContain(mine?.id)
    expect(await queue.counts()).toMatchObject({ ready: 0, delayed: 2, leased: 3 })
    expect(JSON.parse(await python('status', path))).toEqual([5, 5, 0, 5])
    await expectFitForPython(path)
    await queue.tasks.revive(theirs, 'leased')
    expect(JSON.parse(await python('status', path))).toEqual([5, 5, 0, 3])
    await python('release', path)
    expect(await queue.counts()).toMatchObject({ ready: 5, leased: 0 })
    expect(await queue.complete(mine === undefined ? [] : [mine])).toEqual(['lost'])
    await queue.close()
  })

  it('both drain one folder, each task run by one of them', async () => {
    const path = join(await scratch(), 'q')
    const count = 400
    await python('insert', path, String(count))
    const task = await project(
      `export const messages = { '${callee}': ({ n }) => n }; export const _runTask = () => 'ours'`,
    )
    const [summary, ...outputs] = await Promise.all([
      workOn(path, task),
      python('work', path, '600'),
      python('work', path, '600'),
    ])
    const theirs = outputs.flatMap(output => output.split('\n').filter(line => line !== ''))
    const queue = await openQueue(`fq://${path}?durable=false`)
    const ours = new Set<string>()
    for await (const { id } of readResults(queue)) ours.add(id)
    expect(summary.dead).toBe(0)
    expect(ours.size).toBe(summary.done)
    const ranByPython = new Set(theirs.map(line => (JSON.parse(line) as { id: string }).id))
    expect([...ranByPython].filter(id => ours.has(id))).toEqual([])
    expect(ranByPython.size).toBe(theirs.length)
    expect(ours.size + ranByPython.size).toBe(count)
    expect(JSON.parse(await python('status', path))).toEqual([count, 0, count, 0])
    await queue.close()
  })

  it('a message that the table does not have is dead with the line to add, and the worker goes on', async () => {
    const path = join(await scratch(), 'q')
    await python('insert', path, '2')
    const ours = await openQueue(`fq://${path}?durable=false`)
    await ours.insert([{ id: 'mine', params: { n: 7 } }])
    const summary = await workOn(path, await project('export const _runTask = ({ n }) => n'))
    expect(summary).toMatchObject({ done: 1, dead: 2 })
    for await (const { reason } of readDead(ours))
      expect(reason).toContain(
        `the message calls ${callee}, which "messages" in task.ts does not have`,
      )
    const dead = await ours.tasks.list({ states: ['dead'], max: 9 })
    expect(
      await ours.tasks.revive(
        dead.items.map(({ id }) => id),
        'dead',
      ),
    ).toEqual(['done', 'done'])
    await expectFitForPython(path)
    const table = `export const messages = { '${callee}': ({ n }) => n }; export const _runTask = () => 0`
    expect(await workOn(path, await project(table))).toMatchObject({ done: 2, dead: 0 })
    await ours.close()
  })
})
