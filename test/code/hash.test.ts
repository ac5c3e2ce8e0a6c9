import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { hashCode } from '../../src/runtime/code/hash.ts'
import { importsOf } from '../../src/runtime/code/imports.ts'

const project = {
  'task.ts': `
import { a } from './lib/a.ts'
import type { T } from './types.ts'
export * from "./lib/b.js"
import './side.ts'
// import './not-there.ts'
/* import './not-there.ts' */
const text = \`import './not-there.ts'\`
const words = "from './not-there.ts'"
const lazy = () => import('./lazy.ts')
import data from './data.json' with { type: 'json' }
import { z } from 'zod'
`,
  'lib/a.ts': "export { c } from '../lib/c.ts'\n",
  'lib/b.ts': "import './a.ts'\nimport './b.ts'\n",
  'lib/c.ts': "import '../task.ts'\n",
  'types.ts': 'export type T = 1\n',
  'side.ts': '',
  'lazy.ts': '',
  'data.json': '{"a":1}',
  'other.ts': '',
  'package-lock.json': JSON.stringify({
    packages: {
      '': { name: 'x', version: '1.0.0' },
      'node_modules/zod': { version: '4.0.0', integrity: 'sha512-one' },
      'node_modules/a': { version: '1.0.0', integrity: 'sha512-two' },
    },
  }),
}

function projectOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'taskq-code-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

const hashOf = async (files: Readonly<Record<string, string>>) =>
  (await hashCode(join(projectOf(files), 'task.ts'))).hash

describe('the hash of the code', () => {
  test('covers what task.ts reaches, through circles, and nothing else', async () => {
    const { hash, files } = await hashCode(join(projectOf(project), 'task.ts'))
    expect(hash).toMatch(/^[0-9a-f]{16}$/)
    expect(files).toEqual([
      'data.json',
      'lazy.ts',
      'lib/a.ts',
      'lib/b.ts',
      'lib/c.ts',
      'side.ts',
      'task.ts',
      'types.ts',
    ])
    expect(await hashOf({ ...project, 'other.ts': 'changed' })).toBe(hash)
  })

  test('is the same in another folder', async () => {
    const folder = projectOf(project)
    const copy = join(projectOf({}), 'somewhere', 'else')
    cpSync(folder, copy, { recursive: true })
    const [one, other] = await Promise.all(
      [folder, copy].map(each => hashCode(join(each, 'task.ts'))),
    )
    expect(one).toEqual(other)
  })

  test.each(['task.ts', 'lib/c.ts', 'lazy.ts', 'data.json', 'types.ts'])(
    'changes with %s',
    async name => {
      const changed = { ...project, [name]: `${project[name as keyof typeof project]} ` }
      expect(await hashOf(changed)).not.toBe(await hashOf(project))
    },
  )

  test('changes with the integrity of a package, not with the order of the lock', async () => {
    const lock = (text: string) => hashOf({ ...project, 'package-lock.json': text })
    const before = await hashOf(project)
    const { packages } = JSON.parse(project['package-lock.json'])
    const turned = Object.fromEntries(Object.entries(packages).reverse())
    expect(await lock(JSON.stringify({ packages: turned }))).toBe(before)
    expect(await lock(project['package-lock.json'].replace('one', 'three'))).not.toBe(before)
    await expect(lock('{')).rejects.toThrow(/package-lock\.json is no JSON.*npm install/)
  })

  test('is taken anew when a file was written in between', async () => {
    const folder = projectOf(project)
    const before = await hashCode(join(folder, 'task.ts'))
    writeFileSync(join(folder, 'lib/c.ts'), 'changed')
    expect((await hashCode(join(folder, 'task.ts'))).hash).not.toBe(before.hash)
  })

  test('names a file that is missing, and who imports it', async () => {
    const { 'lib/c.ts': _, ...rest } = project
    await expect(hashOf(rest)).rejects.toThrow(
      /lib\/c\.ts, which .*lib\/a\.ts imports, cannot be read/,
    )
  })
})

test('an import is found however it is written', () => {
  const source = `
import{a}from"./1.ts";import b,{c}from'./2.ts'
import * as d
  from './3.ts'
export {e}
from './4.ts'
await import(  './5.ts')
require('./6.cjs')
const x = obj.import('./no.ts'), y = Array.from('./no.ts')
const z = { from: './no.ts' }; import.meta.resolve('./no.ts')
`
  expect(importsOf(source)).toEqual(['./1.ts', './2.ts', './3.ts', './4.ts', './5.ts', './6.cjs'])
})
