import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

/** A packed package: where it lies and what is in it. */
export interface Tarball {
  readonly path: string
  readonly files: readonly string[]
  readonly bytes: number
}

/** Packs the package that lies in `folder` into `destination`, as the registry would get it. */
export function makeTarball(folder: string, destination: string): Tarball {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', destination]
  const ran = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' })
  if (ran.status !== 0) throw new Error(`npm pack failed in ${folder}:\n${ran.stderr}`)
  const [packed]: readonly PackAnswer[] = JSON.parse(ran.stdout)
  if (!packed) throw new Error(`npm pack said nothing about ${folder}; it printed: ${ran.stdout}`)
  return {
    path: join(destination, packed.filename),
    files: packed.files.map(file => file.path),
    bytes: packed.size,
  }
}

/** What keeps the tarball from being published, one sentence each; `[]` when nothing does. */
export async function tarballProblems(tarball: Tarball): Promise<readonly string[]> {
  return [...sourcesIn(tarball), ...(await publintProblems(tarball))]
}

interface PackAnswer {
  readonly filename: string
  readonly size: number
  readonly files: readonly { readonly path: string }[]
}

/** Node runs no TypeScript below node_modules, and Yeoman would take an index.ts for a generator. */
function sourcesIn({ files }: Tarball): readonly string[] {
  return files
    .filter(file => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .filter(file => !isTemplate(file))
    .map(file => `${file} is a source file; only compiled files are published.`)
}

/** Templates are what a new project holds: there a .ts file is data, except where Yeoman looks. */
function isTemplate(file: string): boolean {
  return file.startsWith('templates/') && !file.endsWith('/index.ts')
}

async function publintProblems({ path }: Tarball): Promise<readonly string[]> {
  const bytes = new Uint8Array(readFileSync(path))
  const { messages, pkg } = await publint({ pack: { tarball: bytes.buffer }, level: 'warning' })
  return messages.map(message => {
    const text = formatMessage(message, pkg, { color: false })
    return `publint: ${text ?? message.code} (${message.path.join('.')})`
  })
}
