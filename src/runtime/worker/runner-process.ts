import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { compileCacheFolder } from './compile-cache.ts'
import { guard } from './guard.ts'
import { residentBytes } from './resident-bytes.ts'

/** What is started, and with how much memory. */
export interface RunnerProcessOptions {
  /** The file that the process runs, without its ending. */
  readonly main: './runner-main' | './house-main'
  /** The heap of the process in bytes; `undefined` for Node's own choice. */
  readonly heapBytes?: number | undefined
  /** Arguments for Node itself; default: those of this process. */
  readonly execArgv?: readonly string[] | undefined
}

/** What is heard of a process. */
export interface RunnerProcessEvents {
  readonly onBytes: (piece: Buffer) => void
  /** What was written to stdout and stderr. */
  readonly onText: (text: string) => void
  /** It is gone, and all that it wrote was heard. */
  readonly onGone: (code: number | null, signal: NodeJS.Signals | null) => void
  /** What came is no word of a runner: something else wrote to its pipe. */
  readonly onGarbage: () => void
  /** It could not be started. */
  readonly onFault: (error: Error) => void
}

/** A process that was started, as its worker holds it. */
export interface StartedProcess {
  /** What it holds in memory; `undefined` where that cannot be told. */
  readonly bytes: number | undefined
  write(bytes: Buffer): void
  /** Lets it end by itself. */
  end(): void
  kill(): void
}

/** A process apart for user code: two pipes to talk, a group of its own to be killed with. */
export class RunnerProcess implements StartedProcess {
  readonly #child: ChildProcess
  readonly #input: Socket | undefined

  constructor(options: RunnerProcessOptions, events: RunnerProcessEvents) {
    const child = spawn(process.execPath, [...nodeArguments(options), fileOf(options.main)], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C is for the worker, and a kill reaches what the task started.
      detached: true,
      env: { ...process.env, NODE_COMPILE_CACHE: compileCacheFolder() },
    })
    const { pid } = child
    this.#child = child
    child.on('error', error => {
      events.onFault(error)
      // A process that never was has no exit to wait for.
      if (pid === undefined) events.onGone(null, null)
    })
    // Where even the pipes could not be made there is no list of them, whatever its type says.
    const pipes = (child.stdio ?? []) as readonly (Socket | undefined)[]
    const [, , , input, output] = pipes
    this.#input = input?.on('error', () => {})
    if (output === undefined) return
    if (pid !== undefined) guard.add(pid)
    output.on('data', (piece: Buffer) => {
      try {
        events.onBytes(piece)
      } catch (error) {
        events.onText(`${String(error)}\n`)
        events.onGarbage()
      }
    })
    output.on('error', () => {})
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', events.onText)
    const texts = [child.stdout, child.stderr] as Socket[]
    child.on('exit', (code, signal) => {
      if (pid !== undefined) guard.remove(pid)
      // What is on its way is read first; a process that the task left behind may hold the pipes open.
      void Promise.all([silenceOf(output), ...texts.map(closeOf)]).then(() => {
        output.destroy()
        input?.destroy()
        // Still read while the worker lives, but they keep it no longer.
        for (const text of texts) text.unref()
        events.onGone(code, signal)
      })
    })
  }

  get bytes(): number | undefined {
    return residentBytes(this.#child.pid)
  }

  write(bytes: Buffer): void {
    this.#input?.write(bytes)
  }

  end(): void {
    this.#input?.end()
  }

  kill(): void {
    const { pid, exitCode, signalCode } = this.#child
    if (pid === undefined || exitCode !== null || signalCode !== null) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It ended by itself in this moment.
      this.#child.kill('SIGKILL')
    }
  }
}

const lateMilliseconds = 500

/** Resolves when a pipe is closed, at the latest soon. */
async function closeOf(pipe: Socket): Promise<void> {
  if (pipe.closed) return
  await new Promise<void>(resolve => {
    const timer = setTimeout(resolve, lateMilliseconds)
    pipe.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** Resolves when a pipe is closed, or nothing came from it for a while. */
async function silenceOf(pipe: Socket): Promise<void> {
  for (let before = -1; before < pipe.bytesRead; ) {
    before = pipe.bytesRead
    await closeOf(pipe)
    // After a pause of this process its timers come before what waits in the pipes.
    await setImmediate()
  }
}

function fileOf(main: string): string {
  const ending = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
  return fileURLToPath(new URL(`${main}${ending}`, import.meta.url))
}

function nodeArguments({ heapBytes, execArgv = process.execArgv }: RunnerProcessOptions) {
  const own = execArgv.filter(one => !one.startsWith('--inspect'))
  if (heapBytes === undefined) return own
  return [...own, `--max-old-space-size=${Math.floor(heapBytes / 2 ** 20)}`]
}
