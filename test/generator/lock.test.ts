import { expect, test } from 'vitest'
import { type LockedRoot, lockOf, resolveIn } from '../../generators/app/lock.ts'
import { plan } from '../../generators/app/plan.ts'
import { pairwise } from '../support/pairs.ts'
import { answersWith, choices, sourceKit } from './kit.ts'

const all = {
  'node_modules/a': { version: '1.0.0', dependencies: { b: '^1' }, bin: { a: 'a.js' } },
  'node_modules/a/node_modules/b': { version: '1.5.0' },
  'node_modules/b': { version: '2.0.0', optionalDependencies: { c: '1', absent: '1' } },
  'node_modules/c': { version: '1.0.0', os: ['linux'] },
  'node_modules/d': { version: '1.0.0', peerDependencies: { c: '1' } },
  'node_modules/unasked': { version: '9.0.0' },
} as const

function packagesOf(root: Pick<LockedRoot, 'dependencies' | 'devDependencies'>) {
  const lock = lockOf({ name: 'my-job', version: '0.0.0', ...root }, all)
  return JSON.parse(lock).packages
}

test('a lock holds what is asked for, where it was, and nothing else', () => {
  const packages = packagesOf({ dependencies: { a: '^1' } })
  expect(Object.keys(packages)).toEqual(['', 'node_modules/a', 'node_modules/a/node_modules/b'])
})

test('a lock says what development and optional packages are', () => {
  const packages = packagesOf({ dependencies: { a: '^1' }, devDependencies: { b: '^2' } })
  expect(packages['node_modules/a']).not.toHaveProperty('dev')
  expect(packages['node_modules/b']).toMatchObject({ dev: true })
  expect(packages['node_modules/c']).toMatchObject({ dev: true, optional: true })
  const both = packagesOf({ dependencies: { b: '^2' }, devDependencies: { d: '^1' } })
  expect(both['node_modules/c']).toMatchObject({ devOptional: true })
})

test('a lock that cannot be complete is refused', () => {
  expect(() => packagesOf({ dependencies: { missing: '^1' } })).toThrow(/lacks missing/)
})

test('a package is found as Node finds it: in the nearest node_modules on the way up', () => {
  expect(resolveIn(all, 'node_modules/a', 'b')).toBe('node_modules/a/node_modules/b')
  expect(resolveIn(all, 'node_modules/d', 'b')).toBe('node_modules/b')
  expect(resolveIn(all, 'node_modules/a/node_modules/b', 'c')).toBe('node_modules/c')
  expect(resolveIn(all, '', 'absent')).toBeUndefined()
})

test('the lock of every project is complete, without hosts and without install scripts', async () => {
  const kit = sourceKit()
  for (const row of pairwise(choices)) {
    const { files, manifest } = await plan(kit, answersWith(row), { tasks: [], year: 2026 })
    const text = String(files.find(({ path }) => path === 'package-lock.json')?.content)
    const { packages } = JSON.parse(text)
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }))
      expect(packages).toHaveProperty([`node_modules/${name}`, 'integrity'])
    expect(text).not.toMatch(/https?:\/\/(?!opencollective|github)[^"]*\.tgz|hasInstallScript/)
    for (const { resolved = 'file:' } of Object.values<{ resolved?: string }>(packages))
      expect(resolved).toMatch(/^file:/)
  }
})
