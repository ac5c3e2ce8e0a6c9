import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** Runs a program to its end, which must be a good one. */
export async function endsWell(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const code = await new Promise(resolve => child.on('close', resolve))
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}`)
}

/** A program that works and says in lines how far it is; the answer stops it. */
export function countedBy(
  program: string,
  args: readonly string[],
  finishedBy: (line: string) => number,
  done: (tasks: number) => void,
): () => Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = new Promise<void>(resolve => child.on('close', () => resolve()))
  let reported = 0
  createInterface({ input: child.stdout }).on('line', line => {
    const finished = finishedBy(line)
    done(finished - reported)
    reported = finished
  })
  return () => {
    child.kill('SIGKILL')
    return gone
  }
}
