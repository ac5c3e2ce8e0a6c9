import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { dirname, extname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { TaskqError } from '../queue/errors.ts'
import { importsOf } from './imports.ts'
import { lockedPackages } from './lock.ts'

/** What a hash of code was taken from. */
export interface CodeHash {
  /** 16 hexadecimal digits: equal wherever the same files and packages lie. */
  readonly hash: string
  /** The files that were reached, relative to the folder of the first. */
  readonly files: readonly string[]
}

/**
 * Names the code that a file stands for: the file, all it reaches by relative imports, and the
 * packages of the nearest package-lock.json. The folder it lies in makes no difference.
 */
export async function hashCode(entry: string): Promise<CodeHash> {
  const start = resolve(entry)
  const found = new Map<string, SourceFile>()
  const waiting = [{ path: start, importer: undefined as string | undefined }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next.path)) continue
    const file = await readSource(next.path, next.importer)
    found.set(next.path, file)
    for (const path of file.reaches) waiting.push({ path, importer: next.path })
  }
  const folder = dirname(start)
  const parts = [...found].map(([path, { digest }]) => [portable(relative(folder, path)), digest])
  const packages = await lockedPackages(folder)
  const text = JSON.stringify([parts.toSorted(byName), packages])
  return {
    hash: createHash('sha256').update(text).digest('hex').slice(0, 16),
    files: parts.map(([name = '']) => name).toSorted(),
  }
}

interface SourceFile {
  readonly digest: string
  /** Absolute paths of what it imports. */
  readonly reaches: readonly string[]
}

interface Cached {
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly file: SourceFile
}

/** By path; good as long as the file's size and time are as they were. */
const cache = new Map<string, Cached>()

async function readSource(path: string, importer: string | undefined): Promise<SourceFile> {
  try {
    const { size, mtimeNs } = await stat(path, { bigint: true })
    const known = cache.get(path)
    if (known?.size === size && known.mtimeNs === mtimeNs) return known.file
    const bytes = await readFile(path)
    const digest = createHash('sha256').update(bytes).digest('hex')
    const file = { digest, reaches: reached(path, bytes) }
    cache.set(path, { size, mtimeNs, file })
    return file
  } catch (cause) {
    const by = importer === undefined ? '' : `, which ${importer} imports`
    throw new TaskqError(
      'invalid',
      `${path}${by}, cannot be read, so the code cannot be named by a hash. Mend the import or put the file back.`,
      { cause },
    )
  }
}

const scripts = new Set(['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'])

function reached(path: string, bytes: Buffer): readonly string[] {
  if (!scripts.has(extname(path))) return []
  return importsOf(bytes.toString('utf8'))
    .filter(specifier => /^\.\.?\//.test(specifier) || specifier.startsWith('file:'))
    .map(specifier => pathOf(specifier, path))
}

function pathOf(specifier: string, importer: string): string {
  const path = fileURLToPath(new URL(specifier, pathToFileURL(importer)))
  // TypeScript lets a .ts file be named by the .js that it becomes.
  const written = path.replace(/\.([mc]?)js$/, '.$1ts')
  return !existsSync(path) && existsSync(written) ? written : join(path)
}

const portable = (path: string) => path.split(sep).join('/')

function byName([one = '']: readonly string[], [other = '']: readonly string[]): number {
  return one < other ? -1 : one > other ? 1 : 0
}
