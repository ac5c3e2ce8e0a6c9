import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { openQueue, systemClock } from '../../src/runtime/index.ts'
import { runInsert } from '../../src/runtime/insert/command.ts'
import type { InsertFlags } from '../../src/runtime/insert/options.ts'
import { withoutProgress } from '../support/progress.ts'
import { cells, folderOf } from './setting.ts'

interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const env = { TASKQUEUE_PATH: 'sqlite:queue.db', TASK_PARAMETER_FILENAME: 'cells' }

/** Runs the command in a folder. */
async function run(
  folder: string,
  flags: InsertFlags = {},
  more: Readonly<Record<string, string>> = {},
  answer?: string,
  nodeOptions: readonly string[] = [],
): Promise<Ran> {
  const args = [JSON.stringify(flags), JSON.stringify({ ...env, ...more })]
  const child = spawn(
    process.execPath,
    [
      ...nodeOptions,
      resolve('test/insert/cli.ts'),
      ...args,
      ...(answer === undefined ? [] : [answer]),
    ],
    { cwd: folder },
  )
  const [out, err, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>(done => child.once('close', done)),
  ])
  return { code, out: withoutProgress(out), err: withoutProgress(err) }
}

/** A project with a table of so many rows and this task file. */
function projectOf(rows: number, task?: string): string {
  const folder = folderOf()
  writeFileSync(join(folder, 'cells.ndjson'), cells(rows))
  if (task !== undefined) writeFileSync(join(folder, 'task.ts'), task)
  return folder
}

async function first(folder: string) {
  const queue = await openQueue(`sqlite:${join(folder, 'queue.db')}`)
  const { items } = await queue.tasks.list({ max: 1 })
  const counts = await queue.counts()
  await queue.close()
  return { task: items[0] && queue.decode(items[0]), counts }
}

describe('taskq insert', () => {
  test('makes tasks of the table that the env file names, and none the second time', async () => {
    const folder = projectOf(3)
    const { code, out, err } = await run(folder)
    expect(out).toMatch(
      /^Inserting 3\/3 tasks!\nInserted 3, there already 0, left out 0, in \d+\.\d s\.\n$/,
    )
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect((await run(folder)).out).toMatch(/Inserted 0, there already 3, left out 0/)
  })

  test('asks filterTasks, adds cloudpath and the hash of the code', async () => {
    const folder = projectOf(
      5,
      "export const filterTasks = (table, cloudpath) => table.filter(row => row.score > 2 && row.cloudpath === cloudpath)\nexport * from './lib.ts'\n",
    )
    writeFileSync(join(folder, 'lib.ts'), 'export const x = 1\n')
    const { out } = await run(folder, {}, { CF_CLOUDPATH: 'file:///out' })
    expect(out).toMatch(/^Inserting 3\/5 tasks!\nInserted 3, there already 0, left out 2/)
    const { task } = await first(folder)
    expect(task?.id).toBe('cells.ndjson:2')
    expect(task?.params['cloudpath']).toBe('file:///out')
    expect(task?.meta?.['code']).toMatch(/^[0-9a-f]{16}$/)
  })

  test('tells where filterTasks failed', async () => {
    const folder = projectOf(1, "export function filterTasks() {\n  throw new Error('boom')\n}\n")
    const { code, err } = await run(folder)
    expect(code).toBe(65)
    expect(err).toMatch(
      /^filterTasks failed; nothing was inserted\. Mend it\.\nError: boom\n.*task\.ts:2/,
    )
  })

  test('says so when nothing is left to do, and makes no queue', async () => {
    const folder = projectOf(3, 'export const filterTasks = rows => rows.slice(3)\n')
    expect(await run(folder)).toEqual({ code: 0, out: 'No tasks to insert!\n', err: '' })
    expect(existsSync(join(folder, 'queue.db'))).toBe(false)
  })

  test('takes rows by condition, exactly, by place and at random', async () => {
    const folder = projectOf(100)
    const dry = async (flags: InsertFlags) => {
      const { out } = await run(folder, { ...flags, dryRun: true, json: true })
      const { tasks, first } = JSON.parse(out)
      return [tasks, ...first.map(({ id }: { id: string }) => id.replace('cells.ndjson:', ''))]
    }
    expect(await dry({ where: ['root_id = 864691135494192531'] })).toEqual([1, '2'])
    expect(await dry({ where: ['root_id > 864691135494192531', 'score < 4.5'] })).toEqual([1, '3'])
    expect(await dry({ where: ['name = "cell 7"'] })).toEqual([1, '7'])
    expect(await dry({ where: ['name != null'], offset: '10', limit: '2' })).toEqual([
      2,
      '10',
      '11',
    ])
    const sample = await dry({ sample: '2' })
    expect(sample).toHaveLength(3)
    expect(await dry({ sample: '2' })).toEqual(sample)
    expect((await dry({ sample: '1000' }))[0]).toBe(100)
    expect(existsSync(join(folder, 'queue.db'))).toBe(false)
  })

  test('shows with --dry-run what would be new', async () => {
    const folder = projectOf(10)
    await run(folder, { limit: '4' })
    expect((await run(folder, { dryRun: true, limit: '3' })).out).toContain('0 would be new')
    const same = await run(folder, { dryRun: true })
    expect(same.out).toContain('6 would be new in sqlite:queue.db, 4 are there.')
    expect(same.out).toContain('root_id  integer, as bigint')
    expect((await first(folder)).counts.ready).toBe(4)
  })

  test('tells programs in JSON', async () => {
    const { out } = await run(projectOf(3), { json: true })
    const events = out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(events).toMatchObject([
      { event: 'start', table: 'cells.ndjson', tasks: 3, rows: 3 },
      { event: 'done', inserted: 3, present: 0, skipped: 0 },
    ])
  })

  test('asks before --again', async () => {
    const folder = projectOf(2)
    await run(folder)
    expect(await run(folder, { again: true })).toMatchObject({ code: 64, out: '' })
    expect((await run(folder, { again: true }, {}, 'no')).err).toBe('Nothing was changed.\n')
    expect((await run(folder, { again: true }, {}, 'y')).out).toContain('there already 2')
    expect((await run(folder, { again: true, yes: true })).code).toBe(0)
  })

  test('checks every row with the schema of the task file first', async () => {
    const task = `
export const schema = {
  '~standard': {
    version: 1, vendor: 'own',
    validate: row => (row.score < 2 ? { value: row } : { issues: [{ message: 'too high', path: ['score'] }] }),
  },
}
`
    const folder = projectOf(4, task)
    const { code, err } = await run(folder)
    expect(code).toBe(65)
    expect(err).toContain('2 rows are not as the schema')
    expect((await first(folder)).counts.ready).toBe(0)
  })

  test('ends with a signal as it was told to, and goes on with the same command', async () => {
    const rows = 20_000
    const folder = projectOf(rows)
    const interrupt = join(folder, 'interrupt.mjs')
    // As if somebody pressed Ctrl-C when the first line is there, however slow the machine is.
    writeFileSync(
      interrupt,
      `const { stdout } = process
const write = stdout.write
stdout.write = (...args) => {
  stdout.write = write
  process.kill(process.pid, 'SIGINT')
  return stdout.write(...args)
}`,
    )
    const stopped = await run(folder, { json: true }, {}, undefined, ['--import', interrupt])
    expect(stopped.code).toBe(130)
    expect(stopped.err).toContain('run the same command again to go on')
    expect((await first(folder)).counts.ready).toBeLessThan(rows)
    expect((await run(folder)).code).toBe(0)
    expect((await first(folder)).counts.ready).toBe(rows)
  })
})

