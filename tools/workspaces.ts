import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The root of this repository. */
export const ROOT = join(import.meta.dirname, '..')

/** One package of this repository: the root (the generator) or a workspace. */
export interface Package {
  readonly name: string
  /** Where its sources lie, relative to the root; `.` for the root itself. */
  readonly folder: string
  readonly manifest: Manifest
}

/** The fields of a package.json that our tools act on; others are kept as they are. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly workspaces?: readonly string[]
  readonly bin?: Readonly<Record<string, string>>
  readonly exports?: Exports
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Versions
  readonly devDependencies?: Versions
  readonly optionalDependencies?: Versions
  readonly peerDependencies?: Versions
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
  readonly [field: string]: unknown
}

/** The `exports` of a package.json: a file, or files by path or condition. */
export type Exports = string | { readonly [key: string]: Exports }

/** Packages by name with the versions asked for. */
export type Versions = Readonly<Record<string, string>>

/** The root package and its workspaces, the root first. */
export function readPackages(root: string = ROOT): readonly Package[] {
  const manifest = readManifest(root)
  const workspaces = (manifest.workspaces ?? []).map(folder => packageAt(root, folder))
  return [{ name: manifest.name, folder: '.', manifest }, ...workspaces]
}

/** The source files that the package's `exports` and `bin` name, relative to its folder, in order. */
export function entryFiles({ manifest }: Package): readonly string[] {
  const files = [...exportedFiles(manifest.exports ?? {}), ...Object.values(manifest.bin ?? {})]
  return [...new Set(files)].filter(file => file.endsWith('.ts'))
}

/** Those of the package's entry files that are not there. */
export function missingEntries(each: Package, root: string = ROOT): readonly string[] {
  return entryFiles(each).filter(file => !existsSync(join(root, each.folder, file)))
}

/** Every file that an `exports` field leads to. */
export function exportedFiles(exports: Exports): readonly string[] {
  if (typeof exports === 'string') return [exports]
  return Object.values(exports).flatMap(exportedFiles)
}

function packageAt(root: string, folder: string): Package {
  const manifest = readManifest(join(root, folder))
  return { name: manifest.name, folder, manifest }
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}
