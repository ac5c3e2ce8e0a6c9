import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { queueWith } from './queues.ts'
import { taskq, testFolder } from './taskq.ts'

const url = async (id: string) => await queueWith(queue => queue.insert([{ id, params: {} }]))

async function idSeen(args: readonly string[], around: Parameters<typeof taskq>[1]) {
  const { out, err } = await taskq(['list', '--json', ...args], around)
  return out === '' ? err : JSON.parse(out).id
}

describe('the queue', () => {
  it('is the argument, else that of the env file, else that of the environment', async () => {
    const folder = await testFolder()
    await writeFile(join(folder, 'task.env'), `# where\nTASKQUEUE_PATH=${await url('file')}\n`)
    const argument = await url('argument')
    const around = { cwd: folder, env: { TASKQUEUE_PATH: await url('environment') } }
    expect(await idSeen([argument, '-e', 'task.env'], around)).toBe('argument')
    expect(await idSeen(['-q', argument, '-e', 'task.env'], around)).toBe('argument')
    expect(await idSeen(['-e', 'task.env'], around)).toBe('file')
    expect(await idSeen([], around)).toBe('environment')
  })

  it('is not looked for elsewhere when the env file does not name it', async () => {
    const folder = await testFolder()
    await writeFile(join(folder, 'without.env'), 'A=1\n')
    await writeFile(join(folder, 'empty.env'), 'TASKQUEUE_PATH=\n')
    const around = { cwd: folder, env: { TASKQUEUE_PATH: await url('environment') } }
    const example = 'Put a line there: TASKQUEUE_PATH=sqlite:queue.db\n'
    expect(await taskq(['status', '-e', 'without.env'], around)).toEqual({
      code: 64,
      out: '',
      err: `taskq: TASKQUEUE_PATH is not set in without.env. ${example}`,
    })
    const empty = await taskq(['status', '-e', 'empty.env'], around)
    expect(empty.err).toBe(`taskq: TASKQUEUE_PATH is empty in empty.env. ${example}`)
  })

  it('has to be named, and the complaint says how and what was probably meant', async () => {
    const folder = await testFolder()
    const around = { cwd: folder, env: { TASKQUEUE_PATH: '' } }
    const { code, err } = await taskq(['status'], around)
    expect(code).toBe(64)
    expect(err).toMatch(
      /^taskq: No queue is named\. .*-q sqlite:queue\.db.*-e FILE.*TASKQUEUE_PATH/,
    )
    const mistaken = await taskq(['release', 'sqlite:queue.db'], around)
    expect(mistaken.err).toMatch(
      /If sqlite:queue\.db is the queue and no id, write -q sqlite:queue\.db$/m,
    )
    await mkdir(join(folder, 'config'))
    await writeFile(join(folder, 'config/task.env'), '')
    expect((await taskq(['status'], around)).err).toMatch(/env file here: -e config\/task\.env$/m)
  })

  it('is one: two that differ are refused', async () => {
    const { code, err } = await taskq(['status', 'a.db', '-q', 'b.db'])
    expect({ code, err }).toEqual({
      code: 64,
      err: 'taskq: Two queues are named, a.db and (by -q) b.db. Name one.\n',
    })
  })
})
