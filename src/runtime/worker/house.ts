import { addressed, addressReader, porter, toPorter } from './house-wire.ts'
import { MemoryWatch } from './memory-watch.ts'
import { notStarted } from './process-runner.ts'
import type { KilledFor } from './runner-end.ts'
import { RunnerProcess } from './runner-process.ts'
import { decodeFrame, type Frame } from './wire.ts'

/** One thread of a house, as the house sees it. */
export interface Lodger {
  readonly isReady: boolean
  /** Tasks that are with it. */
  readonly load: number
  /** Set when the worker ends it. */
  readonly killedFor: KilledFor | undefined
  readonly hear: (frame: Frame) => void
  /** Takes what was written; to be shown by one of those who hear of it. */
  readonly note: (text: string, isShown: boolean) => void
  readonly refuse: (error: unknown) => void
  readonly gone: (how: Gone) => void
}

/** How a thread went: by itself, or with its house. */
export interface Gone {
  readonly where: 'process' | 'thread'
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly error: string
  /** Why the worker killed it, or the whole house. */
  readonly killedFor: KilledFor | undefined
  readonly suspects: number
  /** Whether the task has been loaded in this house. */
  readonly hadBegun: boolean
}

/** How large a process with threads may get. */
export interface HouseOptions {
  readonly memoryLimit: number | undefined
  readonly recycleAbove: number | undefined
  /** How many threads it has room for. */
  readonly threads: number
  readonly heapMegabytes: number
}

/** A thread that does not end when told to is in native code: its house has to go. */
const terminateSeconds = 2
const endSeconds = 2

/** The worker's side of a process whose threads are runners. */
export class House {
  readonly memory: MemoryWatch
  readonly #options: HouseOptions
  readonly #process: RunnerProcess
  readonly #lodgers = new Map<number, Lodger>()
  /** Those that were not told to end. */
  readonly #staying = new Set<number>()
  #lastThread: number = porter
  #hadBegun = false
  #killedFor: KilledFor | undefined
  #state: 'open' | 'ending' | 'gone' = 'open'

  constructor(options: HouseOptions) {
    this.#options = options
    const { memoryLimit, recycleAbove, threads } = options
    this.memory = new MemoryWatch({
      memoryLimit: memoryLimit === undefined ? undefined : memoryLimit * threads,
      recycleAbove: recycleAbove === undefined ? undefined : recycleAbove * threads,
    })
    const reader = addressReader((thread, frame) => this.#hear(thread, decodeFrame(frame)))
    this.#process = new RunnerProcess(
      { main: './house-main' },
      {
        onBytes: piece => reader.push(piece),
        onText: text => this.#note(text),
        onGarbage: () => this.kill('garbage'),
        onGone: (code, signal) => this.#gone(code, signal),
        onFault: error => {
          for (const lodger of this.#lodgers.values()) lodger.refuse(notStarted(error))
        },
      },
    )
  }

  /** Whether its threads may be given tasks. */
  get isOpen(): boolean {
    return this.#state !== 'gone' && this.#killedFor === undefined
  }

  /** Whether one more thread may move in. */
  get hasRoom(): boolean {
    return (
      this.#state === 'open' &&
      this.#killedFor === undefined &&
      !this.memory.isWorn &&
      this.#staying.size < this.#options.threads
    )
  }

  /** Opens a thread; answers its number. */
  open(lodger: Lodger): number {
    this.#lastThread += 1
    const thread = this.#lastThread
    this.#lodgers.set(thread, lodger)
    this.#staying.add(thread)
    this.#process.write(toPorter.open(thread, this.#options.heapMegabytes))
    return thread
  }

  write(thread: number, frame: Buffer): void {
    this.#process.write(addressed(thread, frame))
  }

  /** Lets a thread end that has nothing to do; the house goes with its last. */
  close(thread: number): void {
    this.#leave(thread)
    this.#process.write(toPorter.close(thread))
    setTimeout(() => this.terminate(thread), endSeconds * 1000).unref()
  }

  /** Ends a thread whatever it does. */
  terminate(thread: number): void {
    this.#leave(thread)
    if (!this.#lodgers.has(thread)) return
    this.#process.write(toPorter.terminate(thread))
    setTimeout(() => {
      if (this.#lodgers.has(thread)) this.kill('stop')
    }, terminateSeconds * 1000).unref()
  }

  kill(why: KilledFor): void {
    this.#killedFor ??= why
    this.#process.kill()
  }

  get bytes(): number | undefined {
    return this.#process.bytes
  }

  /** What each of its threads has of them. */
  get bytesOfEach(): number | undefined {
    const { bytes } = this
    return bytes === undefined ? undefined : bytes / Math.max(1, this.#staying.size)
  }

  #leave(thread: number): void {
    this.#staying.delete(thread)
    // Later: a runner that is replaced has its successor here in a moment.
    setImmediate(() => this.#endIfEmpty())
  }

  #endIfEmpty(): void {
    if (this.#state !== 'open' || this.#staying.size > 0) return
    this.#state = 'ending'
    if (this.#lodgers.size === 0) this.#process.end()
  }

  #hear(thread: number, frame: Frame): void {
    if (thread !== porter) {
      this.#lodgers.get(thread)?.hear(frame)
      if (frame.line[0] === 'ready') this.#hadBegun = true
      return
    }
    const [, number, code] = frame.line
    const lodger = this.#lodgers.get(Number(number))
    this.#lodgers.delete(Number(number))
    this.#staying.delete(Number(number))
    lodger?.gone({
      where: 'thread',
      code: Number(code),
      signal: null,
      error: frame.text,
      killedFor: lodger.killedFor,
      suspects: lodger.load,
      hadBegun: lodger.isReady,
    })
    if (this.#state === 'ending' && this.#lodgers.size === 0) this.#process.end()
    else setImmediate(() => this.#endIfEmpty())
  }

  /** What native code or Node itself writes may be of any thread. */
  #note(text: string): void {
    let isShown = true
    for (const lodger of this.#lodgers.values()) {
      lodger.note(text, isShown)
      isShown = false
    }
  }

  #gone(code: number | null, signal: NodeJS.Signals | null): void {
    this.#state = 'gone'
    const lodgers = [...this.#lodgers.values()]
    this.#lodgers.clear()
    this.#staying.clear()
    const suspects = lodgers.reduce((sum, { load }) => sum + load, 0)
    // Where one had to be killed the others have done nothing.
    const isKnown = lodgers.some(({ killedFor }) => killedFor !== undefined)
    for (const lodger of lodgers) {
      const killedFor = lodger.killedFor ?? (isKnown ? 'stop' : this.#killedFor)
      const count = lodger.killedFor === undefined ? suspects : lodger.load
      const how = { killedFor, suspects: count, hadBegun: this.#hadBegun || lodger.isReady }
      lodger.gone({ where: 'process', code, signal, error: '', ...how })
    }
  }
}
