import { AsyncLocalStorage } from 'node:async_hooks'
import { decoders, type TaskBody } from '../queue/codec.ts'
import type { Wire } from '../queue/driver.ts'
import { realTime } from '../queue/real-time.ts'
import { noteOf } from './failure-note.ts'
import { Line } from './line.ts'
import { type Call, callOf, type TaskFunctions } from './message-table.ts'
import type { Assignment, RunnerOrders, ShutdownReason } from './messages.ts'
import { OutcomeBuffer } from './outcome-buffer.ts'
import { OutcomeWriter, type WrittenOutcome } from './outcome-writer.ts'
import { Run, type Surroundings } from './run.ts'
import { TimeWatch } from './time-watch.ts'
import type { OutcomeName } from './wire.ts'

/** Where an executor's words go. */
export interface ExecutorPort {
  readonly ended: (outcomes: readonly number[], text: string) => void
  readonly returned: (refs: readonly number[]) => void
  readonly log: (ref: number, message: string) => void
  readonly progress: (ref: number, fraction: number) => void
  /** There are tasks that were inserted with this code; told once of each. */
  readonly met: (code: string) => void
  /** A task does not end although it was told to: this process can no longer be used. */
  readonly stuck: (reason: string) => void
}

/** After this long the event loop gets a turn, so that messages to the runner are read. */
const turnMilliseconds = 5

/** A hash of ours has 16 characters; a message may hold anything. */
const mostCode = 64

const nothingAnnounced = { shutdownRequested: false, terminationNotice: false }

/** Runs tasks one after the other, or several at a time, and reports outcomes in groups. */
export class Executor {
  readonly #functions: TaskFunctions
  readonly #orders: RunnerOrders
  readonly #port: ExecutorPort
  readonly #around: Surroundings
  readonly #decode: (body: string) => TaskBody
  readonly #writer: OutcomeWriter
  readonly #outcomes: OutcomeBuffer
  readonly #running = new Map<number, Run>()
  readonly #current = new AsyncLocalStorage<Run | undefined>()
  readonly #waiting = new Line<Assignment>()
  readonly #codes = new Set<string>()
  readonly #alsoAccepted = new Set<string>()
  readonly #time: TimeWatch
  #turnBegan = 0
  #resting = false

