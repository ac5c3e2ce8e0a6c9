import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { withoutProgress } from '../support/progress.ts'

export const mainPath = fileURLToPath(new URL('../../src/runtime/cli/main.ts', import.meta.url))

/** A folder that goes with the test. */
export async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'taskq-cli-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** How a command came out. */
export interface Ran {
  /** `undefined` when a signal ended it. */
  readonly code: number | undefined
  readonly out: string
  readonly err: string
}

/** Where and with what a command is run. */
export interface Around {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly nodeOptions?: readonly string[]
}

/** Runs `taskq` to its end, with nobody to answer it. */
export async function taskq(args: readonly string[], around: Around = {}): Promise<Ran> {
  return await startTaskq(args, around).end()
}

/** Starts `taskq`; what it prints can be waited for. */
export function startTaskq(args: readonly string[], { cwd, env, nodeOptions = [] }: Around = {}) {
  const child = spawn(process.execPath, [...nodeOptions, mainPath, ...args], {
    env: { ...cleanEnv(), ...env },
    ...(cwd !== undefined && { cwd }),
  })
  return follow(child)
}

/** The environment without what changes how `taskq` looks or which queue it takes. */
export function cleanEnv(): Record<string, string | undefined> {
  const ours = ['TASKQUEUE_PATH', 'TQ_DEBUG', 'NO_COLOR', 'FORCE_COLOR', 'CI']
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.includes(name)))
}

/** Follows a process: its output, and its end. It is killed with the test if it still runs then. */
export function follow(child: ChildProcessWithoutNullStreams) {
  let out = ''
  let err = ''
  const listeners = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    for (const listener of listeners) listener()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const ended = new Promise<Ran>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code =>
      resolve({ code: code ?? undefined, out, err: withoutProgress(err) }),
    )
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return {
    child,
    /** Resolves with all output so far as soon as it matches. */
    async says(wanted: RegExp): Promise<string> {
      const heard = new Promise<void>(resolve => {
        const listener = () => {
          if (!wanted.test(out)) return
          listeners.delete(listener)
          resolve()
        }
        listeners.add(listener)
        listener()
      })
      const over = ended.then(ran => {
        if (!wanted.test(out))
          throw new Error(`ended before it said ${wanted}: ${ran.out}${ran.err}`)
      })
      await Promise.race([heard, over])
      return out
    },
    /** Says nothing more and waits for the end. */
    async end(): Promise<Ran> {
      child.stdin.end()
      return await ended
    },
    ended,
  }
}
