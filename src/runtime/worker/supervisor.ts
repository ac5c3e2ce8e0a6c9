import { hostname } from 'node:os'
import { systemClock } from '../queue/clock.ts'
import type { Crew } from './crew.ts'
import type { EndInSight } from './ending.ts'
import type { WorkEvent } from './events.ts'
import type { HeldTask } from './held.ts'
import type { Intake } from './intake.ts'
import { tellOfLeases } from './lease-seconds.ts'
import { LoadingWatch } from './loading-watch.ts'
import { type Machine, thisMachine } from './machine.ts'
import { type KnownOptions, type Lead, Parts } from './parts.ts'
import type { Tally, WorkEnd } from './report.ts'
import type { SlowWatch } from './slow-watch.ts'
import { spotNoticeFor } from './spot-watch.ts'
import type { StartRunner } from './start-runner.ts'
import { summarize } from './summarize.ts'
import { ordersOf, type WorkOptions, type WorkSummary } from './work-options.ts'

/** Leases tasks, has them run and records what becomes of them, until there is a reason to end. */
export function work(options: WorkOptions): Promise<WorkSummary> {
  return new Supervisor(options).run()
}

const checkMilliseconds = 100
const slowMilliseconds = 1000
/** A machine that is taken away may be gone in 15 s; the rest is for giving back what is left. */
const spotGraceSeconds = 14

