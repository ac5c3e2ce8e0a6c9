import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { type Package, ROOT, readPackages } from '../../tools/workspaces.ts'

/** Packs the packages below `folder` and installs the tarballs into its node_modules. */
export function packAndInstall(folder: string, packages: readonly Package[]): void {
  const names = packages.map(({ name }) => name)
  const packed = nodeIn(ROOT, 'tools/pack.ts', '--out', folder, ...names)
  expect(packed.status, packed.output).toBe(0)
  for (const each of packages) install(folder, join(folder, 'tarballs', tarballOf(each)), each)
}

/** The file name of a package's tarball. */
export function tarballOf({ name, manifest }: Package): string {
  return `${name}-${manifest.version}.tgz`
}

/**
 * Puts a tarball where npm would, without a network. Beside it come links to what the package
 * declares to need and to nothing else, so that an undeclared import fails.
 */
export function install(folder: string, tarball: string, { name, manifest }: Package): void {
  const target = join(folder, 'node_modules', name)
  mkdirSync(target, { recursive: true })
  const args = ['-xzf', tarball, '--strip-components=1', '-C', target]
  const extracted = spawnSync('tar', args, { encoding: 'utf8' })
  expect(extracted.status, extracted.stderr).toBe(0)
  const ours = readPackages().map(each => each.name)
  for (const needed of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    const link = join(folder, 'node_modules', needed)
    const installed = join(ROOT, 'node_modules', needed)
    if (ours.includes(needed) || existsSync(link) || !existsSync(installed)) continue
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(installed, link)
  }
}

/** Runs Node in `folder` to its end; output is both streams. */
export function nodeIn(folder: string, ...args: readonly string[]) {
  const ran = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  return { status: ran.status, output: `${ran.stdout}${ran.stderr}` }
}
