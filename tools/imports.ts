/** The packages that a source text imports, be it statically, lazily or by `import.meta.resolve`. */
export function importedPackages(source: string): readonly string[] {
  const found = PATTERNS.flatMap(pattern => [...source.matchAll(pattern)])
  const packages = found.flatMap(([, specifier]) => packageOf(specifier ?? ''))
  return [...new Set(packages)].toSorted()
}

const PATTERNS = [
  /^(?:import|export)\s[^'"`;=]*?from\s+['"]([^'"]+)['"]/gm,
  /^import\s+['"]([^'"]+)['"]/gm,
  /\bimport(?:\.meta\.resolve)?\(\s*['"]([^'"]+)['"]/gm,
] as const

/** `@scope/name/path` is of the package `@scope/name`; files and Node's own modules are of none. */
function packageOf(specifier: string): readonly string[] {
  if (/^(\.|\/|#|node:|data:|file:)/.test(specifier)) return []
  const parts = specifier.split('/')
  return [parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')]
}
