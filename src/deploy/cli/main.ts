#!/usr/bin/env node
import { nodeProblem } from './node-version.ts'

// Everything modern is imported behind this check: an old Node gets a sentence, not a stack trace.
const problem = nodeProblem(process.versions.node)
if (problem === undefined) {
  const { enableCompileCache } = await import('node:module')
  const { compileCacheFolder } = await import('taskq-runtime/compile-cache')
  enableCompileCache(compileCacheFolder())
  const { run } = await import('./program.ts')
  process.exitCode = await run(process.argv.slice(2))
  // What nobody waits for any more, such as a server that says nothing, must not keep the process.
  setTimeout(() => process.exit(), 1_000).unref()
} else {
  process.stderr.write(`taskq-deploy: ${problem}\n`)
  process.exitCode = 64
}
