import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openQueue } from '../../src/runtime/index.ts'
import { startTaskq, taskq, testFolder } from '../cli/taskq.ts'

/** A project whose task fails for odd cells until the file `mended` is there. */
async function project(): Promise<{
  folder: string
  run: (...args: string[]) => ReturnType<typeof taskq>
}> {
  const folder = await testFolder()
  await writeFile(
    join(folder, 'task.ts'),
    `import { existsSync } from 'node:fs'
     export function _runTask({ cell }: { cell: bigint }) {
       if (typeof cell !== 'bigint') throw new TypeError('no bigint')
       if (cell % 2n === 1n && !existsSync('mended')) throw new Error('odd')
       return { next: cell + 1n }
     }`,
  )
  const cells = ['864691135494192528', '1', '2', '3']
  await writeFile(join(folder, 'cells.ndjson'), cells.map(cell => `{"cell":${cell}}\n`).join(''))
  return { folder, run: (...args) => taskq(args, { cwd: folder }) }
}

const toTheEnd = ['--until', 'drained', '--max-attempts', '1', '--concurrency', '1'] as const

it('what failed is written as a table, inserted elsewhere under its own ids, and keeps its bigints', async () => {
  const { folder, run } = await project()
  await run('insert', '--table', 'cells', '-q', 'q.db')
  await run('work', 'q.db', ...toTheEnd)
  const first = await run('results', 'q.db', '--resume-file', 'todo.ndjson')
  expect(first.code).toBe(66)
  expect(first.out).toBe('')
  expect(first.err).toContain(
    '2 rows still to do: todo.ndjson (taskq insert --table todo.ndjson -q',
  )
  expect(await readFile(join(folder, 'todo.ndjson'), 'utf8')).toBe(
    '{"task_id":"cells.ndjson:1","data":{"cell":1},"bigint":["cell"]}\n' +
      '{"task_id":"cells.ndjson:3","data":{"cell":3},"bigint":["cell"]}\n',
  )
  await writeFile(join(folder, 'mended'), '')
  expect((await run('insert', '--table', 'todo.ndjson', '-q', 'again.db')).out).toContain(
    'Inserted 2',
  )
  await run('work', 'again.db', ...toTheEnd)
  const { out, code } = await run('results', 'again.db')
  expect(code).toBe(0)
  expect(out).toContain('{"id":"cells.ndjson:1","status":"done","value":{"next":2},')
  const nothing = await run('results', 'again.db', '--resume-file', 'none.ndjson')
  expect(nothing.err).toContain('Nothing is left to do: none.ndjson was not written.')
  expect(nothing.code).toBe(0)
})

it('rows of a table that never reached the queue are still to be done, those before them are not', async () => {
  const { folder, run } = await project()
  await run('insert', '--table', 'cells', '-q', 'q.db', '--limit', '2')
  await run('work', 'q.db', ...toTheEnd)
  await run('results', 'q.db', '--table', 'cells', '--resume-file', 'todo.ndjson', '--out', 'r.csv')
  const todo = await readFile(join(folder, 'todo.ndjson'), 'utf8')
  expect(todo.match(/ndjson:\d/g)).toEqual(['ndjson:1', 'ndjson:2', 'ndjson:3'])
  expect(todo).toContain('"data":{"cell":2},"bigint":["cell"]')
  expect(await readFile(join(folder, 'r.csv'), 'utf8')).toMatch(/^id,next,status/)
})

it('the dead tasks of one queue are inserted into another, letter by letter and once', async () => {
  const { folder, run } = await project()
  await run('insert', '--table', 'cells', '-q', 'q.db', '--priority', '7')
  await run('work', 'q.db', ...toTheEnd)
  const queue = await openQueue(`sqlite:${join(folder, 'q.db')}`)
  const [first] = await queue.tasks.get(['cells.ndjson:1'])
  await queue.tasks.bury([{ id: 'cells.ndjson:3', reason: 'cancelled' }])
  await queue.close()
  const dry = await run('insert', '--failed-of', 'q.db', '-q', 'again.db', '--dry-run')
  expect(dry.out).toMatch(/^2 tasks of sqlite:.*q\.db are dead; .* Nothing was inserted\.\n$/)
  const { out } = await run('insert', '--failed-of', 'q.db', '-q', 'again.db')
  expect(out).toMatch(/^Inserted 1 that failed in .*, there already 0, left out 1 cancelled\.\n$/)
  const twice = await run('insert', '--failed-of', 'q.db', '-q', 'again.db', '--json')
  expect(JSON.parse(twice.out)).toEqual({ event: 'done', inserted: 0, present: 1, skipped: 1 })
  const again = await openQueue(`sqlite:${join(folder, 'again.db')}`)
  const [second] = await again.tasks.get(['cells.ndjson:1'])
  await again.close()
  expect(second).toMatchObject({
    state: 'ready',
    attempts: 0,
    body: first?.body,
    headers: { priority: 7 },
  })
  await writeFile(join(folder, 'mended'), '')
  await run('work', 'again.db', ...toTheEnd)
  expect((await run('results', 'again.db')).code).toBe(0)
  expect((await run('results', 'q.db')).err).toContain('1 dead: cells.ndjson:1')
})

it.each([
  [['-q', 'q.db'], /cannot be filled from itself.*taskq retry-dead q\.db/],
  [
    ['-q', 'again.db', '--limit', '1'],
    /--limit does not go with --failed-of.*--resume-file todo\.ndjson/,
  ],
])('inserting what failed with %j is refused with what to do instead', async (args, says) => {
  const { run } = await project()
  await run('insert', '--table', 'cells', '-q', 'q.db')
  const { err, code } = await run('insert', '--failed-of', 'q.db', ...args)
  expect(err).toMatch(says)
  expect(code).toBe(64)
})

it('results are followed as they come until nothing is left to do', async () => {
  const { folder, run } = await project()
  await writeFile(join(folder, 'mended'), '')
  await run('insert', '--table', 'cells', '-q', 'q.db')
  const following = startTaskq(['results', 'q.db', '--follow', '--join'], { cwd: folder })
  await run('work', 'q.db', '--max-tasks', '1', '--concurrency', '1')
  await following.says(/"id":"cells\.ndjson:0","params":\{"cell":864691135494192528\}/)
  await run('work', 'q.db', ...toTheEnd)
  const { out, err, code } = await following.ended
  expect(out.trimEnd().split('\n')).toHaveLength(4)
  expect(err).toBe('4 results of 4 tasks.\n')
  expect(code).toBe(0)
})

it('a reader that has seen enough and a Ctrl-C while following end it quietly', async () => {
  const { folder, run } = await project()
  await run('insert', '--table', 'cells', '-q', 'q.db')
  await run('work', 'q.db', '--max-tasks', '1', '--concurrency', '1')
  const following = startTaskq(['results', 'q.db', '--follow'], { cwd: folder })
  await following.says(/cells\.ndjson:0/)
  following.child.kill('SIGINT')
  const { err, code } = await following.ended
  expect(err).toBe('')
  expect(code).toBe(130)
  const gone = startTaskq(['results', 'q.db'], { cwd: folder })
  gone.child.stdout.destroy()
  expect(await gone.ended).toMatchObject({ err: '', code: 0 })
})
