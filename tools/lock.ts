import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { publishedManifest } from './published.ts'
import { type Package, ROOT, type Versions } from './workspaces.ts'

/** The parts of package-lock.json that our checks read. */
export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

/** One installed package as the lock has it, by its path below node_modules. */
export interface LockedPackage {
  readonly version?: string
  readonly hasInstallScript?: true
  readonly optionalDependencies?: Versions
  /** Whether it is a workspace, which lies elsewhere. */
  readonly link?: true
  readonly [field: string]: unknown
}

/** Reads the repository's lock. */
export function readLock(root: string = ROOT): Lock {
  return JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
}

/** Installed packages that run a script when they are installed, which we allow none to do. */
export function withInstallScripts({ packages }: Lock): readonly string[] {
  return Object.entries(packages).flatMap(([path, locked]) =>
    locked.hasInstallScript ? [path] : [],
  )
}

/**
 * Optional packages that others name and the lock does not hold: `npm ci` refuses such a lock, on
 * every platform. They go missing when a version was not published for one platform.
 */
export function missingOptionals({ packages }: Lock): readonly string[] {
  const held = new Set(Object.keys(packages).map(path => path.split('node_modules/').at(-1)))
  return Object.entries(packages).flatMap(([path, locked]) =>
    Object.keys(locked.optionalDependencies ?? {})
      .filter(name => !held.has(name))
      .map(name => `${name}, named by ${path || 'the root'}`),
  )
}

const flags: readonly string[] = ['dev', 'optional', 'devOptional', 'peer']

/**
 * Every package that a new project may have, by the path it would have there: what the lock of this
 * repository holds, which is what the tests ran with. Our own packages come as they are published.
 */
export function projectLock({ packages }: Lock, own: readonly Package[]): Lock {
  const entries = Object.entries(packages).flatMap(([path, locked]) => {
    // Who reaches a package differs in a project, so it is worked out there.
    const plain = Object.fromEntries(
      Object.entries(locked).filter(([field]) => !flags.includes(field)),
    )
    if (path.startsWith('node_modules/') && !locked.link) return [[path, plain] as const]
    const home = own.find(({ folder }) => path === folder || path.startsWith(`${folder}/`))
    if (home === undefined) return []
    return [[`node_modules/${home.name}${path.slice(home.folder.length)}`, plain] as const]
  })
  const published = own.map(({ name, manifest }) => {
    const { version, license, engines, bin, dependencies, optionalDependencies } =
      publishedManifest(manifest)
    const all = { version, license, engines, bin, dependencies, optionalDependencies }
    const stated = Object.entries(all).filter(([, value]) => value !== undefined)
    return [`node_modules/${name}`, Object.fromEntries(stated)] as const
  })
  return { packages: { ...Object.fromEntries(entries), ...Object.fromEntries(published) } }
}
