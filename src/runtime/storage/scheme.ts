/** The scheme of an address in lower case; `undefined` for a plain path. */
export function schemeOf(address: string): string | undefined {
  return /^([a-z][a-z0-9+.-]+):/i.exec(address)?.[1]?.toLowerCase()
}