/** A worker at work, open to looks at how it is doing. */
export class Supervisor {
  readonly tally: Tally
  readonly crew: Crew<HeldTask>
  readonly slow: SlowWatch
  readonly intake: Intake
  readonly #options: KnownOptions
  readonly #machine: Machine
  readonly #parts: Parts
  readonly #fault = Promise.withResolvers<never>()
  readonly #stopped = Promise.withResolvers<void>()
  readonly #silence = Promise.withResolvers<void>()
  readonly #stopLeasing = new AbortController()
  #startRunner: StartRunner = () => {
    throw new Error('runners are started by run()')
  }
  #end: WorkEnd | undefined
  #hasLeft = false

  constructor(options: WorkOptions, machine: Machine = thisMachine) {
    const { host = hostname(), worker = `${host}-${process.pid}`, clock = systemClock } = options
    this.#options = { ...options, host, worker, clock }
    this.#machine = machine
    this.#parts = new Parts(this.#options, machine.timers, this.#lead())
    const { tally, crew, slow, intake } = this.#parts
    this.tally = tally
    this.crew = crew
    this.slow = slow
    this.intake = intake
  }

  /** Tasks held just now. */
  get inFlight(): number {
    return this.#parts.held.size
  }

  /** Whether tasks run in this very process. */
  get runsTasksItself(): boolean {
    return this.#options.settings.isolation === 'none'
  }

  /** When its loop last came round, on the process's own clock: a worker that hangs stays behind. */
  get turnedAt(): number {
    return this.#parts.loop.turnedAt
  }

  /** When it ends if no task comes; `undefined` while there is something to do. */
  get endInSight(): EndInSight | undefined {
    return this.#parts.endWatch.endInSight(this.#options.clock.monotonic())
  }

  async run(): Promise<WorkSummary> {
    const { queue, worker, clock } = this.#options
    const { held, grace, judge } = this.#parts
    const began = clock.monotonic()
    const release = this.#listen()
    const spot = new AbortController()
    this.#fault.promise.catch(() => {})
    const orFault = (act: Promise<void>) => Promise.race([act, this.#fault.promise])
    try {
      // A task that is being loaded may take its time, or for ever.
      await orFault(Promise.race([this.#prepare(), this.#stopped.promise]))
      if (this.#end === undefined) {
        this.#watchSpot(spot.signal).catch(error => this.#fault.reject(error))
        this.#tell({ event: 'started', queue: queue.url, worker })
        tellOfLeases(this.#options, event => this.#tell(event))
      }
      await orFault(Promise.race([this.#turns(), this.#silence.promise]))
      if (held.size > 0) this.#tell({ event: 'left-held', tasks: held.size })
      const seconds = (clock.monotonic() - began) / 1000
      const { slowestSeconds } = this.crew.times
      const how = { end: this.#end ?? 'stopped', seconds, slowestSeconds }
      return summarize(this.tally, how, judge.tooManyFailures)
    } catch (error) {
      await this.#abandon()
      throw error
    } finally {
      this.#hasLeft = true
      release()
      spot.abort(new Error('the worker has ended'))
      grace.end()
      this.crew.end()
    }
  }

  /** What the parts may ask for, long before the first of them does. */
  #lead(): Lead {
    return {
      tell: event => this.#tell(event),
      onFault: this.#fault.reject,
      startRunner: events => this.#startRunner(events),
      onTasks: tasks => this.#begin(tasks),
      onLost: task => this.#lose(task),
      onCounted: () => this.#judgeEnd(),
      onDone: end => this.#stop(end, 'the work is done'),
      onSilence: this.#silence.resolve,
      leasing: this.#stopLeasing.signal,
      isEnding: () => this.#end !== undefined,
      hasLeft: () => this.#hasLeft,
    }
  }

  async #prepare(): Promise<void> {
    await this.#options.queue.prepare()
    await this.#prepareRunners()
    if (this.#end !== undefined) return
    const begun = this.crew.begin()
    // While the runner starts, not before: the first task waits for both.
    void this.#parts.code.read()
    await begun
  }

  /** What runners are told may depend on the code that is here. */
  async #prepareRunners(): Promise<void> {
    const { settings, worker, host, clock } = this.#options
    const { code } = this.#parts
    const acceptsCode = await code.accepted()
    const orders = ordersOf(this.#options, worker, host)
    this.#startRunner = await this.#machine.runnerStarter(settings, {
      ...orders,
      ...(acceptsCode !== undefined && { acceptsCode }),
    })
    this.crew.accept(await code.alsoAccepted(clock.monotonic()))
  }

  /** Starts what happens beside the work; the answer ends it. */
  #listen(): () => void {
    const { signal, now, maxSeconds } = this.#options
    const { timers } = this.#machine
    const stop = () => {
      this.#parts.grace.limit()
      this.#stop('stopped', 'the worker was told to stop')
    }
    const hurry = () => {
      this.crew.end()
      this.#parts.grace.atMost(0)
    }
    const loading = new LoadingWatch(this.#options.task, event => this.#tell(event))
    const beatMilliseconds = Math.min(1000, this.#parts.heartbeat.intervalSeconds * 500)
    const armed = [
      timers.every(checkMilliseconds, () => this.crew.check(timers.now())),
      timers.every(slowMilliseconds, () => this.slow.check(timers.now(), this.crew.running())),
      timers.every(slowMilliseconds, () => loading.check(timers.now(), this.crew.loading)),
      timers.every(beatMilliseconds, () => void this.#beat()),
    ]
    if (maxSeconds !== undefined) {
      const late = () => this.#stop('max-seconds', `${maxSeconds} s are over`)
      armed.push(timers.after(maxSeconds * 1000, late))
    }
    signal?.addEventListener('abort', stop, { once: true })
    now?.addEventListener('abort', hurry, { once: true })
    if (signal?.aborted) stop()
    return () => {
      for (const cancel of armed) cancel()
      signal?.removeEventListener('abort', stop)
      now?.removeEventListener('abort', hurry)
    }
  }

  async #watchSpot(signal: AbortSignal): Promise<void> {
    const notice = await spotNoticeFor(this.#options, signal)
    if (notice === undefined) return
    this.#tell({ event: 'spot-notice', ...notice })
    this.crew.announce('machine-leaves')
    this.#parts.grace.atMost(spotGraceSeconds)
    this.#parts.grace.limit()
    this.#stop('stopped', 'this machine is about to be taken away')
  }

  /** While running tasks have their grace, everything else is released at once. */
  async #turns(): Promise<void> {
    await this.#parts.loop.work()
    await this.#parts.loop.finish()
  }

  /** A fault: nothing more is leased or run. */
  async #abandon(): Promise<void> {
    this.#end ??= 'stopped'
    this.#stopLeasing.abort(new Error('the worker has a fault'))
    this.crew.end()
    await this.#parts.loop.giveUp()
  }

  #stop(end: WorkEnd, reason: string): void {
    if (this.#end !== undefined) return
    this.#end = end
    // Not when the loop comes to it: it may be waiting for a store that is silent.
    this.#parts.grace.begin()
    if (this.#parts.held.size === 0) this.#parts.grace.atMost(0)
    const { task } = this.#options
    const unloaded = this.crew.isLoading ? `, before ${task} was loaded` : ''
    this.#tell({ event: 'stopping', reason: `${reason}${unloaded}` })
    this.#stopLeasing.abort(new Error(reason))
    this.crew.recall()
    this.#parts.bell.ring()
    this.#stopped.resolve()
  }

  #begin(tasks: readonly HeldTask[]): void {
    this.#parts.endWatch.busy()
    if (this.#end === undefined) this.crew.add(tasks)
    else this.#parts.mail.giveBack(tasks)
  }

  #lose(task: HeldTask): void {
    task.isLost = true
    this.#tell({ event: 'lease-lost', task: task.id })
    this.crew.drop(task, 'the lease on this task was lost')
  }

  /** Whether so much has been done, or has failed, that the worker is to stop. */
  #judgeEnd(): void {
    const { maxTasks } = this.#options
    const { tooManyFailures } = this.#parts.judge
    if (maxTasks !== undefined && this.tally.runs >= maxTasks)
      this.#stop('max-tasks', maxTasks === 1 ? 'the one run is done' : `${maxTasks} runs are done`)
    if (tooManyFailures !== undefined) this.#stop('failures', tooManyFailures)
  }

  async #beat(): Promise<void> {
    try {
      const now = this.#options.clock.monotonic()
      await this.#parts.heartbeat.beat(now)
      this.crew.accept(await this.#parts.code.alsoAccepted(now))
    } catch (error) {
      this.#parts.trouble.note(error)
    }
  }

  #tell(event: WorkEvent): void {
    // What comes back from a store that was given up is no news to anybody.
    if (!this.#hasLeft) this.#options.onEvent?.(event)
  }
}
