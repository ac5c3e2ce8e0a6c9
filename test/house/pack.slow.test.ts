import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compiled } from '../../tools/published.ts'
import { type Package, ROOT, readPackages } from '../../tools/workspaces.ts'
import { nodeIn, packAndInstall } from '../support/tarballs.ts'

const folder = mkdtempSync(join(tmpdir(), 'taskq-pack-'))
const packages = readPackages()

beforeAll(() => packAndInstall(folder, packages), 120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a project that has the tarballs installed', () => {
  const imports = packages.flatMap(entryPoints)

  test('type-checks every entry point, declarations included', () => {
    const uses = imports.map((entry, at) => `export * as entry${at} from '${entry}'`)
    writeFileSync(join(folder, 'consumer.ts'), `${uses.join('\n')}\n`)
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(CONSUMER_SETTINGS))
    // Declarations of others may be wrong by our strict settings: that is not ours to mend.
    const ours = ['consumer.ts', ...packages.map(({ name }) => `node_modules/${name}/`)]
    const errors = node(TSC).output.split('\n')
    expect(errors.filter(line => ours.some(file => line.startsWith(file)))).toEqual([])
  })

  test('imports every entry point in Node, without a test runner', () => {
    writeFileSync(join(folder, 'consumer.mjs'), imports.map(each => `import '${each}'`).join('\n'))
    const ran = node('consumer.mjs')
    expect(ran.status, ran.output).toBe(0)
  })

  test('finds types, not `any`, behind every entry point', () => {
    const uses = imports.map(
      (entry, at) => `import * as entry${at} from '${entry}'\nentry${at} satisfies never`,
    )
    writeFileSync(join(folder, 'consumer.ts'), `${uses.join('\n')}\n`)
    const checked = node(TSC)
    expect(checked.output.match(/TS1360/g)).toHaveLength(imports.length)
  })

  test.each(packages.flatMap(commands))('runs %s --version', (_, file) => {
    const ran = node(file, '--version')
    expect(ran.status, ran.output).toBe(0)
    expect(ran.output.trim()).toMatch(/^\d+\.\d+\.\d+$/)
  })

  test('holds compiled files only', () => {
    for (const { name } of packages) {
      const files = readdirSync(join(folder, 'node_modules', name), { recursive: true })
      const sources = files.map(String).filter(file => /(?<!\.d)\.ts$/.test(file))
      expect(sources.filter(file => !file.startsWith('templates/'))).toEqual([])
      expect(files).toContain('LICENSE')
    }
  })
})

test('an unknown package or option ends with 64 and a sentence', () => {
  const unknown = node(join(ROOT, 'tools/pack.ts'), 'no-such-package')
  expect(unknown.status).toBe(64)
  expect(unknown.output).toMatch(/there is no package "no-such-package"; there are .+\./)
})

const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')

const CONSUMER_SETTINGS = {
  compilerOptions: {
    module: 'nodenext',
    target: 'esnext',
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
  },
  files: ['consumer.ts'],
}

/** Each command of a package with the compiled file behind it. */
function commands({ name, manifest }: Package): readonly [string, string][] {
  return Object.entries(manifest.bin ?? {}).map(([command, file]) => [
    command,
    join(folder, 'node_modules', name, compiled(file)),
  ])
}

function entryPoints({ name, manifest: { exports = {} } }: Package): readonly string[] {
  if (typeof exports === 'string') return [name]
  const paths = Object.keys(exports).filter(path => path !== './package.json')
  return paths.map(path => name + path.slice(1))
}

function node(...args: readonly string[]) {
  return nodeIn(folder, ...args)
}
