import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { taskq, testFolder } from './taskq.ts'

let folder: string
const inFolder = (...args: string[]) => taskq(args, { cwd: folder })

beforeEach(async () => {
  folder = await testFolder()
  await copyFile('test/fixtures/tables/cells.feather', join(folder, 'cells.feather'))
  await writeFile(
    join(folder, 'task.ts'),
    `export function _runTask(params: { root_id: bigint; small: number }, context: { args: string[] }) {
       if (params.small === 630) throw new Error('too small')
       return { id: params.root_id, twice: params.small * 2, args: context.args }
     }`,
  )
})

describe('from a table to results', () => {
  it('every row is inserted once, run, and found among the results with its digits', async () => {
    const first = await inFolder('insert', '--table', 'cells', '-q', 'sqlite:q.db')
    expect(first.out).toMatch(/^Inserting 500\/500 tasks!\nInserted 500, there already 0/)
    expect(first.code).toBe(0)
    const again = await inFolder('insert', '--table', 'cells', '-q', 'sqlite:q.db')
    expect(again.out).toContain('Inserted 0, there already 500')
    const until = ['--until', 'drained', '--max-attempts', '1', '--concurrency', '2']
    const worked = await inFolder('work', 'q.db', ...until, '--', '--deep', 'q.db')
    expect(worked.err).toBe('')
    expect(worked.code).toBe(0)
    const results = await inFolder('results', 'q.db', '--out', 'results.ndjson')
    const lines = (await readFile(join(folder, 'results.ndjson'), 'utf8')).trimEnd().split('\n')
    const status = await inFolder('status', 'q.db', '--json')
    const { done, dead } = JSON.parse(status.out)
    expect(done + dead).toBe(500)
    expect(dead).toBeGreaterThan(0)
    expect(lines).toHaveLength(done)
    expect(lines[0]).toMatch(/"id":86469\d{13}[,}]/)
    expect(lines[0]).toContain('["--deep","q.db"]')
    expect(results.code).toBe(66)
    expect(results.err).toMatch(new RegExp(`${done} results of 500 tasks`))
    const failed = await inFolder('results', 'q.db', '--failed')
    expect(failed.out.trimEnd().split('\n')).toHaveLength(dead)
    expect(failed.out).toContain('too small')
  })

  it('an env file says the queue, the table and the settings', async () => {
    await writeFile(
      join(folder, 'task.env'),
      'TASKQUEUE_PATH=sqlite:q.db\nTASK_PARAMETER_FILENAME=cells\nTQ_MAX_ATTEMPTS=1\n',
    )
    expect((await inFolder('insert', '-e', 'task.env', '--limit', '20')).code).toBe(0)
    const worked = await inFolder('work', '-e', 'task.env', '--until', 'idle')
    expect(worked.out).toMatch(/"event":"ended","end":"(idle|drained)"/)
    const results = await inFolder('results', '-e', 'task.env')
    expect(results.err).toMatch(/results of 20 tasks/)
  })

  it('the type of a row is written for the task', async () => {
    const { out, code } = await inFolder('types', 'cells.feather')
    expect(code).toBe(0)
    expect(out).toContain('task-params.ts')
    expect(await readFile(join(folder, 'task-params.ts'), 'utf8')).toContain('root_id: bigint')
  })
})

describe('what is missing or wrong is a sentence with a code', () => {
  it.each([
    [['insert', '--table', 'nothing', '-q', 'sqlite:q.db'], 65, /nothing/],
    [['insert', '--table', 'cells'], 64, /No queue is named/],
    [['insert', '--table', 'cells', '-q', 'sqlite:q.db', '--limit', 'x'], 64, /--limit/],
    [['work', 'none.db'], 64, /no queue at/],
    [['work', 'none.db', '--until', 'monday'], 64, /drained or idle/],
    [['work', 'none.db', '--max-tasks', '0'], 64, /--max-tasks takes a number above 0/],
    [['work', 'none.db', 'other.db'], 64, /too many arguments/],
    [['work', 'none.db', 'other.db', '--', 'x'], 64, /too many arguments before --/],
    [['work', '-q', 'none.db', '--', 'other.db'], 64, /no queue at .*none\.db/],
    [['work', '-e', 'no.env', '--', 'no.env'], 64, /no\.env/],
    [['work', 'none.db', '--concurrency', '0'], 64, /TQ_CONCURRENCY is "0" in --concurrency/],
    [['results', 'none.db'], 64, /no queue at/],
    [['results', 'none.db', '--format', 'xml'], 64, /ndjson, csv, parquet or feather/],
    [['types', 'nothing.feather'], 65, /nothing\.feather/],
  ])('%j', async (args, code, says) => {
    const answer = await inFolder(...args)
    expect(answer.err).toMatch(says)
    expect(answer.err).not.toMatch(/^ {4}at /m)
    expect(answer.code).toBe(code)
  })

  it('a setting out of range, with the line of the env file it stands in', async () => {
    await writeFile(join(folder, 'wrong.env'), '# runners\nTQ_CONCURRENCY=99999\n')
    const { err, code } = await inFolder('work', 'none.db', '-e', 'wrong.env')
    expect(err).toMatch(/^TQ_CONCURRENCY is "99999" in .*wrong\.env, line 2; it takes/)
    expect(code).toBe(64)
  })

  it('a file of results in a folder that is not there', async () => {
    await inFolder('insert', '--table', 'cells', '-q', 'sqlite:q.db')
    const { err, code } = await inFolder('results', 'q.db', '--out', 'nowhere/r.csv')
    expect(err).toMatch(/Nothing could be written to nowhere\/r\.csv/)
    expect(code).toBe(64)
  })

  it('a task file that is not there', async () => {
    await inFolder('insert', '--table', 'cells', '-q', 'sqlite:q.db')
    const { err, code } = await inFolder('work', 'q.db', '--task', 'other.ts', '--until', 'idle')
    expect(err).toMatch(/other\.ts/)
    expect(code).toBe(64)
  })
})
