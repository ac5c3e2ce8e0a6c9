import { spawn } from 'node:child_process'
import { userInfo } from 'node:os'
import { TaskqError } from 'taskq-runtime'
import type { Shell } from 'taskq-runtime/cli'
import type { Gke } from '../gke/gke.ts'
import type { ProgramCall } from '../image/build.ts'
import type { KubeApi } from '../kube/api.ts'
import type { KubeAccess } from '../kube/client.ts'

/** All that a command has of the world, passed in. */
export interface World {
  readonly shell: Shell
  /** The project's folder: env files, templates/ and scripts/ are found from there. */
  readonly folder: string
  /** Who is named on the cluster as its owner. */
  readonly owner: string
  readonly connectGke: (project: string, location: string) => Promise<Gke>
  readonly openKube: (access: KubeAccess) => Promise<KubeApi>
  /** Runs a program to its end in the project's folder; answers its exit code. */
  readonly run: (call: ProgramCall, folder: string, signal: AbortSignal) => Promise<number>
  readonly fetch: typeof fetch
}

/** The world as this process finds it. What is large is loaded when it is used. */
export function realWorld(shell: Shell): World {
  return {
    shell,
    folder: process.cwd(),
    owner: userInfo().username,
    connectGke: async (project, location) =>
      (await import('../gke/connect.ts')).connectGke(project, location, shell.signal),
    openKube: async access => (await import('../kube/client.ts')).openKube(access),
    run: runProgram,
    fetch,
  }
}

/** How long a program that is told to end may take to undo what it began elsewhere. */
const LONGEST_UNDOING_MILLISECONDS = 15_000

/**
 * What a program prints goes to standard error: standard output is for answers. With the signal it is
 * told to end as Ctrl-C does, by which gcloud cancels its build, and is waited for.
 */
export async function runProgram(
  [program, ...args]: ProgramCall,
  folder: string,
  signal: AbortSignal,
): Promise<number> {
  signal.throwIfAborted()
  return await new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 2, 2] })
    let killing: NodeJS.Timeout | undefined
    const stop = () => {
      child.kill('SIGINT')
      killing = setTimeout(() => child.kill('SIGKILL'), LONGEST_UNDOING_MILLISECONDS)
    }
    signal.addEventListener('abort', stop, { once: true })
    child.once('error', cause => {
      signal.removeEventListener('abort', stop)
      const message = `${program} cannot be started: ${cause.message}. Install it, or choose another builder by --with.`
      reject(new TaskqError('invalid', message, { cause }))
    })
    child.once('close', code => {
      clearTimeout(killing)
      signal.removeEventListener('abort', stop)
      if (signal.aborted) reject(signal.reason)
      else resolve(code ?? 1)
    })
  })
}
