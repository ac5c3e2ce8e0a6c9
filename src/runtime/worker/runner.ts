import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { compileCacheFolder } from './compile-cache.ts'
import { ConfigurationError } from './exit-codes.ts'
import {
  type Assignment,
  outcomesOf,
  type RunnerOrders,
  type RunOutcome,
  refsOf,
  toRunner,
} from './messages.ts'
import { Tail } from './output.ts'
import type { FailureKind } from './retry.ts'
import { type Frame, FrameReader } from './wire.ts'

/** Why and with what a runner's process came to its end. */
export interface RunnerEnd {
  readonly failure: FailureKind
  readonly reason: string
  /** The last of what the process wrote. */
  readonly output: string
  /** Whether what it still had is to blame: not when the worker ended it or the culprit was told. */
  readonly blames: boolean
}

/** What a runner tells the worker. */
export interface RunnerEvents<Task> {
  readonly onOutcomes: (outcomes: readonly (readonly [Task, RunOutcome])[]) => void
  /** Tasks that were not begun and come back. */
  readonly onReturned: (tasks: readonly Task[]) => void
  /** The runner is gone; `tasks` is what it had. */
  readonly onEnd: (end: RunnerEnd, tasks: readonly Task[]) => void
  readonly onLog: (task: Task, message: string) => void
  readonly onProgress: (task: Task, fraction: number) => void
  readonly onOutput: (text: string) => void
}

/** The worker's side of a place where tasks run. */
export interface Runner<Task> {
  /** Rejects with `ConfigurationError` when the task cannot be loaded. */
  readonly ready: Promise<void>
  /** What was sent and has not come back, in the order sent. */
  readonly outstanding: ReadonlyMap<number, Task>
  /** It was asked for what it has not begun, for it is at one task for long: send nothing ahead. */
  readonly isSlow: boolean
  run(tasks: readonly Task[]): void
  /** Asks for what has not begun. */
  recall(): void
  abort(ref: number, reason: string): void
  announceShutdown(): void
  /** Looks whether the runner is silent for too long or too large, and kills it then. */
  check(now: number): void
  /** Lets a runner that has nothing to do end. */
  end(): void
  kill(): void
}

export interface ProcessOptions {
  readonly orders: RunnerOrders
  readonly memoryLimit: number | undefined
  /** Arguments for Node itself. */
  readonly execArgv?: readonly string[]
}

/** Silent for this long, a runner is at a task that others should not wait behind. */
const slowSeconds = 0.1
/** How long a runner without a task may take to end. */
const endSeconds = 2

