import { spawnSync } from 'node:child_process'
import type { TestContext } from 'vitest'

/**
 * Skips the running test where a program is missing, with the reason; in CI, which installs what
 * the tests need, its absence is a failure.
 */
export function needProgram(context: TestContext, program: string, install = program): void {
  const found = spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0
  if (!found) without(context, `${program} is not installed (apt-get install ${install})`)
}

/** Skips the running test, with the reason, unless this is CI. */
export function without(context: TestContext, reason: string): void {
  if (process.env['CI'] === 'true') throw new Error(`CI must be able to run this: ${reason}`)
  context.skip(reason)
}
