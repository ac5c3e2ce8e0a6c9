/** Whether a Node is too old for what is made here, by its version such as `20.20.0`. */
export function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < 24 || (major === 24 && minor < 15)
}
