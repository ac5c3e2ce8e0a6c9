import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { repositoryFiles } from '../../tools/files.ts'
import { ROOT } from '../../tools/workspaces.ts'

/**
 * Which folders of src/runtime each folder imports from. Data flows from the first row to the last, and
 * a row names only rows above it.
 */
const arrows = {
  queue: [],
  config: ['queue'],
  terminal: ['queue'],
  code: ['queue'],
  drivers: ['queue', 'config'],
  storage: ['queue', 'config'],
  tables: ['queue', 'config', 'storage'],
  insert: ['queue', 'config', 'terminal', 'code', 'storage', 'tables'],
  results: ['queue', 'config', 'terminal', 'tables', 'insert'],
  worker: ['queue', 'config', 'code', 'results'],
  watching: ['queue', 'terminal', 'worker'],
  logs: ['queue', 'config', 'storage', 'watching'],
  cli: [
    ...['queue', 'config', 'terminal', 'code', 'storage', 'tables', 'insert', 'results', 'worker'],
    ...['watching', 'logs'],
  ],
  testing: ['queue', 'results'],
} as const

/** The one arrow back: a URL names the driver that is loaded for it. */
const registry = 'queue/open.ts'

const order: readonly string[] = Object.keys(arrows)

test('the folders of the runtime import from each other as the table says', () => {
  const found = new Map(order.map(folder => [folder, new Set<string>()]))
  for (const { file, target } of importsOfRuntime())
    if (file !== registry || folderOf(target) !== 'drivers')
      found.get(folderOf(file))?.add(folderOf(target))
  const sorted = [...found].map(([folder, targets]) => [folder, order.filter(f => targets.has(f))])
  expect(Object.fromEntries(sorted)).toEqual(arrows)
})

test('no folder of the runtime imports from one that comes after it', () => {
  for (const [at, targets] of Object.values(arrows).entries())
    for (const target of targets) expect(order.indexOf(target)).toBeLessThan(at)
})

test('every folder of the runtime stands in the table', () => {
  const folders = new Set(runtimeFiles().map(folderOf))
  folders.delete('')
  expect([...folders].sort()).toEqual([...order].sort())
})

test('the queue comes to its drivers only when a URL asks for one', () => {
  const text = read(registry)
  expect(text).toContain("import('../drivers/")
  expect(text).not.toMatch(/from '\.\.\/drivers\//)
})

interface Import {
  readonly file: string
  readonly target: string
}

/** Imports between folders of the runtime; files that belong to no folder are left out. */
function importsOfRuntime(): readonly Import[] {
  return runtimeFiles()
    .flatMap(file =>
      [...read(file).matchAll(/(?:from |import\(|import )'(\.[^']+)'/g)].map(([, path = '']) => ({
        file,
        target: normalize(join(dirname(file), path)),
      })),
    )
    .filter(({ file, target }) => folderOf(file) !== folderOf(target))
    .filter(({ file, target }) => folderOf(file) !== '' && folderOf(target) !== '')
}

/** Paths below src/runtime. */
function runtimeFiles(): readonly string[] {
  return repositoryFiles()
    .filter(file => file.startsWith('src/runtime/') && file.endsWith('.ts'))
    .map(file => file.slice('src/runtime/'.length))
}

/** The first folder of a path, `''` of a file that lies in none. */
function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')).replace('..', '') : ''
}

function read(file: string): string {
  return readFileSync(join(ROOT, 'src/runtime', file), 'utf8')
}
