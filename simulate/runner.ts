import type { Assignment, RunnerOrders } from '../src/runtime/worker/messages.ts'
import type { RunnerProcessEvents, StartedProcess } from '../src/runtime/worker/runner-process.ts'
import type { Frame, FrameReader, OutcomeName } from '../src/runtime/worker/wire.ts'
import type { Chance } from '../storm/plan.ts'
import type { History } from './history.ts'
import type { Behaviour } from './plan.ts'
import { Pipe, SimulatedProcess } from './process.ts'
import type { Schedule } from './schedule.ts'
import type { Subject } from './subject.ts'

export interface RunnerSeat {
  readonly name: string
  readonly schedule: Schedule
  readonly chance: Chance
  readonly history: History
  readonly subject: Subject
  /** The process of the worker. */
  readonly parent: SimulatedProcess
  readonly events: RunnerProcessEvents
  readonly behaviourOf: (id: string, attempt: number) => Behaviour
  readonly wallNow: () => number
  /** A task takes the whole worker along. */
  readonly onDisaster: () => void
}

interface Run {
  readonly task: Assignment
  readonly name: string
  readonly behaviour: Behaviour
  readonly startedAt: number
  readonly began: number
  isTimedOut: boolean
}

/** The process of a runner: speaks as a real one does, and its tasks do what the plan says. */
export class SimulatedRunner implements StartedProcess {
  readonly bytes = undefined
  readonly #seat: RunnerSeat
  readonly #process: SimulatedProcess
  readonly #toRunner: Pipe
  readonly #toWorker: Pipe
  readonly #reader: FrameReader
  readonly #waiting: Assignment[] = []
  readonly #running = new Map<number, Run>()
  #orders: RunnerOrders | undefined
  #isReady = false
  #runs = 0
  #outcomes: number[] = []
  #texts = ''

  constructor(seat: RunnerSeat) {
    const { schedule, chance, subject } = seat
    const latency = () => 10 ** (-2 + 2 * chance.next())
    this.#seat = seat
    this.#process = new SimulatedProcess(schedule)
    this.#toRunner = new Pipe(schedule, latency)
    this.#toWorker = new Pipe(schedule, latency)
    this.#reader = new subject.FrameReader(frame => this.#hear(frame))
  }

  write(bytes: Buffer): void {
    this.#toRunner.send(() => this.#process.deliver(() => this.#reader.push(bytes)))
  }

  end(): void {
    this.#toRunner.send(() => this.#process.deliver(() => this.#exit(0, null)))
  }

  kill(): void {
    this.#exit(null, 'SIGKILL')
  }