describe('taskq insert refuses with a sentence', () => {
  const cases: readonly (readonly [string, InsertFlags, number, RegExp])[] = [
    ['a limit of nothing', { limit: '0' }, 64, /^--limit takes a whole number from 1, not "0"\./],
    ['a limit that is none', { limit: '1e3' }, 64, /^--limit/],
    ['an offset below nothing', { offset: '-1' }, 64, /^--offset/],
    ['a sample that is none', { sample: 'some' }, 64, /^--sample/],
    ['a priority out of range', { priority: '1001' }, 64, /^--priority .* from -1000 to 1000/],
    ['a delay that is none', { delay: 'soon' }, 64, /^--delay takes seconds/],
    ['a condition that is none', { where: ['score'] }, 64, /^--where takes a column, one of/],
    ['a condition on no column', { where: ['x = 1'] }, 65, /no column "x", which --where names/],
    ['a number that is none', { where: ['score > high'] }, 65, /compare it with a number/],
    ['an empty key', { key: ',' }, 64, /^--key takes names/],
    ['a column that is none', { columns: 'root_id,x' }, 65, /no column "x", which --columns/],
    ['a table that is none', { table: 'none' }, 65, /There is no table "none"; tried also/],
    ['a table without a name', { table: '' }, 65, /TASK_PARAMETER_FILENAME/],
    ['a queue without a name', { queue: '' }, 64, /TASKQUEUE_PATH/],
    ['a queue of no kind', { queue: 'nope:x' }, 64, /kind this version does not know/],
    ['a task file that is none', { task: 'none.ts' }, 64, /There is no .*none\.ts/],
  ]
  test.each(cases)('%s', async (_, flags, code, message) => {
    const folder = projectOf(2)
    const complaints: string[] = []
    const screen = { isLive: false, columns: 80, write: () => Promise.resolve(), line }
    function line(text = '') {
      complaints.push(text)
      return Promise.resolve()
    }
    const variables = {
      TASKQUEUE_PATH: `sqlite:${join(folder, 'queue.db')}`,
      TASK_PARAMETER_FILENAME: flags.table ?? join(folder, 'cells'),
    }
    const { signal } = new AbortController()
    const io = { out: { ...screen, line: screen.write }, err: screen, clock: systemClock, signal }
    expect(await runInsert(flags, variables, io)).toBe(code)
    expect(complaints.join('\n')).toMatch(message)
    expect(existsSync(join(folder, 'queue.db'))).toBe(flags.columns !== undefined)
  })
})
