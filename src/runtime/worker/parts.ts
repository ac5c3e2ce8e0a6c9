import type { Clock } from '../queue/driver.ts'
import { Bell } from './bell.ts'
import { CodeCheck } from './code-check.ts'
import { Crew, type CrewOptions } from './crew.ts'
import { EndWatch } from './ending.ts'
import type { WorkEvent } from './events.ts'
import { Grace } from './grace.ts'
import { Heartbeat } from './heartbeat.ts'
import type { HeldTask } from './held.ts'
import { HolderWatch } from './holder-watch.ts'
import { Intake } from './intake.ts'
import { Judge } from './judge.ts'
import { leaseSecondsOf } from './lease-seconds.ts'
import { Loop } from './loop.ts'
import { Mail } from './mail.ts'
import { Tally } from './report.ts'
import { SlowWatch } from './slow-watch.ts'
import type { StartRunner } from './start-runner.ts'
import { StoreTrouble } from './store-trouble.ts'
import { taskWords } from './task-words.ts'
import type { Timers } from './timers.ts'
import type { WorkOptions } from './work-options.ts'

/** What a worker is told, with what it takes from its machine where nothing was said. */
export interface KnownOptions extends WorkOptions {
  readonly worker: string
  readonly host: string
  readonly clock: Clock
}

/** What the parts of a worker ask of whoever leads them. */
export interface Lead {
  readonly tell: (event: WorkEvent) => void
  /** Something failed that no worker can go on with. */
  readonly onFault: (error: unknown) => void
  readonly startRunner: StartRunner
  readonly onTasks: (tasks: readonly HeldTask[]) => void
  readonly onLost: (task: HeldTask) => void
  /** The tally has changed, or what is to become of it: is that the end? */
  readonly onCounted: () => void
  /** Nothing is left to do. */
  readonly onDone: (end: 'drained' | 'idle') => void
  /** The store had its time to answer after the end. */
  readonly onSilence: () => void
  /** Aborted when nothing more is to be leased. */
  readonly leasing: AbortSignal
  readonly isEnding: () => boolean
  readonly hasLeft: () => boolean
}

/** The parts of a worker, each told of what the others do as far as it concerns it. */
export class Parts {
  readonly tally = new Tally()
  /** Tasks on loan to this worker, by number. */
  readonly held = new Map<number, HeldTask>()
  readonly bell: Bell
  readonly judge: Judge
  readonly mail: Mail
  readonly trouble: StoreTrouble
  readonly code: CodeCheck
  readonly crew: Crew<HeldTask>
  readonly intake: Intake
  readonly grace: Grace
  readonly slow: SlowWatch
  readonly heartbeat: Heartbeat
  readonly endWatch: EndWatch
  readonly loop: Loop
  readonly #options: KnownOptions
  readonly #timers: Timers
  readonly #lead: Lead
  readonly #leaseSeconds: number

  constructor(options: KnownOptions, timers: Timers, lead: Lead) {
    this.#options = options
    this.#timers = timers
    this.#lead = lead
    this.#leaseSeconds = leaseSecondsOf(options)
    this.bell = new Bell(timers)
    this.judge = this.#newJudge()
    this.mail = this.#newMail()
    this.trouble = this.#newTrouble()
    this.code = this.#newCodeCheck()
    this.crew = this.#newCrew()
    this.intake = this.#newIntake()
    this.grace = this.#newGrace()
    this.slow = new SlowWatch(this.crew.times, lead.tell)
    this.heartbeat = this.#newHeartbeat()
    this.endWatch = this.#newEndWatch()
    this.loop = this.#newLoop()
  }

