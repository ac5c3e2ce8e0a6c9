import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, type Versions } from './workspaces.ts'

/** The parts of package-lock.json that our checks read. */
export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

/** One installed package as the lock has it, by its path below node_modules. */
export interface LockedPackage {
  readonly version?: string
  readonly hasInstallScript?: true
  readonly optionalDependencies?: Versions
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
