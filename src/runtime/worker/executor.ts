import { AsyncLocalStorage } from 'node:async_hooks'
import { decoders, type TaskBody } from '../queue/codec.ts'
import type { Wire } from '../queue/driver.ts'
import { writeJson } from '../queue/json.ts'
import { recordWriter } from '../results/record.ts'
import { isNamedOutcome, nameOfOutcome } from './contract.ts'
import { noteOf } from './failure-note.ts'
import { Line } from './line.ts'
import { type Call, callOf, type TaskFunctions } from './message-table.ts'
import {
  type Assignment,
  type FailureNote,
  type RunnerOrders,
  type ShutdownReason,
  writeNote,
} from './messages.ts'
import { OutcomeBuffer } from './outcome-buffer.ts'
import { Run, type Surroundings } from './run.ts'
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

const nothingAnnounced = { shutdownRequested: false, terminationNotice: false }

/** Runs tasks one after the other, or several at a time, and reports outcomes in groups. */
export class Executor {
  readonly #functions: TaskFunctions
  readonly #orders: RunnerOrders
  readonly #port: ExecutorPort
  readonly #around: Surroundings
  readonly #decode: (body: string) => TaskBody
  readonly #record: ReturnType<typeof recordWriter>
  readonly #outcomes: OutcomeBuffer
  readonly #running = new Map<number, Run>()
  readonly #current = new AsyncLocalStorage<Run>()
  readonly #waiting = new Line<Assignment>()
  readonly #codes = new Set<string>()
  readonly #alsoAccepted = new Set<string>()
  #turnBegan = 0
  #resting = false
  #watch: NodeJS.Timeout | undefined

  constructor(functions: TaskFunctions, orders: RunnerOrders, port: ExecutorPort) {
    this.#functions = functions
    this.#orders = orders
    this.#port = port
    const { worker, host, args } = orders
    const { log, progress } = port
    this.#around = { worker: { id: worker, host }, args, log, progress, ...nothingAnnounced }
    this.#decode = decoders[orders.wire as Wire]
    this.#record = recordWriter(worker, host)
    this.#outcomes = new OutcomeBuffer(port.ended)
  }

  add(tasks: readonly Assignment[]): void {
    this.#waiting.push(tasks)
    this.#turnBegan = performance.now()
    this.#pump()
  }

  /** Gives back what has not begun. */
  recall(): void {
    const refs = this.#takeWaiting()
    this.#outcomes.report()
    this.#port.returned(refs)
  }