  /** Killed from outside; one that has not loaded its task ends the worker, which is as it should be. */
  strike(): void {
    if (this.#isReady) this.#exit(null, 'SIGKILL')
  }

  /** The worker is gone: so is this, before long. */
  orphan(): void {
    this.#seat.schedule.after(100 * this.#seat.chance.next(), () => this.#process.kill())
  }

  #hear(frame: Frame): void {
    const { subject, chance } = this.#seat
    const [verb] = frame.line
    if (verb === 'orders') {
      this.#orders = subject.readOrders(frame)
      this.#process.timers.after(10 + 200 * chance.next(), () => {
        this.#isReady = true
        this.#send(subject.fromRunner.ready())
      })
    } else if (verb === 'run') {
      this.#waiting.push(...subject.tasksOf(frame))
      this.#pump()
    } else if (verb === 'recall') {
      this.#report()
      this.#send(subject.fromRunner.returned(this.#waiting.splice(0).map(({ ref }) => ref)))
    } else if (verb === 'abort') for (const ref of subject.refsOf(frame)) this.#abort(ref)
  }

  #pump(): void {
    while (this.#running.size < (this.#orders?.atOnce ?? 1)) {
      const task = this.#waiting.shift()
      if (task === undefined) return
      this.#begin(task)
    }
  }

  #begin(task: Assignment): void {
    const { name, behaviourOf, history, schedule, wallNow } = this.#seat
    const { timeoutSeconds = 1, killSeconds = 1 } = this.#orders ?? {}
    const after = (seconds: number, act: () => void) =>
      this.#process.timers.after(seconds * 1000, act)
    this.#runs += 1
    const run: Run = {
      task,
      name: `${name}-${this.#runs}`,
      behaviour: behaviourOf(task.id, task.attempt),
      startedAt: wallNow(),
      began: schedule.now,
      isTimedOut: false,
    }
    this.#running.set(task.ref, run)
    history.note(name, { step: 'began', id: task.id, run: run.name, attempt: task.attempt })
    if (run.behaviour.does === 'deaf') {
      this.#process.stop()
      return
    }
    after(run.behaviour.seconds, () => this.#finish(run))
    after(timeoutSeconds, () => {
      run.isTimedOut = true
      this.#abort(task.ref)
    })
    after(timeoutSeconds + killSeconds, () => this.#giveUpOn(run))
  }

  #finish(run: Run): void {
    if (!this.#running.has(run.task.ref)) return
    const { does } = run.behaviour
    if (does === 'exits') this.#exit(1, null)
    else if (does === 'kills') this.#seat.onDisaster()
    else if (does === 'throws') this.#fail(run, 'exception', 'it throws')
    else if (does === 'retry') this.#fail(run, 'retry', 'it wants another run')
    else if (does === 'gives up') this.#fail(run, 'give-up', 'it gives up')
    else this.#end(run, 'done', this.#recordOf(run))
  }

  #recordOf({ name, startedAt, task }: Run): string {
    const { subject, wallNow } = this.#seat
    const { worker = '', host = '' } = this.#orders ?? {}
    const facts = { startedAt, endedAt: wallNow(), seconds: 0, attempt: task.attempt }
    return subject.recordWriter(worker, host)(JSON.stringify({ run: name }), facts)
  }

  #fail(run: Run, name: OutcomeName, reason: string): void {
    this.#end(run, name, this.#seat.subject.writeNote({ reason }))
  }

  #end(run: Run, name: OutcomeName, text: string): void {
    const { history, schedule, chance, subject } = this.#seat
    const { ref, id } = run.task
    this.#running.delete(ref)
    history.note(this.#seat.name, { step: 'ended', id, run: run.name })
    const micros = Math.round((schedule.now - run.began) * 1000)
    this.#outcomes.push(ref, subject.outcomeNumbers.indexOf(name), micros, text.length)
    this.#texts += text
    this.#process.timers.after(2 * chance.next(), () => this.#report())
    this.#pump()
  }

  #report(): void {
    if (this.#outcomes.length === 0) return
    this.#send(this.#seat.subject.fromRunner.ended(this.#outcomes, this.#texts))
    this.#outcomes = []
    this.#texts = ''
  }

  #abort(ref: number): void {
    const { history, name, subject, chance } = this.#seat
    const run = this.#running.get(ref)
    if (run === undefined) {
      const at = this.#waiting.findIndex(task => task.ref === ref)
      if (at < 0) return
      this.#waiting.splice(at, 1)
      this.#send(subject.fromRunner.returned([ref]))
      return
    }
    history.note(name, { step: 'aborted', id: run.task.id, run: run.name })
    if (run.behaviour.does === 'stubborn') return
    this.#process.timers.after(5 * chance.next(), () => {
      if (this.#running.has(ref))
        this.#fail(run, run.isTimedOut ? 'timeout' : 'exception', 'its signal was aborted')
    })
  }

  /** It does not end although it was told to. */
  #giveUpOn(run: Run): void {
    if (!this.#running.has(run.task.ref)) return
    const { fromRunner } = this.#seat.subject
    this.#fail(run, 'timeout', 'it did not end when told to')
    this.#send(fromRunner.leaving('a task did not end when told to'))
    this.#report()
    this.#send(fromRunner.returned(this.#waiting.splice(0).map(({ ref }) => ref)))
    this.#exit(0, null)
  }

  #send(frame: Buffer): void {
    const { parent, events } = this.#seat
    this.#toWorker.send(() => parent.deliver(() => events.onBytes(frame)))
  }

  /** What was sent before is heard before. */
  #exit(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#process.isGone) return
    const { parent, events } = this.#seat
    this.#process.kill()
    this.#toWorker.send(() => parent.deliver(() => events.onGone(code, signal)))
  }
}
