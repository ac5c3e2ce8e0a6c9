import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { systemClock } from '../queue/clock.ts'
import type { Clock, HeldAnswer, Lease } from '../queue/driver.ts'
import type { Queue } from '../queue/queue.ts'
import { Crew } from './crew.ts'
import { judgeEnding, type Until } from './ending.ts'
import type { WorkEvent } from './events.ts'
import { Heartbeat } from './heartbeat.ts'
import { type HeldTask, hold } from './held.ts'
import { Judge } from './judge.ts'
import { isPassing, type Letter, Outbox } from './outbox.ts'
import { Tally, type WorkEnd, type WorkReport } from './report.ts'
import type { WorkerSettings } from './settings.ts'
import { startRunner } from './start-runner.ts'

export interface WorkOptions {
  readonly queue: Queue
  /** The file of the user's task. */
  readonly task: string
  readonly settings: WorkerSettings
  /** Default: until told to stop. */
  readonly until?: Until
  /** Ends after so many runs. */
  readonly maxTasks?: number
  readonly maxSeconds?: number
  /** What the user wrote for the task on the command line. */
  readonly args?: readonly string[]
  /** Names this worker; default: host and process. */
  readonly worker?: string
  readonly host?: string
  /** Aborted: no new leases, running tasks get their grace, the rest is released at once. */
  readonly signal?: AbortSignal
  /** Aborted: the grace is over. */
  readonly now?: AbortSignal
  readonly onEvent?: (event: WorkEvent) => void
  readonly clock?: Clock
  readonly random?: () => number
}

/** How a worker ended, and what it did. */
export interface WorkSummary extends WorkReport {
  readonly end: WorkEnd
  /** Set for `failures`: what the last of them was. */
  readonly reason?: string
  readonly seconds: number
  readonly slowestSeconds: number
}

/** Outcomes are sent when they are this many or this old: what a killed worker can have run in vain. */
const lettersAtOnce = 500
const letterMilliseconds = 10
/** The longest wait for new tasks before the worker looks whether all is done. */
const pollSeconds = 1
const checkMilliseconds = 100
const troubleSeconds = { first: 0.25, most: 5 }
/** Before the grace ends running tasks are told by their signal, to leave things tidy. */
const tidySeconds = 1

/** Leases tasks, has them run and records what becomes of them, until there is a reason to end. */
export function work(options: WorkOptions): Promise<WorkSummary> {
  return new Supervisor(options).run()
}

/** A worker at work, with a look at how it is doing. */
export class Supervisor {
  readonly tally = new Tally()
  readonly crew: Crew<HeldTask>
  readonly #options: WorkOptions
  readonly #clock: Clock
  readonly #worker: string
  readonly #held = new Map<number, HeldTask>()
  readonly #outbox: Outbox
  readonly #heartbeat: Heartbeat
  readonly #judge: Judge
  readonly #fault = Promise.withResolvers<never>()
  #idleSince: number | undefined
  #confirmedSince: number | undefined
  #lastRef = 0
  #leased = 0
  #end: WorkEnd | undefined
  #wake = Promise.withResolvers<void>()
  /** The last lease found nothing. */
  #isDry = false
  #polling: Promise<void> | undefined
  /** The grace is nearly over and the signals of all running tasks are aborted. */
  #isTidying = false
  #trouble: { readonly since: number; seconds: number } | undefined
  readonly #stopPolling = new AbortController()

  constructor(options: WorkOptions) {
    const { queue, settings, host = hostname(), random = Math.random } = options
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#worker = options.worker ?? `${host}-${process.pid}`
    this.#outbox = new Outbox(queue)
    this.#judge = new Judge({ settings, worker: this.#worker, host, random })
    this.crew = new Crew(
      {
        concurrency: settings.concurrency,
        atOnce: settings.asyncPerRunner,
        recycleAfter: settings.isolation === 'fresh' ? 1 : settings.recycleAfter,
        start: events => startRunner(settings, this.#orders(host), events),
      },
      {
        onOutcomes: outcomes => {
          for (const [task, outcome] of outcomes) {
            // What throws because the worker stops has not failed.
            if (this.#isTidying && outcome.name === 'exception') this.#giveBack([task])
            else this.#post(task, this.#judge.letterFor(task, outcome))
          }
          this.#stir()
        },
        onCrash: (task, failure, reason, output) => {
          this.#post(task, this.#judge.letterForCrash(task, { failure, reason, output }))
          this.#stir()
        },
        onUnfinished: tasks => this.#giveBack(tasks),
        onLog: (task, message) => this.#tell({ event: 'task-log', task: task.id, message }),
        onProgress: (task, fraction) =>
          this.#tell({ event: 'task-progress', task: task.id, fraction }),
        onOutput: text => this.#tell({ event: 'output', text }),
        onFault: error => this.#fault.reject(error),
      },
    )
    this.#heartbeat = new Heartbeat({
      queue,
      leaseSeconds: settings.leaseSeconds,
      held: this.#held,
      running: () => this.crew.running(),
      onLost: task => this.#lose(task),
    })
  }

