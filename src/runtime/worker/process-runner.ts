import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { compileCacheFolder } from './compile-cache.ts'
import { ConfigurationError } from './exit-codes.ts'
import { guard } from './guard.ts'
import {
  type Assignment,
  outcomesOf,
  type RunnerOrders,
  type RunOutcome,
  refsOf,
  toRunner,
} from './messages.ts'
import { Tail } from './output.ts'
import { residentBytes } from './resident-bytes.ts'
import type { Runner, RunnerEvents } from './runner.ts'
import { describeEnd, type KilledFor, neverReady } from './runner-end.ts'
import { type Frame, FrameReader } from './wire.ts'

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
  #killedFor: KilledFor | undefined
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
    const { pid } = this.#child
    if (pid !== undefined) guard.add(pid)
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
      if (pid !== undefined) guard.remove(pid)
      // Words on their way are read first; a process that the task left behind may hold stdout open.
      const all = new Promise<void>(resolve => this.#child.on('close', () => resolve()))
      const late = new Promise<void>(resolve => setTimeout(resolve, 500))
      void closed.then(() => Promise.race([all, late])).then(() => this.#gone(code, signal))
    })
  }

  get memoryBytes(): number | undefined {
    return residentBytes(this.#child.pid)
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

  #killFor(why: KilledFor): void {
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

  #note(text: string, task?: Task): void {
    this.#tail.add(text)
    this.#events.onOutput(text, task)
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
    const [verb] = frame.line
    // Words of a task are no sign that the next one is near.
    if (!isSpoken(verb)) this.#heardAt = performance.now()
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
      if (verb === 'wrote') this.#note(frame.text, task)
      else if (verb === 'log') this.#events.onLog(task, frame.text)
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
    const { orders, memoryLimit } = this.#options
    const end = describeEnd({
      ...{ code, signal, memoryLimit, timeoutSeconds: orders.timeoutSeconds },
      ...{ output: this.#tail.text, killedFor: this.#killedFor, farewell: this.#farewell },
    })
    if (!this.#isReady) this.#ready.reject(neverReady(end))
    const tasks = [...this.outstanding.values()]
    this.outstanding.clear()
    this.#events.onEnd(end, tasks)
  }

  #fault(error: Error): void {
    const message = `No runner could be started: ${error.message}`
    this.#ready.reject(new ConfigurationError(message, { cause: error }))
    // A process that never was has no exit to wait for.
    if (this.#child.pid === undefined) this.#gone(null, null)
  }
}

/** Whether a message only passes on what a task says. */
function isSpoken(verb: string | number | undefined): boolean {
  return verb === 'wrote' || verb === 'log' || verb === 'progress'
}

/** The heap may have three quarters of the limit, so that V8 collects before the worker kills. */
function nodeArguments({ memoryLimit, execArgv = process.execArgv }: ProcessOptions): string[] {
  const own = execArgv.filter(one => !one.startsWith('--inspect'))
  if (memoryLimit === undefined) return own
  return [...own, `--max-old-space-size=${Math.floor((memoryLimit * 0.75) / 2 ** 20)}`]
}
