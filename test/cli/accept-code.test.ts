import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, expect, it } from 'vitest'
import { change } from './queues.ts'
import { startTaskq, taskq, testFolder } from './taskq.ts'
import { taskqInTerminal } from './terminal.ts'

let folder: string
const inFolder = (...args: string[]) => taskq(args, { cwd: folder })
const taskOf = (version: string) =>
  writeFile(join(folder, 'task.ts'), `export const _runTask = () => '${version}'`)
const strict = ['work', 'q.db', '--concurrency', '1', '--code-check', 'strict']
const url = () => `sqlite:${join(folder, 'q.db')}`

/** Moves the queue's time: what was handed back comes again. */
function passMinutes(): void {
  const db = new DatabaseSync(join(folder, 'q.db'))
  db.exec('update boot set offset = offset + 120000')
  db.close()
}

beforeEach(async () => {
  folder = await testFolder()
  await writeFile(join(folder, 'rows.csv'), 'n\n1\n2\n3\n')
  await taskOf('broken')
  await inFolder('insert', '--table', 'rows.csv', '-q', 'sqlite:q.db')
  await taskOf('mended')
})

it('tasks that strict workers hand back after a fix are run once the code is accepted', async () => {
  const working = startTaskq(strict, { cwd: folder })
  await change(url(), async queue => {
    while ((await queue.counts()).delayed !== 3) await new Promise(setImmediate)
  })
  working.child.kill('SIGTERM')
  expect((await working.ended).out).toContain('"event":"code-differs"')
  expect(await change(url(), queue => queue.counts())).toMatchObject({ delayed: 3, done: 0 })

  const refused = await inFolder('accept-code', 'q.db')
  expect(refused.code).toBe(64)
  expect(refused.err).toMatch(/3 {2}[0-9a-f]{16} {2}other code\n/)
  expect(refused.err).toMatch(/nobody can answer here.*add --yes/)
  expect(await change(url(), queue => queue.notes.read())).toEqual([])

  const accepted = await inFolder('accept-code', 'q.db', '--yes')
  expect(accepted.out).toMatch(
    /^Accepted: 3 tasks can be run by workers with the code [0-9a-f]{16}/,
  )
  passMinutes()
  const after = await inFolder(...strict, '--until', 'drained')
  expect(after).toMatchObject({ code: 0, err: '' })
  expect(after.out).not.toContain('code-differs')
  const results = await inFolder('results', 'q.db')
  expect(results.out.match(/mended/g)).toHaveLength(3)

  const again = await inFolder('accept-code', 'q.db', '--json')
  expect(JSON.parse(again.out)).toMatchObject({ accepted: [] })
})

it('a person is asked, and anything but yes accepts nothing', async context => {
  const words = ['accept-code', url(), '--task', join(folder, 'task.ts')]
  const refused = taskqInTerminal(context, words)
  await refused.says(/Have 3 tasks run with the code that is here\? \[y\/N\] /)
  refused.child.stdin.write('n\r')
  expect(await refused.ended).toMatchObject({
    code: 1,
    out: expect.stringMatching(/Nothing was accepted\./),
  })
  expect(await change(url(), queue => queue.notes.read())).toEqual([])
})

it('a queue that keeps no notes is refused with what to do instead', async () => {
  await inFolder('insert', '--table', 'rows.csv', '-q', `fq://${folder}/cells`)
  const { code, err } = await inFolder('accept-code', `fq://${folder}/cells`, '--yes')
  expect(code).not.toBe(0)
  expect(err).toMatch(/TQ_CODE_CHECK=warn/)
})

it('tasks with hostile names of code neither steer the terminal nor are accepted', async () => {
  const code = '\u001b[31mx'
  await change(url(), queue => queue.insert([{ id: 'odd', params: {}, meta: { code } }]))
  const { err, code: exit } = await inFolder('accept-code', 'q.db', '--yes')
  expect(exit).toBe(0)
  expect(err).toContain('1  name no code')
  expect(await change(url(), queue => queue.notes.read())).toHaveLength(1)
})
