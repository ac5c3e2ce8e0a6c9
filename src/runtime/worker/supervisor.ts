import { hostname } from 'node:os'
import { systemClock } from '../queue/clock.ts'
import type { Clock } from '../queue/driver.ts'
import { Bell } from './bell.ts'
import { CodeCheck } from './code-check.ts'
import { Crew, type CrewEvents } from './crew.ts'
import { type EndInSight, EndWatch } from './ending.ts'
import type { WorkEvent } from './events.ts'
import { Grace } from './grace.ts'
import { Heartbeat } from './heartbeat.ts'
import type { HeldTask } from './held.ts'
import { Intake } from './intake.ts'
import { Judge } from './judge.ts'
import { leaseSecondsOf, tellOfLeases } from './lease-seconds.ts'
import { Loop } from './loop.ts'
import { type Machine, thisMachine } from './machine.ts'
import { Mail } from './mail.ts'
import { Tally, type WorkEnd } from './report.ts'
import { SlowWatch } from './slow-watch.ts'
import { spotNoticeFor } from './spot-watch.ts'
import type { StartRunner } from './start-runner.ts'
import { StoreTrouble } from './store-trouble.ts'
import { summarize } from './summarize.ts'
import { taskWords } from './task-words.ts'
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
  readonly tally = new Tally()
  readonly crew: Crew<HeldTask>
  readonly slow: SlowWatch
  readonly intake: Intake
  readonly #options: WorkOptions
  readonly #clock: Clock
  readonly #worker: string
  readonly #held = new Map<number, HeldTask>()
  readonly #machine: Machine
  readonly #bell: Bell
  readonly #mail: Mail
  readonly #heartbeat: Heartbeat
  readonly #judge: Judge
  readonly #endWatch: EndWatch
  readonly #loop: Loop
  readonly #trouble: StoreTrouble
  readonly #fault = Promise.withResolvers<never>()
  readonly #stopped = Promise.withResolvers<void>()
  readonly #silence = Promise.withResolvers<void>()
  readonly #stopPolling = new AbortController()
  readonly #grace: Grace
  readonly #code: CodeCheck
  #startRunner: StartRunner = () => {
    throw new Error('runners are started by run()')
  }
  #end: WorkEnd | undefined
  #hasLeft = false

  constructor(options: WorkOptions, machine: Machine = thisMachine) {
    const { timers } = machine
    const { queue, settings, host = hostname(), random = Math.random } = options
    const clock = options.clock ?? systemClock
    const worker = options.worker ?? `${host}-${process.pid}`
    const { concurrency, asyncPerRunner, isolation, recycleAfter } = settings
    const leaseSeconds = leaseSecondsOf(options)
    this.#options = options
    this.#machine = machine
    this.#bell = new Bell(timers)
    this.#clock = clock
    this.#worker = worker
    const onFault = (error: unknown) => this.#fault.reject(error)
    const onLost = (task: HeldTask) => this.#lose(task)
    const held = this.#held
    const mostDelaySeconds = queue.driver.limits.delaySeconds
    this.#judge = new Judge({ settings, worker, host, random, mostDelaySeconds })
    this.#mail = new Mail({
      ...{ queue, held, judge: this.#judge, tally: this.tally, onLeft: options.onLeft },
      now: timers.now,
      tell: event => this.#tell(event),
      onPosted: () => {
        this.#judgeEnd()
        this.#bell.ring()
      },
      onGivenBack: count => this.intake.giveBack(count),
      onTaken: () => this.#judgeEnd(),
    })
    this.#trouble = new StoreTrouble({
      ...{ clock, tell: event => this.#tell(event), onFault },
      onBegin: () => this.crew.pause(),
      onOver: () => this.crew.resume(),
    })
    this.#code = new CodeCheck({
      ...{ mode: settings.codeCheck, task: options.task, notes: queue.driver.notes },
      tell: event => this.#tell(event),
    })
    this.crew = new Crew(
      {
        ...{ concurrency, atOnce: asyncPerRunner },
        recycleAfter: isolation === 'fresh' ? 1 : recycleAfter,
        start: events => this.#startRunner(events),
        unrecorded: () => this.#mail.unanswered,
      },
      this.#crewEvents(onFault),
    )
    this.intake = new Intake({
      ...{ queue, crew: this.crew, worker, leaseSeconds, clock, held, onLost },
      maxTasks: options.maxTasks,
      signal: this.#stopPolling.signal,
      onTasks: tasks => this.#begin(tasks),
      onUnbegun: tasks => this.#mail.giveBack(tasks),
      isFit: task => !this.#mail.postWorn(task),
      onTrouble: error => this.#trouble.note(error),
    })
    const onNearlyOver = () => {
      this.#mail.isTidying = true
      this.crew.abortAll('the worker stops')
    }
    const onSilence = () => this.#silence.resolve()
    const endings = { onNearlyOver, onOver: () => this.crew.end(), onSilence }
    this.#grace = new Grace(settings.shutdownGraceSeconds, endings, timers)
    const running = () => this.crew.running()
    this.slow = new SlowWatch(this.crew.times, event => this.#tell(event))
    this.#heartbeat = new Heartbeat({ queue, leaseSeconds, held, running, onLost })
    const { until = 'stopped' } = options
    this.#endWatch = new EndWatch({
      until,
      settleSeconds: queue.driver.limits.settleSeconds,
      // What others hold need not be waited for by who may end when nothing can be leased.
      unknownSeconds: (until === 'idle' ? 0 : leaseSeconds) + this.#judge.longestDelaySeconds,
      onInSight: end => this.#tell({ event: 'end-in-sight', ...end }),
    })
    this.#loop = new Loop({
      ...{ queue, until, clock, timers, held, crew: this.crew, intake: this.intake },
      ...{ mail: this.#mail, trouble: this.#trouble, endWatch: this.#endWatch, bell: this.#bell },
      isEnding: () => this.#end !== undefined,
      isHurried: () => options.now?.aborted === true,
      hasLeft: () => this.#hasLeft,
      onDone: end => this.#stop(end, 'the work is done'),
    })
  }

  /** Tasks held just now. */
  get inFlight(): number {
    return this.#held.size
  }

  /** Whether tasks run in this very process. */
  get runsTasksItself(): boolean {
    return this.#options.settings.isolation === 'none'
  }

  /** When its loop last came round, on the process's own clock: a worker that hangs stays behind. */
  get turnedAt(): number {
    return this.#loop.turnedAt
  }

  /** When it ends if no task comes; `undefined` while there is something to do. */
  get endInSight(): EndInSight | undefined {
    return this.#endWatch.endInSight(this.#clock.monotonic())
  }

  async run(): Promise<WorkSummary> {
    const began = this.#clock.monotonic()
    const release = this.#listen()
    const spot = new AbortController()
    this.#fault.promise.catch(() => {})
    const orFault = (act: Promise<void>) => Promise.race([act, this.#fault.promise])
    try {
      // A task that is being loaded may take its time, or for ever.
      await orFault(Promise.race([this.#prepare(), this.#stopped.promise]))
      if (this.#end === undefined) {
        this.#watchSpot(spot.signal).catch(error => this.#fault.reject(error))
        this.#tell({ event: 'started', queue: this.#options.queue.url, worker: this.#worker })
        tellOfLeases(this.#options, event => this.#tell(event))
      }
      await orFault(Promise.race([this.#turns(), this.#silence.promise]))
      if (this.#held.size > 0) this.#tell({ event: 'left-held', tasks: this.#held.size })
      const seconds = (this.#clock.monotonic() - began) / 1000
      const { slowestSeconds } = this.crew.times
      const how = { end: this.#end ?? 'stopped', seconds, slowestSeconds }
      return summarize(this.tally, how, this.#judge.tooManyFailures)
    } catch (error) {
      await this.#abandon()
      throw error
    } finally {
      this.#hasLeft = true
      release()
      spot.abort(new Error('the worker has ended'))
      this.#grace.end()
      this.crew.end()
    }
  }

  async #prepare(): Promise<void> {
    await this.#options.queue.prepare()
    await this.#prepareRunners()
    if (this.#end !== undefined) return
    const begun = this.crew.begin()
    // While the runner starts, not before: the first task waits for both.
    void this.#code.read()
    await begun
  }

  /** What runners are told may depend on the code that is here. */
  async #prepareRunners(): Promise<void> {
    const { settings, host = hostname() } = this.#options
    const acceptsCode = await this.#code.accepted()
    const orders = ordersOf(this.#options, this.#worker, host)
    this.#startRunner = await this.#machine.runnerStarter(settings, {
      ...orders,
      ...(acceptsCode !== undefined && { acceptsCode }),
    })
    this.crew.accept(await this.#code.alsoAccepted(this.#clock.monotonic()))
  }

  /** Starts what happens beside the work; the answer ends it. */
  #listen(): () => void {
    const { signal, now, maxSeconds } = this.#options
    const { timers } = this.#machine
    const stop = () => {
      this.#grace.limit()
      this.#stop('stopped', 'the worker was told to stop')
    }
    const hurry = () => {
      this.crew.end()
      this.#grace.atMost(0)
    }
    const beatMilliseconds = Math.min(1000, this.#heartbeat.intervalSeconds * 500)
    const armed = [
      timers.every(checkMilliseconds, () => this.crew.check(timers.now())),
      timers.every(slowMilliseconds, () => this.slow.check(timers.now(), this.crew.running())),
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
    this.#grace.atMost(spotGraceSeconds)
    this.#grace.limit()
    this.#stop('stopped', 'this machine is about to be taken away')
  }

  /** While running tasks have their grace, everything else is released at once. */
  async #turns(): Promise<void> {
    await this.#loop.work()
    await this.#loop.finish()
  }

  /** A fault: nothing more is leased or run. */
  async #abandon(): Promise<void> {
    this.#end ??= 'stopped'
    this.#stopPolling.abort(new Error('the worker has a fault'))
    this.crew.end()
    await this.#loop.giveUp()
  }

  #stop(end: WorkEnd, reason: string): void {
    if (this.#end !== undefined) return
    this.#end = end
    // Not when the loop comes to it: it may be waiting for a store that is silent.
    this.#grace.begin()
    if (this.#held.size === 0) this.#grace.atMost(0)
    this.#tell({ event: 'stopping', reason })
    this.#stopPolling.abort(new Error(reason))
    this.crew.recall()
    this.#bell.ring()
    this.#stopped.resolve()
  }

  #crewEvents(onFault: (error: unknown) => void): CrewEvents<HeldTask> {
    return {
      ...taskWords(event => this.#tell(event)),
      onFault,
      onOutcomes: outcomes => this.#mail.postOutcomes(outcomes),
      onCrash: (task, failure, reason, output) =>
        this.#mail.postCrash(task, { failure, reason, output }),
      onUnfinished: tasks => this.#mail.giveBack(tasks),
      onMet: code => {
        this.#code.meet(code).catch(error => this.#trouble.note(error))
      },
    }
  }

  #begin(tasks: readonly HeldTask[]): void {
    this.#endWatch.busy()
    if (this.#end === undefined) this.crew.add(tasks)
    else this.#mail.giveBack(tasks)
  }

  #lose(task: HeldTask): void {
    task.isLost = true
    this.#tell({ event: 'lease-lost', task: task.id })
    this.crew.drop(task, 'the lease on this task was lost')
  }

  /** Whether so much has been done, or has failed, that the worker is to stop. */
  #judgeEnd(): void {
    const { maxTasks } = this.#options
    const { tooManyFailures } = this.#judge
    if (maxTasks !== undefined && this.tally.runs >= maxTasks)
      this.#stop('max-tasks', maxTasks === 1 ? 'the one run is done' : `${maxTasks} runs are done`)
    if (tooManyFailures !== undefined) this.#stop('failures', tooManyFailures)
  }

  async #beat(): Promise<void> {
    try {
      const now = this.#clock.monotonic()
      await this.#heartbeat.beat(now)
      this.crew.accept(await this.#code.alsoAccepted(now))
    } catch (error) {
      this.#trouble.note(error)
    }
  }

  #tell(event: WorkEvent): void {
    // What comes back from a store that was given up is no news to anybody.
    if (!this.#hasLeft) this.#options.onEvent?.(event)
  }
}
