import { spawn } from 'node:child_process'
import type { TestContext } from 'vitest'
import { needProgram } from '../support/need.ts'
import { cleanEnv, follow, mainPath } from './taskq.ts'

/** Runs a program in a terminal of 80 columns: what is typed comes in, what is shown goes out. */
const relay = `
import fcntl, os, pty, select, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
    os.execv(sys.argv[1], sys.argv[1:])
typing = [0]
while True:
    ready, _, _ = select.select([terminal] + typing, [], [])
    if terminal in ready:
        try:
            shown = os.read(terminal, 65536)
        except OSError:
            break
        if not shown:
            break
        os.write(1, shown)
    elif ready:
        typed = os.read(0, 65536)
        if typed:
            os.write(terminal, typed)
        else:
            typing = []
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`

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
