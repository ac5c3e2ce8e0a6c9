/** Runs Node with these words, and ends all it started once whoever reads this process is gone. */
import { spawn } from 'node:child_process'

const child = spawn(process.execPath, process.argv.slice(2), {
  stdio: ['ignore', 'inherit', 'ignore'],
})
child.on('exit', code => process.exit(code ?? 1))
// Nothing is ever written there: it ends with the process at its other side, however that ends.
process.stdin.on('close', endAll).on('error', endAll).resume()

/** This process too: it leads the group. */
function endAll(): void {
  process.kill(-process.pid, 'SIGKILL')
}
