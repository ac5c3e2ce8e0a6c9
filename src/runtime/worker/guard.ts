import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'

/**
 * Ends runners that a killed worker leaves behind: one that is in an endless loop would not notice
 * and run for ever. A shell of a megabyte holds the list of them and waits for its input to close,
 * which happens whatever ended the worker. Where there is no `sh` nothing is guarded.
 */
export const guard = {
  add: (pid: number) => tell(`+ ${pid}`),
  /** The process has ended: its number may soon be another's. */
  remove: (pid: number) => tell(`- ${pid}`),
} as const

const script = `pids=' '
while read -r verb pid; do
  case "$verb$pids" in
    +*) pids="$pids$pid " ;;
    -*" $pid "*) pids="\${pids%%" $pid "*} \${pids#*" $pid "}" ;;
  esac
done
for pid in $pids; do kill -s KILL -- "-$pid" 2>/dev/null; done`

let shell: ChildProcess | undefined

function tell(line: string): void {
  shell ??= start()
  shell.stdin?.write(`${line}\n`)
}

/** In a group of its own, so that what kills the worker's group does not kill it too. */
function start(): ChildProcess {
  const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  // Runners work without a guard as well.
  child.on('error', () => {})
  child.stdin.on('error', () => {})
  child.unref()
  ;(child.stdin as Socket).unref()
  return child
}
