import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { repositoryFiles } from '../../tools/files.ts'
import { importedPackages } from '../../tools/imports.ts'
import { missingOptionals, readLock, withInstallScripts } from '../../tools/lock.ts'
import { type Package, ROOT, readPackages } from '../../tools/workspaces.ts'

const packages = readPackages()
const [root, ...workspaces] = packages

describe('the lock', () => {
  test('holds no package with an install script', () => {
    expect(withInstallScripts(readLock())).toEqual([])
  })

  test('holds every optional package that another names, without which npm ci refuses it', () => {
    expect(missingOptionals(readLock())).toEqual([])
  })

  test('finds what it is asked to find', () => {
    const lock = {
      packages: {
        'node_modules/a': { optionalDependencies: { b: '1', c: '1' } },
        'node_modules/a/node_modules/b': { hasInstallScript: true },
      },
    } as const
    expect(withInstallScripts(lock)).toEqual(['node_modules/a/node_modules/b'])
    expect(missingOptionals(lock)).toEqual(['c, named by node_modules/a'])
  })
})

test('all packages have one version, and ask for each other at that version', () => {
  const version = root?.manifest.version
  for (const { name, manifest } of packages) {
    expect(manifest.version, name).toBe(version)
    for (const { name: other } of packages) {
      const asked = { ...manifest.dependencies, ...manifest.peerDependencies }[other]
      // A folder of this repository becomes the version when it is packed.
      if (asked === undefined || asked.startsWith('file:')) continue
      expect(asked, `${name} asks for ${other}`).toBe(version)
    }
  }
})

test('every command is executable in git, so that npm ci leaves a clean clone clean', () => {
  for (const { folder, manifest } of packages) {
    for (const file of Object.values(manifest.bin ?? {})) {
      const args = ['ls-files', '--stage', join(folder, file)]
      const { stdout } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' })
      expect(stdout, `${folder}/${file}`).toMatch(/^100755 /)
    }
  }
})

describe('what is declared is what is imported', () => {
  test.each(workspaces.map(each => [each.name, each] as const))('by %s', (_, each) => {
    const sources = repositoryFiles().filter(file => isSourceIn(file, each.folder))
    expect(declared(each)).toEqual(imported(sources).filter(name => name !== each.name))
  })

  test('by the generator, which is the root package', () => {
    const sources = repositoryFiles().filter(file => isSourceIn(file, 'generators'))
    expect(Object.keys(root?.manifest.dependencies ?? {}).toSorted()).toEqual(imported(sources))
  })

  test('by tests, tools, benchmarks and examples', () => {
    const folders = ['test', 'tools', 'bench', 'storm', 'simulate', 'mutate', 'examples']
    const sources = repositoryFiles().filter(file => folders.some(each => isSourceIn(file, each)))
    const { dependencies, devDependencies } = root?.manifest ?? {}
    const known = Object.keys({ ...dependencies, ...devDependencies })
    const ours = packages.map(({ name }) => name)
    expect(imported(sources).filter(name => ![...known, ...ours].includes(name))).toEqual([])
  })

  test('where every way to import counts', () => {
    const source = `
import type { A } from 'vitest/node'
import {
  b,
} from '@biomejs/biome/b'
export * from './here.ts'
const c = await import('publint')
const d = import.meta.resolve('fast-check/package.json')
import { join } from 'node:path'
// taken from 'nowhere'
`
    expect(importedPackages(source)).toEqual(['@biomejs/biome', 'fast-check', 'publint', 'vitest'])
  })
})

function isSourceIn(file: string, folder: string): boolean {
  return file.startsWith(`${folder}/`) && file.endsWith('.ts')
}

function imported(files: readonly string[]): readonly string[] {
  const names = files.flatMap(file => importedPackages(readFileSync(join(ROOT, file), 'utf8')))
  return [...new Set(names)].toSorted()
}

/** What a package asks for, but for the pinned Node, which is run and not imported. */
function declared({ manifest }: Package): readonly string[] {
  const pinned = root?.manifest.optionalDependencies ?? {}
  const all = {
    ...manifest.dependencies,
    ...manifest.peerDependencies,
    ...manifest.optionalDependencies,
  }
  return Object.keys(all)
    .filter(name => !(name in pinned))
    .toSorted()
}
