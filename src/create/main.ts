#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

// Everything modern is imported behind this check: an old Node gets a sentence, not a stack trace.
if (major > 24 || (major === 24 && minor >= 15)) {
  const { run } = await import('./program.ts')
  process.exitCode = await run(process.argv.slice(2))
} else {
  const found = process.versions.node
  const instead = 'Start it by npx or npm create, which bring the Node it needs.'
  process.stderr.write(`create-taskq-project: Node 24.15 is needed, this is ${found}. ${instead}\n`)
  process.exitCode = 64
}

export {}