  /** Tasks held just now. */
  get inFlight(): number {
    return this.#held.size
  }

  async run(): Promise<WorkSummary> {
    const began = this.#clock.monotonic()
    const { signal, now, maxSeconds } = this.#options
    const stop = () => this.#stop('stopped', 'the worker was told to stop')
    const timers = [
      setInterval(() => this.crew.check(performance.now()), checkMilliseconds),
      setInterval(() => void this.#beat(), Math.min(1000, this.#heartbeat.intervalSeconds * 500)),
      ...(maxSeconds === undefined
        ? []
        : [
            setTimeout(
              () => this.#stop('max-seconds', `${maxSeconds} s are over`),
              maxSeconds * 1000,
            ),
          ]),
    ]
    this.#fault.promise.catch(() => {})
    signal?.addEventListener('abort', stop, { once: true })
    const hurry = () => this.crew.end()
    now?.addEventListener('abort', hurry, { once: true })
    try {
      if (signal?.aborted) stop()
      await Promise.race([this.crew.begin(), this.#fault.promise])
      this.#tell({ event: 'started', queue: this.#options.queue.url, worker: this.#worker })
      await Promise.race([this.#workOn(), this.#fault.promise])
      await Promise.race([this.#finish(), this.#fault.promise])
      return this.#summary(began)
    } catch (error) {
      await this.#abandon()
      throw error
    } finally {
      for (const timer of timers) clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
      now?.removeEventListener('abort', hurry)
      this.crew.end()
    }
  }

  /** One turn after the other: hands in what is done and asks for more, in one transaction. */
  async #workOn(): Promise<void> {
    while (this.#end === undefined) {
      if (this.#trouble !== undefined) await this.#weather(this.#trouble)
      else if (this.#isDry && this.#held.size === 0) await this.#rest()
      else if (this.#isWorthIt)
        await Promise.all([this.#send(), this.#isDry ? undefined : this.#lease(0)])
      else {
        if (this.#isDry && this.#wants > 0) void this.#poll()
        await this.#sleep(
          this.#outbox.size > 0 ? letterMilliseconds - this.#age : pollSeconds * 1000,
        )
      }
    }
  }

  get #age(): number {
    return performance.now() - this.#outbox.oldestAt
  }

  /** Whether there are outcomes enough, or old ones, or room for tasks. */
  get #isWorthIt(): boolean {
    const { size } = this.#outbox
    if (size >= lettersAtOnce || (size > 0 && this.#age >= letterMilliseconds)) return true
    return (this.#wants > 0 && !this.#isDry) || (size > 0 && this.crew.inHand === 0)
  }

  /** Tries again now and then, ever less often, until the store answers. */
  async #weather(trouble: { seconds: number }): Promise<void> {
    const until = performance.now() + trouble.seconds * 1000
    while (this.#end === undefined && performance.now() < until)
      await this.#sleep(until - performance.now())
    trouble.seconds = Math.min(troubleSeconds.most, trouble.seconds * 2)
    if (this.#outbox.size > 0) await this.#send()
    else {
      try {
        await this.#options.queue.counts()
        this.#noteRecovery()
      } catch (error) {
        this.#noteTrouble(error)
      }
    }
  }

  /** How many tasks to ask for: few at a time only where a runner would have nothing to do. */
  get #wants(): number {
    const { maxTasks } = this.#options
    const { target, inHand, isStarving } = this.crew
    const room = target - inHand
    const isWorthIt = isStarving || room >= Math.min(lettersAtOnce, target / 2)
    const left = maxTasks === undefined ? room : Math.min(room, maxTasks - this.#leased)
    return isWorthIt ? Math.max(0, left) : 0
  }

  async #lease(waitSeconds: number): Promise<void> {
    const max = this.#wants
    if (max === 0) return
    const { queue, settings } = this.#options
    const asked = this.#clock.monotonic()
    try {
      const leases = await queue.lease({
        max,
        seconds: settings.leaseSeconds,
        waitSeconds,
        worker: { id: this.#worker },
        signal: this.#stopPolling.signal,
      })
      this.#isDry = leases.length === 0
      await this.#take(leases, asked)
    } catch (error) {
      if (this.#stopPolling.signal.aborted && error === this.#stopPolling.signal.reason) return
      this.#noteTrouble(error)
    }
  }

  async #take(leases: readonly Lease[], now: number): Promise<void> {
    this.#leased += leases.length
    if (leases.length > 0) this.#idleSince = undefined
    const tasks = leases.map(lease => {
      this.#lastRef += 1
      const task = hold(lease, this.#lastRef, now)
      this.#held.set(task.ref, task)
      return task
    })
    const fit = tasks.filter(task => {
      const letter = this.#judge.letterForWorn(task)
      if (letter !== undefined) this.#post(task, letter)
      return letter === undefined
    })
    const suspects = fit.filter(({ alone }) => alone)
    if (suspects.length > 0) await this.#recordStarts(suspects)
    if (this.#end !== undefined) this.#giveBack(fit.filter(({ isLost }) => !isLost))
    else this.crew.add(suspects.length === 0 ? fit : fit.filter(({ isLost }) => !isLost))
  }

  /** Somebody may have died of these: their runs are charged before they begin. */
  async #recordStarts(suspects: readonly HeldTask[]): Promise<void> {
    const { queue, settings } = this.#options
    const leases = suspects.map(task => ({ ...task.lease, attempts: task.attempt }))
    const answers = await queue.extend(leases, settings.leaseSeconds)
    for (const [at, task] of suspects.entries()) {
      if (answers[at] === 'done') task.isCharged = true
      else this.#lose(task)
    }
  }

  #post(task: HeldTask, letter: Letter): void {
    if (task.isLost) {
      this.#held.delete(task.ref)
      this.tally.lost += 1
    } else this.#outbox.add(letter, performance.now())
  }

  async #send(): Promise<void> {
    if (this.#outbox.size === 0) return
    try {
      await this.#outbox.send((letter, answer) => this.#count(letter, answer))
      this.#noteRecovery()
    } catch (error) {
      this.#noteTrouble(error)
    }
  }

  #count(letter: Letter, answer: HeldAnswer): void {
    this.#held.delete(letter.task.ref)
    if (answer === 'lost') {
      this.tally.lost += 1
      this.#tell({ event: 'lease-lost', task: letter.task.id })
      return
    }
    if (letter.kind === 'done') this.tally.done += 1
    this.#judge.count(letter, this.tally, event => this.#tell(event))
    const { maxTasks } = this.#options
    if (maxTasks !== undefined && this.tally.runs >= maxTasks)
      this.#stop('max-tasks', `${maxTasks} runs are done`)
    if (this.#judge.tooManyFailures !== undefined)
      this.#stop('failures', this.#judge.tooManyFailures)
  }

  #giveBack(tasks: readonly HeldTask[]): void {
    this.#leased -= tasks.length
    for (const task of tasks)
      this.#post(task, {
        kind: 'release',
        task,
        attempts: task.lease.attempts,
        afterSeconds: 0,
      })
    this.#stir()
  }

  #lose(task: HeldTask): void {
    task.isLost = true
    this.#tell({ event: 'lease-lost', task: task.id })
    this.crew.drop(task, 'the lease on this task was lost')
  }

  async #beat(): Promise<void> {
    try {
      await this.#heartbeat.beat(this.#clock.monotonic())
    } catch (error) {
      this.#noteTrouble(error)
    }
  }

  /** Nothing to do: looks whether that is the end, and waits for tasks if not. */
  async #rest(): Promise<void> {
    const end = await this.#judgeEnd()
    if (end !== undefined) this.#stop(end, 'the work is done')
    else if (this.#trouble === undefined) await this.#poll()
  }

  /** Waits for tasks, once at a time, while running ones are looked after. */
  #poll(): Promise<void> {
    this.#polling ??= this.#lease(pollSeconds).finally(() => {
      this.#polling = undefined
      this.#stir()
    })
    return this.#polling
  }

  async #judgeEnd(): Promise<WorkEnd | undefined> {
    const { queue, until = 'stopped', settings } = this.#options
    if (until === 'stopped') return undefined
    try {
      const counts = await queue.counts()
      const now = this.#clock.monotonic()
      this.#idleSince ??= now
      const since = (start: number | undefined) =>
        start === undefined ? undefined : (now - start) / 1000
      const verdict = judgeEnding({
        until,
        counts,
        idleSeconds: since(this.#idleSince) ?? 0,
        confirmedSeconds: since(this.#confirmedSince),
        settleSeconds: queue.driver.limits.settleSeconds,
        unknownSeconds: settings.leaseSeconds + this.#judge.longestDelaySeconds,
      })
      if (verdict === 'confirm') this.#confirmedSince ??= now
      else this.#confirmedSince = undefined
      return verdict === 'end' ? until : undefined
    } catch (error) {
      this.#noteTrouble(error)
      return undefined
    }
  }

  /** The store does not answer: nothing new is begun, what is done is kept and sent again. */
  #noteTrouble(error: unknown): void {
    if (!isPassing(error)) {
      this.#fault.reject(error)
      return
    }
    const now = this.#clock.monotonic()
    if (this.#trouble === undefined) {
      this.#trouble = { since: now, seconds: troubleSeconds.first }
      this.#tell({ event: 'store-trouble', reason: (error as Error).message })
    }
    this.crew.pause()
  }

  #noteRecovery(): void {
    if (this.#trouble === undefined) return
    const seconds = (this.#clock.monotonic() - this.#trouble.since) / 1000
    this.#trouble = undefined
    this.#tell({ event: 'store-recovered', seconds })
    this.crew.resume()
  }

  #stop(end: WorkEnd, reason: string): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.#tell({ event: 'stopping', reason })
    this.#stopPolling.abort(new Error(reason))
    this.crew.recall()
    this.#stir()
  }

  /** Lets running tasks have their grace while everything else is released at once. */
  async #finish(): Promise<void> {
    const { settings, now } = this.#options
    const graceMs = settings.shutdownGraceSeconds * 1000
    const tidyMs = Math.min(tidySeconds * 1000, graceMs / 2)
    const timers = [
      setTimeout(() => {
        this.#isTidying = true
        this.crew.abortAll('the worker stops')
      }, graceMs - tidyMs),
      setTimeout(() => this.crew.end(), graceMs),
    ]
    try {
      while (this.#held.size > 0) {
        await this.#send()
        if (this.#held.size === 0) return
        if (this.#trouble !== undefined && now?.aborted) return
        if (this.#trouble !== undefined) await this.#sleep(1000)
        else if (this.#outbox.size === 0) await this.#sleep(1000)
      }
    } finally {
      for (const timer of timers) clearTimeout(timer)
    }
  }

  /** A fault: what can be given back is, so that others need not wait for the leases to end. */
  async #abandon(): Promise<void> {
    this.#end ??= 'stopped'
    this.#stopPolling.abort()
    this.crew.end()
    for (let tries = 0; this.#held.size > 0 && tries < 20; tries += 1) {
      try {
        await this.#outbox.send((letter, answer) => this.#count(letter, answer))
      } catch {
        // The fault that is already on its way tells more; the leases end by themselves.
        return
      }
      await this.#sleep(50)
    }
  }

  /** Sleeps, unless something has happened or happens. */
  async #sleep(milliseconds: number): Promise<void> {
    const wake = this.#wake.promise
    const timer = setTimeout(() => this.#stir(), Math.max(0, milliseconds))
    await wake
    clearTimeout(timer)
  }

  #stir(): void {
    this.#wake.resolve()
    this.#wake = Promise.withResolvers()
  }

  #orders(host: string) {
    const { settings, task, args = [], queue } = this.#options
    return {
      task: resolve(task),
      wire: queue.driver.wire,
      worker: this.#worker,
      host,
      args,
      atOnce: settings.asyncPerRunner,
      timeoutSeconds: settings.taskTimeoutSeconds,
      killSeconds: Math.min(5, settings.taskTimeoutSeconds),
      recordBytes: Math.min(queue.driver.limits.bodyBytes, 16 * 2 ** 20),
    }
  }

  #tell(event: WorkEvent): void {
    this.#options.onEvent?.(event)
  }

  #summary(began: number): WorkSummary {
    const { done, dead, retried, released, lost, failures, runs } = this.tally
    const reason = this.#judge.tooManyFailures
    return {
      end: this.#end ?? 'stopped',
      ...(this.#end === 'failures' && reason !== undefined && { reason }),
      ...{ done, dead, retried, released, lost, failures, runs },
      seconds: (this.#clock.monotonic() - began) / 1000,
      slowestSeconds: this.crew.pace.slowestSeconds,
    }
  }
}
