import type { Exports, Manifest } from './workspaces.ts'

/** The package.json that users get: it names compiled files and nothing that only we need. */
export function publishedManifest(manifest: Manifest): Manifest {
  const kept = Object.entries(manifest).filter(([field]) => !isOurs(field, manifest))
  return {
    ...(Object.fromEntries(kept) as Manifest),
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
  return ['scripts', 'devDependencies', 'workspaces'].includes(field)
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
