import { spawn } from 'node:child_process'
import type { TestContext } from 'vitest'
import { needProgram } from '../support/need.ts'
import { relay } from '../support/relay.ts'
import { cleanEnv, follow, mainPath } from './taskq.ts'

/** Starts `taskq` in a terminal. Both of its streams come out as one. */
export function taskqInTerminal(
  context: TestContext,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  needProgram(context, 'python3')
  const child = spawn('python3', ['-c', relay, process.execPath, mainPath, ...args], {
    env: { ...cleanEnv(), TERM: 'xterm-256color', ...env },
  })
  return follow(child)
}
