/** Why this version of Node cannot run the command, as a sentence; `undefined` when it can. */
export function nodeProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > FLOOR.major || (major === FLOOR.major && minor >= FLOOR.minor)) return undefined
  return `this is Node ${version}; Node ${FLOOR.major}.${FLOOR.minor} or newer is needed. Install it, or run the command by "npx" in a project that brings its own.`
}

const FLOOR = { major: 24, minor: 15 } as const