  /** Aborts the signal of a run; a task that has not begun comes back instead. */
  abort(ref: number, reason: string): void {
    const run = this.#running.get(ref)
    if (run !== undefined) {
      run.abort(new Error(reason))
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

  /** The run whose code is being executed, as far as can be told. */
  get culprit(): Run | undefined {
    if (this.#running.size === 1) return this.#running.values().next().value
    return this.#orders.atOnce === 1 ? undefined : this.#current.getStore()
  }

  /** Ends a run from outside: its process is about to go. Reports at once, and what is innocent. */
  blame(run: Run, name: OutcomeName, error: unknown): void {
    this.#fail(run, name, noteOf(error))
    this.#outcomes.report()
  }

  get isRunning(): boolean {
    return this.#running.size > 0
  }

  /** Reports at once what has ended. */
  report(): void {
    this.#outcomes.report()
  }

  /** Runs begun and not ended, and what waits; none of it is to blame for anything. */
  innocents(): readonly number[] {
    this.report()
    return [...this.#running.keys(), ...this.#takeWaiting()]
  }

  #takeWaiting(): readonly number[] {
    return this.#waiting.takeAll().map(({ ref }) => ref)
  }

  readonly #pump = (): void => {
    while (!this.#resting && this.#running.size < this.#orders.atOnce) {
      const task = this.#waiting.first
      if (task === undefined) break
      const now = performance.now()
      if (now - this.#turnBegan > turnMilliseconds) {
        this.#rest()
        return
      }
      this.#waiting.shift()
      if (this.#outcomes.isDue(now)) this.#outcomes.report(now)
      this.#start(task, now)
    }
    // Not at once: an async function without a real wait ends within this turn, and more follow it.
    if (!this.#outcomes.isEmpty) this.#rest()
  }

  /** Lets the event loop turn once, then reports and goes on. */
  #rest(): void {
    if (this.#resting) return
    this.#resting = true
    setImmediate(() => {
      this.#resting = false
      this.#turnBegan = performance.now()
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
        this.#end(run, 'other-code', 0, '')
        return
      }
      call = callOf(this.#functions, body)
    } catch (error) {
      this.#fail(run, 'give-up', noteOf(error))
      return
    }
    try {
      const value =
        this.#orders.atOnce === 1
          ? call.task(call.params, run)
          : this.#current.run(run, call.task, call.params, run)
      if (!isThenable(value)) this.#finish(run, value)
      else {
        this.#watchTime()
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
    if (!this.#codes.has(code)) {
      this.#codes.add(code)
      this.#port.met(code)
    }
    const { acceptsCode } = this.#orders
    return acceptsCode === undefined || acceptsCode === code || this.#alsoAccepted.has(code)
  }

  #settled(act: () => void): void {
    act()
    this.#pump()
  }

  #finish(run: Run, value: unknown): void {
    if (!this.#running.has(run.ref)) return
    if (isNamedOutcome(value)) this.#finishNamed(run, value)
    else this.#finishValue(run, value)
  }

  #finishThrown(run: Run, error: unknown): void {
    if (!this.#running.has(run.ref)) return
    if (isNamedOutcome(error)) this.#finishNamed(run, error)
    else this.#fail(run, run.timedOutAt === undefined ? 'exception' : 'timeout', noteOf(error))
  }

  #finishNamed(run: Run, outcome: Parameters<typeof nameOfOutcome>[0]): void {
    const { reason, afterSeconds } = outcome as { reason?: string; afterSeconds?: number }
    this.#fail(run, nameOfOutcome(outcome), {
      reason: reason === undefined ? 'retry asked for' : String(reason),
      ...(afterSeconds !== undefined && { afterSeconds }),
    })
  }

  #finishValue(run: Run, value: unknown): void {
    const seconds = Math.round((performance.now() - run.began) * 1000) / 1e6
    let record: string
    try {
      const text = value === undefined ? undefined : writeJson(value)
      const { startedAt, attempt } = run
      record = this.#record(text, { startedAt, endedAt: Date.now(), seconds, attempt })
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#fail(run, 'give-up', { reason: `the result cannot be kept: ${why}` })
      return
    }
    const { recordBytes } = this.#orders
    if (record.length * 3 > recordBytes && Buffer.byteLength(record) > recordBytes) {
      const reason = `the result has ${Buffer.byteLength(record)} bytes, at most ${recordBytes} can be kept; write it to a file and return its path`
      this.#fail(run, 'give-up', { reason })
      return
    }
    this.#end(run, 'done', seconds, record)
  }

  #fail(run: Run, name: OutcomeName, why: FailureNote): void {
    const output = run.outputText
    const note: FailureNote = {
      ...why,
      ...(output !== undefined && { output }),
      startedAt: new Date(run.startedAt).toISOString(),
      endedAt: new Date().toISOString(),
    }
    this.#end(run, name, (performance.now() - run.began) / 1000, writeNote(note))
  }

  #end(run: Run, name: OutcomeName, seconds: number, text: string): void {
    this.#running.delete(run.ref)
    this.#outcomes.add(run.ref, name, seconds, text)
  }

  #watchTime(): void {
    if (this.#watch !== undefined) return
    const { timeoutSeconds, killSeconds } = this.#orders
    const look = () => {
      const now = performance.now()
      for (const run of this.#running.values()) {
        if (now - run.began < timeoutSeconds * 1000) continue
        if (run.timedOutAt === undefined) {
          run.timedOutAt = now
          run.abort(new Error(`the task took longer than ${timeoutSeconds} s`))
        } else if (now - run.timedOutAt > killSeconds * 1000) {
          const reason = `took longer than ${timeoutSeconds} s and did not end when told to`
          this.#fail(run, 'timeout', { reason })
          this.#port.stuck(reason)
        }
      }
    }
    this.#watch = setInterval(look, Math.min(1000, Math.max(20, timeoutSeconds * 100)))
    this.#watch.unref()
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof (value as PromiseLike<unknown>).then === 'function'
  )
}
