import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { type Manifest, ROOT, readPackages } from '../../tools/workspaces.ts'
import { withoutProgress } from './progress.ts'
import { install } from './tarballs.ts'

/** Installs what a project asks for without a network: its tarballs, and links to what we have. */
export function linkPackages(project: string): void {
  const { dependencies, devDependencies }: Manifest = JSON.parse(
    readFileSync(join(project, 'package.json'), 'utf8'),
  )
  const modules = join(project, 'node_modules')
  mkdirSync(join(modules, '.bin'), { recursive: true })
  for (const [name, asked] of Object.entries({ ...dependencies, ...devDependencies })) {
    const own = readPackages().find(each => each.name === name)
    if (own !== undefined) install(project, join(project, asked.slice('file:'.length)), own)
    else link(join(ROOT, 'node_modules', name), join(modules, name))
    const manifest: Manifest = JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8'))
    for (const [command, file] of Object.entries(manifest.bin ?? {}))
      link(join(modules, name, file), join(modules, '.bin', command))
  }
  link(process.execPath, join(modules, '.bin/node'))
}

/** Runs a script of a project to its end, with nobody to answer it. */
export function npmRun(project: string, ...words: readonly string[]) {
  const { CI: _, ...env } = process.env
  const args = ['run', '--silent', ...words]
  const ran = spawnSync('npm', args, { cwd: project, encoding: 'utf8', env })
  return { status: ran.status, out: ran.stdout, err: withoutProgress(ran.stderr) }
}

/** The same while this process goes on, as a server that it asks must; with variables of its own. */
export async function npmRunBeside(
  project: string,
  variables: Readonly<Record<string, string>>,
  ...words: readonly string[]
) {
  const { CI: _, ...env } = process.env
  const child = spawn('npm', ['run', '--silent', ...words], {
    ...{ cwd: project, env: { ...env, ...variables } },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const [status] = await once(child, 'close')
  return { status: status as number | null, out, err: withoutProgress(err) }
}

function link(target: string, path: string): void {
  if (existsSync(path)) return
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(relative(dirname(path), target), path)
}
