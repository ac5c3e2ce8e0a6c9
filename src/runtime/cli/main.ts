#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

// Everything modern is imported behind this check: an old Node gets a sentence, not a stack trace.
if (major > 24 || (major === 24 && minor >= 15)) {
  const { enableCompileCache } = await import('node:module')
  const { compileCacheFolder } = await import('../worker/compile-cache.ts')
  enableCompileCache(compileCacheFolder())
  const { run } = await import('./program.ts')
  const { leaveWhenDone } = await import('./leave.ts')
  process.exitCode = await run(process.argv.slice(2))
  leaveWhenDone()
} else {
  process.stderr.write(
    `taskq needs Node 24.15 or newer; this is ${process.version}. In a taskq project run it through npm (npx taskq ...), which uses the pinned one.\n`,
  )
  process.exitCode = 64
}

export {}
