import type { Exports, Manifest, Versions } from './workspaces.ts'

/** The package.json that users get: it names compiled files and nothing that only we need. */
export function publishedManifest(manifest: Manifest): Manifest {
  const kept = Object.entries(manifest).filter(([field]) => !isOurs(field, manifest))
  return {
    ...(Object.fromEntries(kept) as Manifest),
    ...(manifest.peerDependencies && { peerDependencies: neededPeers(manifest) }),
    ...(manifest.dependencies && { dependencies: publishedVersions(manifest) }),
    ...(manifest.bin && { bin: mapValues(manifest.bin, compiled) }),
    ...(manifest.exports && { exports: publishedExports(manifest.exports) }),
  }
}

/** The name of the file that tsc makes of a source file; other files keep theirs. */
export function compiled(file: string): string {
  return file.replace(/\.ts$/, '.js')
}

/** The name of the declarations that tsc makes of a source file. */
export function declarations(file: string): string {
  return file.replace(/\.ts$/, '.d.ts')
}

function isOurs(field: string, { workspaces }: Manifest): boolean {
  // The root's optional dependencies pin the Node that this repository is developed on.
  if (field === 'optionalDependencies') return workspaces !== undefined
  return ['scripts', 'devDependencies', 'workspaces', 'peerDependenciesMeta'].includes(field)
}

/**
 * Without the optional ones: npm keeps those out of no `--omit=dev`, and an image would hold every
 * format of tables that a project has among its development dependencies (decision 0011).
 */
function neededPeers({ peerDependencies, peerDependenciesMeta = {} }: Manifest): Versions {
  const all = Object.entries(peerDependencies ?? {})
  return Object.fromEntries(all.filter(([name]) => peerDependenciesMeta[name]?.optional !== true))
}

/** A package of ours that lies beside this one is published at the same version. */
function publishedVersions({ dependencies = {}, version }: Manifest): Record<string, string> {
  return mapValues(dependencies, asked => (asked.startsWith('file:') ? version : asked))
}

function publishedExports(exports: Exports): Exports {
  if (typeof exports !== 'string') return mapValues(exports, publishedExports)
  if (!exports.endsWith('.ts')) return exports
  return { types: declarations(exports), default: compiled(exports) }
}

function mapValues<Value, Mapped>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value) => Mapped,
): Record<string, Mapped> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}
