import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { beforeEach, expect, it } from 'vitest'
import { type Around, startTaskq, taskq, testFolder } from '../cli/taskq.ts'

let folder: string
let around: Around
const run = (...args: string[]) =>
  taskq(['run', ...args, '--concurrency', '1', '--max-attempts', '1'], around)
const temporary = async () => await readdir(join(folder, 'tmp'))

beforeEach(async () => {
  folder = await testFolder()
  await mkdir(join(folder, 'tmp'))
  around = { cwd: folder, env: { TMPDIR: join(folder, 'tmp') } }
  await writeFile(
    join(folder, 'task.ts'),
    `import { existsSync } from 'node:fs'
     export async function _runTask({ cell }: { cell: bigint }, { log, signal }: any) {
       if (cell === 3n && !existsSync('mended')) throw new Error('no three')
       if (cell === 4n && existsSync('wait')) {
         // By then the runner has told of the rows before this one.
         for (const _ of 'ab') await new Promise(resolve => setImmediate(resolve))
         log('waiting')
         await new Promise((_, reject) => {
           const timer = setInterval(() => {}, 1000)
           signal.addEventListener('abort', () => { clearInterval(timer); reject(signal.reason) })
         })
       }
       return { next: cell + 1n }
     }`,
  )
  const cells = ['864691135494192528', '2', '3', '4']
  await writeFile(join(folder, 'cells.ndjson'), cells.map(cell => `{"cell":${cell}}\n`).join(''))
})

it('rows become results on standard output, and what failed is named; no queue is left', async () => {
  const { out, err, code } = await run('cells')
  const ids = out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line).id)
  expect(ids).toEqual(['cells.ndjson:0', 'cells.ndjson:1', 'cells.ndjson:3'])
  expect(out).toContain('"value":{"next":864691135494192529}')
  expect(err).toContain('Error: no three')
  expect(err).toMatch(/3 results of 4 tasks\.\n1 dead: cells\.ndjson:2\n$/)
  expect(code).toBe(66)
  expect(await temporary()).toEqual([])
})

it('a package that is missing for --out is named before the first task is run', async () => {
  const without = join(folder, 'without.mjs')
  await writeFile(
    without,
    `import { registerHooks } from 'node:module'
     registerHooks({
       resolve(name, context, next) {
         if (name !== 'hyparquet-writer') return next(name, context)
         throw Object.assign(new Error('not there'), { code: 'ERR_MODULE_NOT_FOUND' })
       },
     })`,
  )
  const { err, code } = await taskq(['run', 'cells', '--out', 'r.parquet'], {
    ...around,
    nodeOptions: ['--import', without],
  })
  expect(err).toBe(
    'taskq: writing Parquet needs hyparquet-writer; npm install --save-dev hyparquet-writer@^0.17.0\n',
  )
  expect(code).toBe(64)
  expect(await temporary()).toEqual([])
})