  constructor(functions: TaskFunctions, orders: RunnerOrders, port: ExecutorPort) {
    this.#functions = functions
    this.#orders = orders
    this.#port = port
    const { worker, host, args } = orders
    const { log, progress } = port
    this.#around = { worker: { id: worker, host }, args, log, progress, ...nothingAnnounced }
    this.#decode = decoders[orders.wire as Wire]
    this.#writer = new OutcomeWriter(orders)
    this.#outcomes = new OutcomeBuffer(port.ended)
    this.#time = new TimeWatch(orders, this.#running, (run, reason) => {
      this.#end(run, this.#writer.failed(run, 'timeout', { reason }))
      port.stuck(reason)
    })
  }

  add(tasks: readonly Assignment[]): void {
    this.#waiting.push(tasks)
    this.#turnBegan = realTime.steady()
    this.#pump()
  }

  /** Gives back what has not begun. */
  recall(): void {
    const refs = this.#waiting.takeAll().map(({ ref }) => ref)
    this.#outcomes.report()
    this.#port.returned(refs)
  }

  /** Aborts the signal of a run; a task that has not begun comes back instead. */
  abort(ref: number, reason: string): void {
    const run = this.#running.get(ref)
    if (run !== undefined) {
      this.#current.run(run, () => run.abort(new Error(reason)))
      return
    }
    if (this.#waiting.remove(task => task.ref === ref)) this.#port.returned([ref])
  }

  /** From now on runs tasks that were inserted with these codes too. */
  accept(codes: readonly string[]): void {
    for (const code of codes) this.#alsoAccepted.add(code)
  }

  shutdown(why: ShutdownReason): void {
    this.#around.shutdownRequested = true
    if (why === 'machine-leaves') this.#around.terminationNotice = true
  }

  /** The run under way whose code is being executed, as far as can be told. */
  get culprit(): Run | undefined {
    const author = this.#current.getStore()
    if (author !== undefined) return this.#isOver(author) ? undefined : author
    return this.#running.size === 1 ? this.#running.values().next().value : undefined
  }

  /** The run that is over and whose code is being executed all the same: what it left behind. */
  get leftover(): Run | undefined {
    const author = this.#current.getStore()
    return author !== undefined && this.#isOver(author) ? author : undefined
  }

  /** Ends a run from outside, and reports at once: its process is about to go. */
  blame(run: Run, name: OutcomeName, error: unknown): void {
    this.#end(run, this.#writer.failed(run, name, noteOf(error)))
    this.#outcomes.report()
  }

  get isRunning(): boolean {
    return this.#running.size > 0
  }

  /** Reports at once what has ended. */
  report(): void {
    this.#outcomes.report()
  }

  #isOver(run: Run): boolean {
    return this.#running.get(run.ref) !== run
  }

  readonly #pump = (): void => {
    while (!this.#resting && this.#running.size < this.#orders.atOnce) {
      const task = this.#waiting.first
      if (task === undefined) break
      const now = realTime.steady()
      if (now - this.#turnBegan > turnMilliseconds) {
        this.#rest()
        return
      }
      this.#waiting.shift()
      if (this.#outcomes.isDue(now)) this.#outcomes.report(now)
      this.#start(task, now)
    }
    this.#current.enterWith(undefined)
    // Not at once: an async function without a real wait ends within this turn, and more follow it.
    if (!this.#outcomes.isEmpty) this.#rest()
  }

  /** Lets the event loop turn once, then reports and goes on. */
  #rest(): void {
    if (this.#resting) return
    this.#resting = true
    realTime.soon(() => {
      this.#resting = false
      this.#turnBegan = realTime.steady()
      this.#outcomes.report(this.#turnBegan)
      this.#pump()
    })
  }

  #start(task: Assignment, now: number): void {
    const run = new Run(task, now, this.#around)
    this.#running.set(task.ref, run)
    let call: Call
    try {
      const body = this.#decode(task.body)
      if (!this.#accepts(body)) {
        this.#end(run, otherCode)
        return
      }
      call = callOf(this.#functions, body)
    } catch (error) {
      this.#end(run, this.#writer.failed(run, 'give-up', noteOf(error)))
      return
    }
    try {
      // Costs half of what `run` does, and each task enters anew: 0.6 % of the time of no-op tasks.
      this.#current.enterWith(run)
      const value = call.task(call.params, run)
      if (!isThenable(value)) this.#finish(run, value)
      else {
        this.#time.begin()
        value.then(
          result => this.#settled(() => this.#finish(run, result)),
          (error: unknown) => this.#settled(() => this.#finishThrown(run, error)),
        )
      }
    } catch (error) {
      this.#finishThrown(run, error)
    }
  }

  /** Tasks that do not say their code are of whoever wrote them by hand, or in Python. */
  #accepts({ meta }: TaskBody): boolean {
    const code = meta['code']
    if (typeof code !== 'string') return true
    const name = code.length > mostCode ? `${code.slice(0, mostCode)}…` : code
    if (!this.#codes.has(name)) {
      this.#codes.add(name)
      this.#port.met(name)
    }
    const { acceptsCode } = this.#orders
    return acceptsCode === undefined || acceptsCode === code || this.#alsoAccepted.has(code)
  }

  #settled(act: () => void): void {
    act()
    this.#pump()
  }

  #finish(run: Run, value: unknown): void {
    if (this.#running.has(run.ref)) this.#end(run, this.#writer.returned(run, value))
  }

  #finishThrown(run: Run, error: unknown): void {
    if (this.#running.has(run.ref)) this.#end(run, this.#writer.thrown(run, error))
  }

  #end(run: Run, { name, seconds, text }: WrittenOutcome): void {
    this.#running.delete(run.ref)
    this.#outcomes.add(run.ref, name, seconds, text)
  }
}

const otherCode: WrittenOutcome = { name: 'other-code', seconds: 0, text: '' }

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof (value as PromiseLike<unknown>).then === 'function'
  )
}
