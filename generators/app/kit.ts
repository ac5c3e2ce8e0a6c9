import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import type { LockedPackages } from './lock.ts'

/** What projects are made from, all in memory: templates, our packed packages, locked versions. */
export interface Kit {
  /** The version of the generator and of all our packages. */
  readonly version: string
  /** Files below templates/ by their path with slashes. */
  readonly templates: ReadonlyMap<string, Uint8Array>
  /** Our own packages by name, as packed. */
  readonly packages: ReadonlyMap<string, PackedPackage>
  /** Every package that a project may have, as `npm install` found them together. */
  readonly locked: LockedPackages
}

/** A tarball of ours that projects carry in vendor/. */
export interface PackedPackage {
  readonly file: string
  readonly bytes: Uint8Array
  /** As package-lock.json has it. */
  readonly integrity: string
}

/** Reads the kit of the package in `folder`: an installed generator, or this repository. */
export function readKit(folder: string): Kit {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  // In the repository the generator is run as it lies; what only packing makes is in build/.
  const vendor = ['vendor', 'build/generator-taskq-project/vendor']
    .map(candidate => join(folder, candidate))
    .find(candidate => existsSync(join(candidate, lockName)))
  if (vendor === undefined)
    throw new Error('The packages that a project carries are not packed yet. Run: npm run pack')
  return {
    version,
    templates: readTemplates(folder),
    packages: new Map(vendored.map(name => [name, readPacked(vendor, name, version)])),
    locked: JSON.parse(readFileSync(join(vendor, lockName), 'utf8')).packages,
  }
}

/** The packages of ours that a project may carry. */
export const vendored = ['taskq-runtime', 'taskq-deploy', 'taskq-node'] as const

/** What the packed generator calls the lock of everything: npm packs no package-lock.json. */
export const lockName = 'lock.json'

function readPacked(vendor: string, name: string, version: string): PackedPackage {
  const file = `${name}-${version}.tgz`
  if (!existsSync(join(vendor, file)))
    throw new Error(`${file} is not there for the project to use. Run: npm run pack`)
  const bytes = readFileSync(join(vendor, file))
  return { file, bytes, integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}` }
}

/** The templates of the package in `folder`. */
export function readTemplates(folder: string): Kit['templates'] {
  return readFolder(join(folder, 'templates'))
}

function readFolder(folder: string): ReadonlyMap<string, Uint8Array> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter(entry => entry.isFile()).map(e => join(e.parentPath, e.name))
  const named = paths.map(
    path =>
      [
        path
          .slice(folder.length + 1)
          .split(sep)
          .join('/'),
        path,
      ] as const,
  )
  return new Map(named.toSorted(byPath).map(([name, path]) => [name, readFileSync(path)]))
}

function byPath([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1
}
