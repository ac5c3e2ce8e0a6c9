import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { declarations } from './published.ts'
import { exportedFiles, type Package } from './workspaces.ts'

/** One public entry point as text: every declaration that it leads to inside its package. */
export interface Snapshot {
  /** `<package>.<entry>.txt`, with `index` for the package itself. */
  readonly file: string
  readonly text: string
}

/** The API of a package, an entry a snapshot, from what tsc emitted into `compiledFolder`. */
export function snapshots(each: Package, compiledFolder: string): readonly Snapshot[] {
  const { exports = {} } = each.manifest
  const entries = typeof exports === 'string' ? { '.': exports } : exports
  const folder = join(compiledFolder, each.folder)
  return Object.entries(entries).flatMap(([path, target]) => {
    const source = exportedFiles(target).find(file => file.endsWith('.ts'))
    // An entry that is not written yet has no API; packing is what refuses it.
    if (source === undefined || !existsSync(join(folder, declarations(source)))) return []
    const entry = path === '.' ? 'index' : path.slice('./'.length).replaceAll('/', '.')
    return [{ file: `${each.name}.${entry}.txt`, text: flatten(folder, posix.normalize(source)) }]
  })
}

/** The declarations of `entry` and of all local files it leads to, each file once, in order of first mention. */
function flatten(folder: string, entry: string): string {
  const files = new Map<string, string>()
  const visit = (source: string) => {
    if (files.has(source)) return
    const text = readFileSync(join(folder, declarations(source)), 'utf8')
    files.set(source, normalised(text))
    for (const next of localImports(text)) visit(posix.join(dirname(source), next))
  }
  visit(entry)
  return [...files].map(([source, text]) => `==> ${source} <==\n${text}`).join('\n')
}

/** Relative modules in the order they are named, be it by import, export or `import('...')` types. */
function localImports(text: string): readonly string[] {
  return [...text.matchAll(/(?:from |import\(|^import )['"](\.[^'"]+\.ts)['"]/gm)].flatMap(
    ([, path]) => path ?? [],
  )
}

/** Without shebangs and blank lines, which say nothing about the API. */
function normalised(text: string): string {
  const lines = text.split('\n').map(line => line.trimEnd())
  return `${lines.filter(line => line !== '' && !line.startsWith('#!')).join('\n')}\n`
}
