import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { repositoryFiles } from '../../tools/files.ts'
import { ROOT } from '../../tools/workspaces.ts'

/** The folders of src/runtime in the order in which data flows: none imports from one after it. */
const order = [
  ...['queue', 'config', 'terminal', 'code', 'drivers', 'storage', 'tables', 'insert', 'results'],
  ...['worker', 'watching', 'logs', 'cli', 'testing'],
]

/** The one arrow back: a URL names the driver that is loaded for it. */
const registry = 'queue/open.ts'

test('no folder of the runtime imports from one that comes after it', () => {
  const back = importsOfRuntime()
    .filter(({ file, target }) => order.indexOf(folderOf(file)) < order.indexOf(folderOf(target)))
    .filter(({ file, target }) => file !== registry || folderOf(target) !== 'drivers')
    .map(({ file, target }) => `${file} imports ${target}`)
  expect(back).toEqual([])
})

test('every folder of the runtime stands in that order', () => {
  const folders = new Set(runtimeFiles().map(folderOf))
  folders.delete('')
  expect([...folders].sort()).toEqual([...order].sort())
})

test('CONTRIBUTING.md names the folders of the runtime in this order', () => {
  const page = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8')
  const named = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, folder]) => folder)
  expect(named).toEqual(order)
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
