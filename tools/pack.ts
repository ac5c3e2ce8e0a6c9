import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, extname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { lockName, vendored } from '../generators/app/kit.ts'
import { compile } from './compile.ts'
import { projectLock, readLock, withInstallScripts } from './lock.ts'
import { publishedManifest } from './published.ts'
import { makeTarball, tarballProblems } from './tarball.ts'
import { missingEntries, type Package, ROOT, readPackages } from './workspaces.ts'

const HELP = `Usage: npm run pack -- [--out <folder>] [package...]

Compiles the packages (default: all), lays out what is published in
<folder>/<package>, makes <folder>/tarballs/*.tgz and checks each tarball.
<folder> is build by default.

Ends with 0 when every tarball may be published, 1 when one may not, 64 on
wrong usage.
`

const GENERATOR = 'generator-taskq-project'

try {
  process.exitCode = await main()
} catch (error) {
  console.error(`pack: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}

async function main(): Promise<number> {
  const asked = parse()
  if (typeof asked === 'number') return asked
  const problems: string[] = []
  const scripts = withInstallScripts(readLock())
  for (const path of scripts) problems.push(`${path} runs a script when it is installed; use none.`)
  const compiledFolder = join(asked.out, 'compiled')
  compile(compiledFolder, 'published')
  console.log(`compiled   ${asked.packages.length} packages`)
  const tarballs = join(asked.out, 'tarballs')
  rmSync(tarballs, { recursive: true, force: true })
  mkdirSync(tarballs, { recursive: true })
  for (const each of asked.packages) {
    const folder = layOut(each, compiledFolder, asked.out)
    const tarball = makeTarball(folder, tarballs)
    const found = await tarballProblems(tarball)
    const size = `${tarball.files.length} files, ${Math.ceil(tarball.bytes / 1024)} KiB`
    console.log(
      `${found.length === 0 ? 'packed ' : 'REFUSED'}    ${basename(tarball.path)}  ${size}`,
    )
    problems.push(...found.map(problem => `${each.name}: ${problem}`))
  }
  for (const problem of problems) console.error(`problem    ${problem}`)
  return problems.length === 0 ? 0 : 1
}

interface Asked {
  readonly out: string
  readonly packages: readonly Package[]
}

/** What the command line asks for, or the exit code when there is nothing to do. */
function parse(): Asked | number {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { out: { type: 'string', default: join(ROOT, 'build') }, help: { type: 'boolean' } },
    })
    if (values.help) {
      console.log(HELP)
      return 0
    }
    return { out: resolve(values.out), packages: choose(positionals) }
  } catch (error) {
    console.error(`pack: ${error instanceof Error ? error.message : String(error)}`)
    return 64
  }
}

function choose(names: readonly string[]): readonly Package[] {
  // The generator, which is the root, carries the tarballs of others: it is packed last.
  const all = readPackages().toSorted((a, b) => Number(a.folder === '.') - Number(b.folder === '.'))
  const known = all.map(each => each.name)
  const unknown = names.find(name => !known.includes(name))
  if (unknown) throw new Error(`there is no package "${unknown}"; there are ${known.join(', ')}.`)
  const wanted = names.includes(GENERATOR) ? [...names, ...vendored] : names
  const chosen = all.filter(({ name }) => names.length === 0 || wanted.includes(name))
  for (const each of chosen) {
    const [missing] = missingEntries(each)
    if (missing === undefined) continue
    throw new Error(`${each.folder}/package.json names ${missing}, which is not there.`)
  }
  return chosen
}

/** Puts together what is published of a package and answers the folder it lies in. */
function layOut(each: Package, compiledFolder: string, out: string): string {
  const target = join(out, each.name)
  const source = join(ROOT, each.folder)
  rmSync(target, { recursive: true, force: true })
  if (each.folder === '.') {
    copy(join(compiledFolder, 'generators'), join(target, 'generators'))
    copy(join(ROOT, 'templates'), join(target, 'templates'))
    layOutVendor(join(target, 'vendor'), join(out, 'tarballs'))
  } else {
    copy(source, target, file => extname(file) !== '.ts' && basename(file) !== 'node_modules')
    copy(join(compiledFolder, each.folder), target)
  }
  for (const file of ['README.md', 'LICENSE', 'CHANGELOG.md']) {
    const own = join(source, file)
    copy(existsSync(own) ? own : join(ROOT, file), join(target, file))
  }
  const manifest = JSON.stringify(publishedManifest(each.manifest), undefined, 2)
  writeFileSync(join(target, 'package.json'), `${manifest}\n`)
  return target
}

/** What new projects carry, and the versions of all that they may have beside it. */
function layOutVendor(target: string, tarballs: string): void {
  const own = readPackages().filter(({ name }) => vendored.some(each => each === name))
  for (const { name, manifest } of own) {
    const file = `${name}-${manifest.version}.tgz`
    copy(join(tarballs, file), join(target, file))
  }
  const lock = JSON.stringify(projectLock(readLock(), own))
  writeFileSync(join(target, lockName), `${lock}\n`)
}

function copy(from: string, to: string, filter: (file: string) => boolean = () => true): void {
  if (existsSync(from)) cpSync(from, to, { recursive: true, filter })
}