  #newJudge(): Judge {
    const { queue, settings, worker, host, random = Math.random } = this.#options
    const mostDelaySeconds = queue.driver.limits.delaySeconds
    return new Judge({ settings, worker, host, random, mostDelaySeconds })
  }

  #newMail(): Mail {
    const { queue, onLeft } = this.#options
    const { tell, onCounted } = this.#lead
    return new Mail({
      ...{ queue, held: this.held, judge: this.judge, tally: this.tally, tell, onLeft },
      now: this.#timers.now,
      onPosted: () => {
        onCounted()
        this.bell.ring()
      },
      onGivenBack: count => this.intake.giveBack(count),
      onTaken: onCounted,
    })
  }

  #newTrouble(): StoreTrouble {
    const { tell, onFault } = this.#lead
    return new StoreTrouble({
      ...{ clock: this.#options.clock, tell, onFault },
      onBegin: () => this.crew.pause(),
      onOver: () => this.crew.resume(),
    })
  }

  #newCodeCheck(): CodeCheck {
    const { queue, settings, task } = this.#options
    const { notes } = queue.driver
    return new CodeCheck({ mode: settings.codeCheck, task, notes, tell: this.#lead.tell })
  }

  #newCrew(): Crew<HeldTask> {
    const { concurrency, asyncPerRunner: atOnce, isolation, recycleAfter } = this.#options.settings
    const { tell, onFault, startRunner } = this.#lead
    const options: CrewOptions<HeldTask> = {
      ...{ concurrency, atOnce, recycleAfter: isolation === 'fresh' ? 1 : recycleAfter },
      ...{ start: startRunner, unrecorded: () => this.mail.unanswered },
    }
    return new Crew(options, {
      ...{ ...taskWords(tell), onFault },
      onOutcomes: outcomes => this.mail.postOutcomes(outcomes),
      onCrash: (task, failure, reason, output) =>
        this.mail.postCrash(task, { failure, reason, output }),
      onUnfinished: tasks => this.mail.giveBack(tasks),
      onMet: code => {
        this.code.meet(code).catch(error => this.trouble.note(error))
      },
    })
  }

  #newIntake(): Intake {
    const { queue, worker, clock, maxTasks } = this.#options
    const { leasing: signal, onTasks, onLost } = this.#lead
    return new Intake({
      ...{ queue, crew: this.crew, worker, leaseSeconds: this.#leaseSeconds, clock },
      ...{ held: this.held, maxTasks, signal, onTasks, onLost },
      onUnbegun: tasks => this.mail.giveBack(tasks),
      isFit: task => !this.mail.postWorn(task),
      onTrouble: error => this.trouble.note(error),
    })
  }

  #newGrace(): Grace {
    const endings = {
      onNearlyOver: () => {
        this.mail.isTidying = true
        this.crew.abortAll('the worker stops')
      },
      onOver: () => this.crew.end(),
      onSilence: this.#lead.onSilence,
    }
    return new Grace(this.#options.settings.shutdownGraceSeconds, endings, this.#timers)
  }

  #newHeartbeat(): Heartbeat {
    const { queue } = this.#options
    const { onLost } = this.#lead
    const running = () => this.crew.running()
    const leaseSeconds = this.#leaseSeconds
    return new Heartbeat({ queue, leaseSeconds, held: this.held, running, onLost })
  }

  #newEndWatch(): EndWatch {
    const { queue, until = 'stopped' } = this.#options
    // What others hold need not be waited for by who may end when nothing can be leased.
    const othersSeconds = until === 'idle' ? 0 : this.#leaseSeconds
    return new EndWatch({
      until,
      settleSeconds: queue.driver.limits.settleSeconds,
      unknownSeconds: othersSeconds + this.judge.longestDelaySeconds,
      onInSight: end => this.#lead.tell({ event: 'end-in-sight', ...end }),
    })
  }

  #newLoop(): Loop {
    const { queue, until = 'stopped', clock, now } = this.#options
    const { isEnding, hasLeft, onDone } = this.#lead
    const { crew, held, intake, mail, trouble, endWatch, bell } = this
    return new Loop({
      ...{ queue, until, clock, timers: this.#timers },
      ...{ crew, held, intake, mail, trouble, endWatch, bell },
      holderWatch: new HolderWatch(this.#lead.tell),
      ...{ isEnding, isHurried: () => now?.aborted === true, hasLeft, onDone },
    })
  }
}