it('one row out for every row in, and what is left goes on in a second run', async () => {
  const resume = ['--resume-file', 'todo.ndjson']
  const first = await run('cells', '--join', '--out', 'r.csv', ...resume)
  expect(first.err).toContain('1 row still to do: todo.ndjson (taskq run todo.ndjson)')
  const rows = (await readFile(join(folder, 'r.csv'), 'utf8')).split('\r\n')
  expect(rows[0]).toMatch(/^id,cell,next,status,reason,/)
  expect(rows[3]).toMatch(/^cells\.ndjson:2,3,,dead,exception: Error: no three/)
  await writeFile(join(folder, 'mended'), '')
  const { out, code } = await run('todo.ndjson')
  expect(out).toMatch(/^\{"id":"cells\.ndjson:2","status":"done","value":\{"next":4\}/)
  expect(code).toBe(0)
})

it('Ctrl-C ends it with the results that are there and with nothing left behind', async () => {
  await writeFile(join(folder, 'mended'), '')
  await writeFile(join(folder, 'wait'), '')
  const args = ['run', 'cells', '--out', 'r.ndjson', '--resume-file', 'todo.ndjson']
  const running = startTaskq(
    [...args, '--concurrency', '1', '--shutdown-grace-seconds', '0'],
    around,
  )
  await new Promise<void>(resolve => {
    running.child.stderr.on('data', (text: string) => {
      if (text.includes('waiting')) resolve()
    })
  })
  running.child.kill('SIGINT')
  const { code, err } = await running.ended
  expect(code).toBe(130)
  expect(err).toMatch(/3 results of 4 tasks\.\n1 not finished: cells\.ndjson:3\n$/)
  expect((await readFile(join(folder, 'r.ndjson'), 'utf8')).trimEnd().split('\n')).toHaveLength(3)
  expect(await readFile(join(folder, 'todo.ndjson'), 'utf8')).toContain(
    '"task_id":"cells.ndjson:3"',
  )
  expect(await temporary()).toEqual([])
})

it('rows are chosen as inserting chooses them', async () => {
  const { out } = await run('cells', '--key', 'cell', '--where', 'cell > 3', '--limit', '1')
  expect(out).toMatch(/^\{"id":"864691135494192528",/)
  expect(out.trimEnd().split('\n')).toHaveLength(1)
})

it('what is wrong is found before anything runs', async () => {
  const nowhere = await run('cells', '--out', 'nowhere/r.csv')
  expect(nowhere.err).toMatch(/there is no folder nowhere, .* Nothing was run\./)
  expect(nowhere.code).toBe(64)
  expect((await run('none')).err).toMatch(/There is no table "none"/)
  expect((await run('cells', '--memory-limit', 'much')).code).toBe(64)
  expect((await run('cells', '--task', 'none.ts')).code).toBe(64)
  expect(await temporary()).toEqual([])
})

it.each([
  [
    'await new Promise(() => {})',
    /task\.ts could not be loaded: it waits for what can no longer come/,
  ],
  [
    'enum A { B }',
    /enum A \{ B \}\n\^+\n[\s\S]*TypeScript enum is not supported in strip-only mode/,
  ],
])('a task file that says "%s" is refused with what is wrong', async (text, says) => {
  await writeFile(join(folder, 'task.ts'), `${text}\nexport const _runTask = () => 1`)
  const { err, code } = await run('cells')
  expect(err).toMatch(says)
  expect(code).toBe(64)
})

it('a setting with a slip of the pen is told of before anything runs', async () => {
  const slipped = { ...around, env: { ...around.env, TQ_MAX_ATEMPTS: '2' } }
  const told = /^TQ_MAX_ATEMPTS in the environment is no setting.*did you mean TQ_MAX_ATTEMPTS\?\n/
  expect((await taskq(['run', 'cells', '--limit', '1'], slipped)).err).toMatch(told)
  await taskq(['insert', '--table', 'cells', '-q', 'q.db'], around)
  expect((await taskq(['work', 'q.db', '--max-tasks', '1'], slipped)).err).toMatch(told)
})

it('what a task file leaves open keeps no command that loads it from ending', async () => {
  const text = 'setInterval(() => {}, 1000)\nexport const _runTask = () => 1'
  await writeFile(join(folder, 'task.ts'), text)
  expect(await run('cells')).toMatchObject({ code: 0 })
  const insert = ['insert', '--table', 'cells', '-q', 'q.db']
  expect(await taskq(insert, around)).toMatchObject({ code: 0 })
  const work = ['work', 'q.db', '--until', 'drained', '--isolation', 'none']
  expect(await taskq(work, around)).toMatchObject({ code: 0 })
})

it('nor a program that says it is done', async () => {
  const programs = pathToFileURL(resolve('src/runtime/cli/programs.ts')).href
  await writeFile(
    join(folder, 'task.ts'),
    'setInterval(() => {}, 1000)\nexport const _runTask = () => 1',
  )
  const lines = [
    `import { insertTasks, leaveWhenDone } from '${programs}'`,
    "import './task.ts'",
    "await insertTasks({ args: ['--table', 'cells', '-q', 'q.db'] })",
    'leaveWhenDone()',
  ]
  await writeFile(join(folder, 'insert.ts'), lines.join('\n'))
  const ran = promisify(execFile)(process.execPath, ['insert.ts'], { cwd: folder })
  expect((await ran).stdout).toContain('Inserted 4')
})

it('results that could not be written are kept, and the message says where', async () => {
  await mkdir(join(folder, 'taken.csv'))
  const { err, code } = await run('cells', '--out', 'taken.csv')
  const kept = /The results are kept: taskq results (\S+)/.exec(err)?.[1] ?? ''
  expect(err).toContain('taken.csv is a folder')
  expect(code).toBe(64)
  const { out } = await taskq(['results', kept], around)
  expect(out.trimEnd().split('\n')).toHaveLength(3)
})
