import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openQueue } from '../../src/runtime/index.ts'
import { logKeeper } from '../../src/runtime/logs/keeper.ts'
import { writeDeadRecord } from '../../src/runtime/results/record.ts'
import { startTaskq, taskq, testFolder } from './taskq.ts'

/** A queue with one dead task, and what its worker and another kept. */
async function withLogs() {
  const folder = await testFolder()
  const url = `sqlite:${join(folder, 'queue.db')}`
  const queue = await openQueue(url)
  await queue.insert([{ id: 'dead-1', params: {} }])
  const facts = { worker: 'far', host: 'h', attempt: 5 }
  const record = writeDeadRecord({
    ...{ status: 'dead', kind: 'exit', reason: 'exit: fell', output: 'last words\n', ...facts },
  })
  await queue.tasks.bury([{ id: 'dead-1', reason: 'exit: fell', record }])
  await queue.close()
  return { folder, url, logs: join(folder, 'queue.db.logs') }
}

async function keep(folder: string, worker: string, task: string, text: string) {
  const kept = logKeeper({
    ...{ keep: 'failed', folder, worker, limitBytes: 2 ** 25, now: Date.now, tell: () => {} },
  })
  kept.hear?.({ event: 'output', task, attempt: 1, text })
  kept.hear?.({ event: 'task-failed', task, attempt: 1, kind: 'exception', reason: 'Error: no' })
  await kept.close?.()
}

describe('logs', () => {
  it('shows what a task wrote and how its run ended, and nothing of others', async () => {
    const { url, logs } = await withLogs()
    await keep(logs, 'w1', 'cell-1', 'one\n\u001b[2Jtwo')
    await keep(logs, 'w2', 'cell-2', 'other')
    const { code, out, err } = await taskq(['logs', 'cell-1', '-q', url])
    expect(out).toMatch(/^==> cell-1, attempt 1, w1 \(.*\)\none\ntwo\n<== exception: Error: no\n$/)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect((await taskq(['logs', '-q', url])).out).toMatch(/cell-1[\s\S]*cell-2/)
  })

  it('prints one object a line for programs', async () => {
    const { url, logs } = await withLogs()
    await keep(logs, 'w1', 'cell-1', 'one\n')
    const { out } = await taskq(['logs', '--json', '-q', url])
    expect(JSON.parse(out)).toMatchObject({ task: 'cell-1', text: 'one\n', end: 'exception' })
  })

  it('shows what a dead task left in the queue where no file tells of it', async () => {
    const { url } = await withLogs()
    const { code, out } = await taskq(['logs', 'dead-1', '-q', url])
    expect(out).toMatch(/^==> dead-1, attempt 5, far .*\nlast words\n<== exit: fell\n$/)
    expect(code).toBe(0)
  })

  it('says where it looked when it finds nothing', async () => {
    const { url } = await withLogs()
    const { code, out, err } = await taskq(['logs', 'cell-9', '-q', url])
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(/^No log of cell-9 is kept in .*queue\.db\.logs\. .*TQ_KEEP_LOGS=all/)
  })

  it('goes on with what comes until Ctrl-C', async () => {
    const { url, logs } = await withLogs()
    const following = startTaskq(['logs', '--follow', '-q', url])
    await keep(logs, 'w1', 'cell-1', 'one')
    await following.says(/one\n<== /)
    await keep(logs, 'w1', 'cell-1', 'two')
    await following.says(/two\n<== /)
    following.child.kill('SIGINT')
    expect((await following.ended).code).toBe(130)
  })

  it('finds what a worker took to a store', async () => {
    const { folder, url } = await withLogs()
    const store = `file://${join(folder, 'store')}`
    const task = join(folder, 'task.mjs')
    await writeFile(task, `export const _runTask = () => { console.log('hi'); throw Error('no') }`)
    const queue = await openQueue(url)
    await queue.insert([{ id: 'cell-1', params: {} }])
    await queue.close()
    const env = { TQ_LOG_DIR: store, TQ_MAX_ATTEMPTS: '1' }
    await taskq(['work', url, '--task', task, '--until', 'drained'], { env })
    const { out } = await taskq(['logs', 'cell-1', '-q', url], { env })
    expect(out).toMatch(/^==> cell-1, attempt 1, .*\nhi\n<== exception: Error: no/)
  })

  it('finds the folder that the env file names', async () => {
    const { folder, url } = await withLogs()
    await mkdir(join(folder, 'elsewhere'))
    await keep(join(folder, 'elsewhere'), 'w1', 'cell-1', 'one')
    const env = join(folder, 'task.env')
    await writeFile(env, `TASKQUEUE_PATH=${url}\nTQ_LOG_DIR=${join(folder, 'elsewhere')}\n`)
    expect((await taskq(['logs', '-e', env])).out).toContain('cell-1')
  })
})
