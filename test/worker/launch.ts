import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { WorkCommand } from '../../src/runtime/cli/work/work.ts'
import type { WorkSummary } from '../../src/runtime/worker/work-options.ts'
import { wild } from './bench.ts'

/** A line that a worker wrote. */
export interface Said extends Partial<WorkSummary> {
  readonly event: string
  readonly task?: string
  readonly message?: string
  readonly reason?: string
}

/** A worker in a process of its own. */
export interface Launched {
  readonly child: ChildProcess
  readonly said: Said[]
  readonly stderr: () => string
  /** Resolves with the first line that fits, also one of before. */
  readonly hears: (fits: (said: Said) => boolean) => Promise<Said>
  /** Its exit code or the signal that killed it, once it is gone. */
  readonly gone: Promise<number | NodeJS.Signals>
}

/** The program that is a worker: its orders are its first argument. */
export const workerScript = fileURLToPath(new URL('worker-process.ts', import.meta.url))

export function launch(
  command: Partial<WorkCommand> & { readonly queue: string },
  values: Readonly<Record<string, string>> = {},
): Launched {
  const orders = { task: wild, until: 'drained', ...command }
  const child = spawn(process.execPath, [workerScript, JSON.stringify(orders)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TQ_CONCURRENCY: '2', TQ_SPOT_NOTICES: 'off', ...values },
  })
  const said: Said[] = []
  const listeners = new Set<() => void>()
  createInterface({ input: child.stdout }).on('line', line => {
    said.push(JSON.parse(line) as Said)
    for (const listen of listeners) listen()
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const gone = new Promise<number | NodeJS.Signals>(resolve => {
    child.on('close', (code, signal) => {
      resolve(signal ?? code ?? -1)
      for (const listen of listeners) listen()
    })
  })
  const hears: Launched['hears'] = fits =>
    new Promise((resolve, reject) => {
      const listen = () => {
        const found = said.find(fits)
        if (found !== undefined) resolve(found)
        else if (child.exitCode !== null || child.signalCode !== null)
          reject(new Error(`the worker ended without saying it: ${JSON.stringify(said)} ${stderr}`))
        else return
        listeners.delete(listen)
      }
      listeners.add(listen)
      listen()
    })
  return { child, said, stderr: () => stderr, hears, gone }
}

/** Whether a line says that so many different tasks wait inside. */
export function waiting(task: string): (said: Said) => boolean {
  return said => said.event === 'task-log' && said.task === task
}
