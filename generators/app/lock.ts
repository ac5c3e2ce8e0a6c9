/** Installed packages as a lock has them, by their path below the project. */
export type LockedPackages = Readonly<Record<string, LockedPackage>>

/** One installed package; fields that nothing here acts on are kept as they are. */
export interface LockedPackage {
  readonly version?: string
  readonly dependencies?: Versions
  readonly optionalDependencies?: Versions
  readonly peerDependencies?: Versions
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
  readonly [field: string]: unknown
}

/** Packages by name with the versions asked for. */
export type Versions = Readonly<Record<string, string>>

/** The parts of a project's package.json that its lock repeats. */
export interface LockedRoot {
  readonly name: string
  readonly version: string
  readonly license?: string
  readonly dependencies?: Versions
  readonly devDependencies?: Versions
  readonly engines?: Versions
}

/**
 * The package-lock.json of a project, cut out of the lock of everything that a project may have: what
 * the project asks for stays in its place, and the rest goes. What npm would write, to the byte.
 */
export function lockOf(root: LockedRoot, all: LockedPackages): string {
  const reached = new Map<string, Reach>()
  for (const name of Object.keys(root.dependencies ?? {})) reach(all, reached, '', name, '')
  for (const name of Object.keys(root.devDependencies ?? {})) reach(all, reached, '', name, 'dev')
  const paths = [...reached.keys()].toSorted((a, b) => a.localeCompare(b, 'en'))
  const packages = paths.map(path => [
    path,
    inOrder({ ...all[path], ...flagsOf(reached.get(path) ?? new Set()) }),
  ])
  const lock = {
    name: root.name,
    version: root.version,
    lockfileVersion: 3,
    requires: true,
    packages: { '': inOrder({ ...root }), ...Object.fromEntries(packages) },
  }
  return `${JSON.stringify(lock, undefined, 2)}\n`
}

/** Where a package lies that the one at `from` asks for by name; `undefined` when nowhere. */
export function resolveIn(all: LockedPackages, from: string, name: string): string | undefined {
  for (
    let folder = from;
    ;
    folder = folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0))
  ) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`
    if (Object.hasOwn(all, path)) return path
    if (folder === '') return undefined
  }
}

/** By which kinds of ways a package is reached: through `dev`, through optional ones, both or neither. */
type Way = '' | 'dev' | 'optional' | 'dev optional'
type Reach = Set<Way>

function reach(
  all: LockedPackages,
  reached: Map<string, Reach>,
  from: string,
  name: string,
  way: Way,
): void {
  const path = resolveIn(all, from, name)
  if (path === undefined) {
    if (way.includes('optional')) return
    throw new Error(`The lock of the generator lacks ${name}, which ${from || 'a project'} needs.`)
  }
  const ways = reached.get(path) ?? new Set()
  if (ways.has(way)) return
  reached.set(path, ways.add(way))
  const { dependencies = {}, optionalDependencies = {}, ...entry } = all[path] ?? {}
  const { peerDependencies = {}, peerDependenciesMeta = {} } = entry
  const optional: Way = way.startsWith('dev') ? 'dev optional' : 'optional'
  for (const each of Object.keys(dependencies)) reach(all, reached, path, each, way)
  for (const each of Object.keys(optionalDependencies)) reach(all, reached, path, each, optional)
  for (const each of Object.keys(peerDependencies))
    if (peerDependenciesMeta[each]?.optional !== true) reach(all, reached, path, each, way)
}

/** What `npm ci --omit` goes by. */
function flagsOf(ways: Reach): object {
  const all = [...ways]
  const dev = all.every(way => way.startsWith('dev'))
  const optional = all.every(way => way.endsWith('optional'))
  if (dev || optional) return { ...(dev && { dev }), ...(optional && { optional }) }
  const isNeeded = ways.has('')
  return isNeeded ? {} : { devOptional: true }
}

/** Fields in npm's order: plain ones first, then objects, each by a few favourites and the alphabet. */
function inOrder(entry: Readonly<Record<string, unknown>>): object {
  const rank = ([name, value]: readonly [string, unknown]) => {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    const favourite = favourites.indexOf(name)
    return [isObject ? 1 : 0, favourite < 0 ? favourites.length : favourite] as const
  }
  return Object.fromEntries(
    Object.entries(entry).toSorted((a, b) => {
      const [[aObject, aRank], [bObject, bRank]] = [rank(a), rank(b)]
      return aObject - bObject || aRank - bRank || a[0].localeCompare(b[0], 'en')
    }),
  )
}

const favourites: readonly string[] = [
  'name',
  'version',
  'lockfileVersion',
  'resolved',
  'integrity',
  'requires',
  'packages',
  'dependencies',
]