const main = fileURLToPath(
  new URL(`runner-main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
)

/** Starts a process that runs tasks. */
export function startProcessRunner<Task extends Assignment>(
  options: ProcessOptions,
  events: RunnerEvents<Task>,
): Runner<Task> {
  return new ProcessRunner(options, events)
}

class ProcessRunner<Task extends Assignment> implements Runner<Task> {
  readonly ready: Promise<void>
  readonly outstanding = new Map<number, Task>()
  readonly #options: ProcessOptions
  readonly #events: RunnerEvents<Task>
  readonly #child: ChildProcess
  readonly #input: Socket
  readonly #tail = new Tail()
  readonly #ready = Promise.withResolvers<void>()
  #isReady = false
  isSlow = false
  #heardAt = performance.now()
  #sizedAt = 0
  /** Set when the worker ends the process itself. */
  #killedFor: 'timeout' | 'memory' | 'stop' | undefined
  /** Set when the process said that whom to blame is told. */
  #farewell: string | undefined

  constructor(options: ProcessOptions, events: RunnerEvents<Task>) {
    this.#options = options
    this.#events = events
    this.ready = this.#ready.promise
    // Whoever waits for it gets the reason; nobody has to.
    this.ready.catch(() => {})
    this.#child = spawn(process.execPath, [...nodeArguments(options), main], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C is for the worker, and a kill reaches what the task started.
      detached: true,
      env: { ...process.env, NODE_COMPILE_CACHE: compileCacheFolder() },
    })
    this.#input = this.#child.stdio[3] as Socket
    this.#input.on('error', () => {})
    this.#input.write(toRunner.orders(options.orders))
    const reader = new FrameReader(frame => this.#hear(frame))
    const results = this.#child.stdio[4] as Socket
    results.on('data', (piece: Buffer) => this.#read(reader, piece))
    results.on('error', () => {})
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => this.#note(text))
    const closed = new Promise(resolve => results.on('close', resolve))
    this.#child.on('error', error => this.#fault(error))
    this.#child.on('exit', (code, signal) => {
      // Words on their way are read first; a process that the task left behind may hold stdout open.
      const all = new Promise<void>(resolve => this.#child.on('close', () => resolve()))
      const late = new Promise<void>(resolve => setTimeout(resolve, 500))
      void closed.then(() => Promise.race([all, late])).then(() => this.#gone(code, signal))
    })
  }

  run(tasks: readonly Task[]): void {
    if (this.outstanding.size === 0) this.#heardAt = performance.now()
    for (const task of tasks) this.outstanding.set(task.ref, task)
    this.#input.write(toRunner.run(tasks))
  }

  recall(): void {
    this.#input.write(toRunner.recall())
  }

  abort(ref: number, reason: string): void {
    this.#input.write(toRunner.abort(ref, reason))
  }

  announceShutdown(): void {
    this.#input.write(toRunner.shutdown())
  }

  check(now: number): void {
    const { orders, memoryLimit } = this.#options
    const silent = (now - this.#heardAt) / 1000
    if (this.outstanding.size > 0 && silent > orders.timeoutSeconds + orders.killSeconds)
      this.#killFor('timeout')
    if (!this.isSlow && this.outstanding.size > orders.atOnce && silent > slowSeconds) {
      this.isSlow = true
      this.recall()
    }
    if (memoryLimit === undefined || now - this.#sizedAt < 250) return
    this.#sizedAt = now
    if ((residentBytes(this.#child.pid) ?? 0) > memoryLimit) this.#killFor('memory')
  }

  end(): void {
    this.#killedFor ??= 'stop'
    this.#input.end()
    // Something the task left behind may keep its event loop from noticing.
    setTimeout(() => this.#killFor('stop'), endSeconds * 1000).unref()
  }

  kill(): void {
    this.#killFor('stop')
  }

  #killFor(why: 'timeout' | 'memory' | 'stop'): void {
    this.#killedFor ??= why
    const { pid } = this.#child
    if (pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null)
      return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It ended by itself in this moment.
      this.#child.kill('SIGKILL')
    }
  }

  #note(text: string): void {
    this.#tail.add(text)
    this.#events.onOutput(text)
  }

  #read(reader: FrameReader, piece: Buffer): void {
    try {
      reader.push(piece)
    } catch (error) {
      this.#note(`${String(error)}\n`)
      this.#killFor('stop')
    }
  }

  #hear(frame: Frame): void {
    this.#heardAt = performance.now()
    const [verb] = frame.line
    if (verb === 'ended') this.#hearOutcomes(frame)
    else if (verb === 'returned') this.#events.onReturned(this.#take(refsOf(frame)))
    else if (verb === 'leaving') this.#farewell = frame.text
    else if (verb === 'refused') this.#ready.reject(new ConfigurationError(frame.text))
    else if (verb === 'ready') {
      this.#isReady = true
      this.#ready.resolve()
    } else {
      const task = this.outstanding.get(Number(frame.line[1]))
      if (task === undefined) return
      if (verb === 'log') this.#events.onLog(task, frame.text)
      else if (verb === 'progress') this.#events.onProgress(task, Number(frame.line[2]))
    }
  }

  #hearOutcomes(frame: Frame): void {
    this.isSlow = false
    const known: (readonly [Task, RunOutcome])[] = []
    for (const outcome of outcomesOf(frame)) {
      const task = this.outstanding.get(outcome.ref)
      if (task === undefined) continue
      this.outstanding.delete(outcome.ref)
      known.push([task, outcome])
    }
    this.#events.onOutcomes(known)
  }

  #take(refs: readonly number[]): readonly Task[] {
    return refs.flatMap(ref => {
      const task = this.outstanding.get(ref)
      this.outstanding.delete(ref)
      return task ?? []
    })
  }

  #gone(code: number | null, signal: NodeJS.Signals | null): void {
    const reason = this.#reasonOf(code, signal)
    if (!this.#isReady) this.#ready.reject(neverReady(reason, this.#tail.text))
    const tasks = [...this.outstanding.values()]
    this.outstanding.clear()
    const blames = this.#farewell === undefined && this.#killedFor !== 'stop'
    const failure = this.#failureOf()
    this.#events.onEnd({ failure, reason, output: this.#tail.text, blames }, tasks)
  }

  #fault(error: Error): void {
    const message = `No runner could be started: ${error.message}`
    this.#ready.reject(new ConfigurationError(message, { cause: error }))
    // A process that never was has no exit to wait for.
    if (this.#child.pid === undefined) this.#gone(null, null)
  }

  #failureOf(): FailureKind {
    if (this.#killedFor === 'timeout' || this.#killedFor === 'memory') return this.#killedFor
    return this.#tail.text.includes(outOfHeap) ? 'memory' : 'exit'
  }

  #reasonOf(code: number | null, signal: NodeJS.Signals | null): string {
    const { orders, memoryLimit } = this.#options
    if (this.#farewell !== undefined) return this.#farewell
    if (this.#killedFor === 'timeout')
      return `took longer than ${orders.timeoutSeconds} s and did not end when told to`
    if (this.#killedFor === 'memory')
      return `its runner used more than ${memoryLimit} bytes of memory (TQ_MEMORY_LIMIT)`
    if (this.#killedFor === 'stop') return 'the worker stopped it'
    if (this.#failureOf() === 'memory') return 'its runner ran out of heap memory'
    if (signal === 'SIGKILL')
      return 'its process was killed by SIGKILL from outside, perhaps for want of memory'
    return signal === null ? `its process ended with code ${code}` : `its process died of ${signal}`
  }
}

/** V8's own words when the heap is full. */
const outOfHeap = 'JavaScript heap out of memory'

function neverReady(reason: string, output: string): ConfigurationError {
  return new ConfigurationError(
    `The task could not be loaded: ${reason} while it was imported.${output === '' ? '' : ` It said: ${output.slice(-2000)}`}`,
  )
}

/** The heap may have three quarters of the limit, so that V8 collects before the worker kills. */
function nodeArguments({ memoryLimit, execArgv = process.execArgv }: ProcessOptions): string[] {
  const own = execArgv.filter(one => !one.startsWith('--inspect'))
  if (memoryLimit === undefined) return own
  return [...own, `--max-old-space-size=${Math.floor((memoryLimit * 0.75) / 2 ** 20)}`]
}

/** What a process holds in memory; `undefined` where the platform does not tell. */
function residentBytes(pid: number | undefined): number | undefined {
  if (process.platform !== 'linux' || pid === undefined) return undefined
  try {
    const [, pages] = readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')
    return Number(pages) * 4096
  } catch {
    // The process has just ended.
    return undefined
  }
}
