import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/runtime/index.ts'
import { runInsert } from '../../src/runtime/insert/command.ts'
import { typesText } from '../../src/runtime/insert/types.ts'
import { runTypes } from '../../src/runtime/insert/types-command.ts'
import { folderOf } from './setting.ts'

const fixture = resolve('test/fixtures/tables/cells.feather')

function ioOf() {
  const said: string[] = []
  const line = (text = '') => Promise.resolve(said.push(text))
  const screen = { isLive: false, columns: 80, write: line, line }
  return {
    said,
    io: { out: screen, err: screen, clock: systemClock, signal: new AbortController().signal },
  }
}

test('the types of a pandas table compile, and say what its rows are', async () => {
  const folder = folderOf()
  const out = join(folder, 'task-params.ts')
  const { said, io } = ioOf()
  expect(await runTypes({ table: fixture, out }, { CF_CLOUDPATH: 'file:///out' }, io)).toBe(0)
  expect(said).toEqual([`Wrote ${out} and ${join(folder, 'task-params.json')}.`])
  const types = readFileSync(out, 'utf8')
  for (const line of [
    '  readonly root_id: bigint\n',
    '  readonly score: number | null\n',
    '  readonly bbox: readonly (number | null)[]\n',
    '  /** timestamp[us] */\n  readonly when: string\n',
    '  readonly cloudpath: string\n',
  ])
    expect(types).toContain(line)
  const use =
    "import type { TaskParams } from './task-params.ts'\nexport const f = (p: TaskParams): bigint => p.root_id + 1n\n"
  writeFileSync(join(folder, 'use.ts'), use)
  const flags = ['--strict', '--noEmit', '--ignoreConfig', '--allowImportingTsExtensions']
  const tsc = spawnSync(
    process.execPath,
    [
      resolve('node_modules/typescript/bin/tsc'),
      ...flags,
      '--target',
      'esnext',
      '--module',
      'nodenext',
      join(folder, 'use.ts'),
    ],
    { encoding: 'utf8' },
  )
  expect(tsc.stdout).toBe('')
})

test('hostile names of columns and types stay names', () => {
  const text = typesText('a */ evil() /*\n', [
    { name: 'x */ y"', type: '*/ evil()', form: 'bigint', nullable: false },
    { name: 'a-b', type: 'map<string, int64>', form: 'array', nullable: true },
    { name: 'm', type: 'mixed: text, integer', form: 'mixed', nullable: true },
    { name: 's', type: 'large_list<struct<a: int8>>', form: 'array', nullable: false },
    { name: 'l', type: 'list<list<uint64>>', form: 'array', nullable: false, integers: 'bigint' },
  ])
  expect(
    text,
  ).toBe(`// Written by "taskq types a * / evil() /* ". Run that again when the table changes.

/** One row of a * / evil() /* . */
export interface TaskParams {
  /** * / evil() */
  readonly "x */ y\\"": bigint
  /** map<string, int64> */
  readonly "a-b": readonly (readonly [unknown, unknown])[] | null
  /** mixed: text, integer */
  readonly m: unknown
  /** large_list<struct<a: int8>> */
  readonly s: readonly unknown[]
  /** list<list<uint64>> */
  readonly l: readonly (readonly (bigint | null)[] | null)[]
}
`)
})

describe('a table that no longer fits the types', () => {
  async function insertInto(check?: string) {
    const folder = folderOf()
    const [table, task] = [join(folder, 't.csv'), join(folder, 'task.ts')]
    writeFileSync(table, 'id,name,gone,same\n1,a,1,1\n')
    writeFileSync(task, '')
    const { said, io } = ioOf()
    await runTypes({ table, out: join(folder, 'task-params.ts') }, {}, io)
    writeFileSync(table, 'id,name,new,same\n9007199254740993,1,1,2\n')
    const queue = join(folder, 'queue.db')
    const env = { TASKQUEUE_PATH: `sqlite:${queue}`, ...(check && { TQ_SCHEMA_CHECK: check }) }
    const code = await runInsert({ table, task }, env, io)
    return { code, text: said.slice(1).join('\n'), inserted: existsSync(queue) }
  }

  const complaint =
    /column "id" was integer, a number, and is integer, a bigint; column "name" was text, a string, and is integer, a number; column "gone" \(integer\) is gone\. Run taskq types t\.csv --out .*task-params\.ts and mend .*task\.ts/

  test('is inserted with a warning', async () => {
    const { code, text, inserted } = await insertInto()
    expect(text).toMatch(complaint)
    expect({ code, inserted }).toEqual({ code: 0, inserted: true })
  })

  test('is refused when TQ_SCHEMA_CHECK is strict', async () => {
    const { code, text, inserted } = await insertInto('strict')
    expect(text).toMatch(complaint)
    expect({ code, inserted }).toEqual({ code: 65, inserted: false })
  })

  test('is compared with the types of its own task file, and of no other beside it', async () => {
    const folder = folderOf()
    const [first, second] = [join(folder, 'first.csv'), join(folder, 'second.csv')]
    const task = join(folder, 'clean.ts')
    writeFileSync(first, 'id,name\n1,a\n')
    writeFileSync(second, 'seed\n1\n')
    writeFileSync(task, '')
    const { said, io } = ioOf()
    await runTypes({ table: first, out: join(folder, 'task-params.ts') }, {}, io)
    const insert = (queue: string) =>
      runInsert({ table: second, task }, { TASKQUEUE_PATH: `sqlite:${join(folder, queue)}` }, io)
    expect(await insert('one.db')).toBe(0)
    expect(said.join('\n')).not.toContain('no longer fits')
    await runTypes({ table: first, out: join(folder, 'clean-params.ts') }, {}, io)
    expect(await insert('two.db')).toBe(0)
    expect(said.join('\n')).toContain('clean-params.ts')
    expect(said.join('\n')).toContain('no longer fits')
  })

  test('is not looked at when it is off', async () => {
    expect((await insertInto('off')).text).not.toMatch(complaint)
  })

  test('is not looked at by a word that is none of these', async () => {
    expect(await insertInto('maybe')).toMatchObject({ code: 65, inserted: false })
  })
})
