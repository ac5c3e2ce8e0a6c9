import type { Driver } from '../src/runtime/queue/driver.ts'
import type { WorkEvent } from '../src/runtime/worker/events.ts'
import type { Machine } from '../src/runtime/worker/machine.ts'
import type { WorkerSettings } from '../src/runtime/worker/settings.ts'
import type { WorkSummary } from '../src/runtime/worker/work-options.ts'
import type { Chance } from '../storm/plan.ts'
import type { History } from './history.ts'
import type { Behaviour, Plan } from './plan.ts'
import { type HostClock, SimulatedProcess } from './process.ts'
import { SimulatedRunner } from './runner.ts'
import type { Schedule } from './schedule.ts'
import type { Subject } from './subject.ts'

/** What a worker is started with. */
export interface Bench {
  readonly plan: Plan
  readonly subject: Subject
  readonly schedule: Schedule
  readonly host: HostClock
  readonly history: History
  readonly chance: Chance
  readonly behaviourOf: (id: string, attempt: number) => Behaviour
  /** One of its tasks takes the worker along. */
  readonly onDisaster: (worker: SimulatedWorker) => void
}

/** How a worker went. */
export type WorkerEnd =
  | { readonly how: 'killed' }
  | { readonly how: 'ended'; readonly summary: WorkSummary }
  | { readonly how: 'failed'; readonly error: unknown }

/** A worker: the real supervisor in a simulated process, with simulated runners. */
export class SimulatedWorker {
  readonly name: string
  readonly process: SimulatedProcess
  readonly boot: number
  end: WorkerEnd | undefined
  wasTold = false
  /** When it last began to go on after it stood still. */
  wentOnAt = 0
  readonly #bench: Bench
  readonly #runners: SimulatedRunner[] = []
  readonly #stop = new AbortController()

  constructor(name: string, bench: Bench) {
    this.name = name
    this.#bench = bench
    this.process = new SimulatedProcess(bench.schedule)
    this.boot = bench.host.boots
  }

  /** Works until the queue is drained. */
  work(driver: Driver): void {
    const { plan, subject, host, history, chance } = this.#bench
    const clock = this.process.clockOf(host)
    const supervisor = new subject.Supervisor(
      {
        queue: subject.createQueue(driver, clock),
        task: 'task.ts',
        settings: settingsOf(plan, subject),
        until: 'drained',
        worker: this.name,
        host: 'simulated',
        signal: this.#stop.signal,
        onEvent: event => history.say(this.name, textOf(event)),
        clock,
        random: chance.next,
      },
      this.#machine(),
    )
    supervisor.run().then(
      summary => this.#leave({ how: 'ended', summary }),
      error => this.#leave({ how: 'failed', error }),
    )
  }

  kill(): void {
    if (this.end !== undefined) return
    this.process.kill()
    for (const runner of this.#runners) runner.orphan()
    this.#leave({ how: 'killed' })
  }

  pause(seconds: number): void {
    this.process.stop()
    this.#bench.schedule.after(seconds * 1000, () => {
      this.wentOnAt = this.#bench.schedule.now
      if (!this.process.isGone) this.#bench.history.say(this.name, 'goes on')
      this.process.goOn()
    })
  }

  /** Tells it to end. */
  tell(): void {
    this.wasTold = true
    this.process.deliver(() => this.#stop.abort(new Error('the plan says so')))
  }

  /** Kills one of its runners from outside. */
  killRunner(victim: number): void {
    this.#runners[victim % Math.max(1, this.#runners.length)]?.strike()
  }

  #leave(end: WorkerEnd): void {
    this.end ??= end
    this.#bench.history.say(this.name, end.how)
  }

  #machine(): Machine {
    const { subject, schedule, chance, history, behaviourOf, host } = this.#bench
    const { timers } = this.process
    return {
      timers,
      runnerStarter: (_, orders) => events =>
        subject.startProcessRunner(
          { orders, memoryLimit: undefined, recycleAbove: undefined },
          events,
          {
            timers,
            start: (_, events) => {
              const runner = new SimulatedRunner({
                ...{ schedule, chance, history, subject, events, behaviourOf },
                name: `${this.name}.r${this.#runners.length + 1}`,
                parent: this.process,
                wallNow: () => host.now(),
                onDisaster: () => this.#bench.onDisaster(this),
              })
              this.#runners.push(runner)
              return runner
            },
          },
        ),
    }
  }
}

function settingsOf(plan: Plan, { readSettings }: Subject): WorkerSettings {
  const values = {
    TQ_ISOLATION: 'process',
    TQ_CONCURRENCY: String(plan.concurrency),
    TQ_ASYNC_PER_RUNNER: String(plan.asyncPerRunner),
    TQ_TASK_TIMEOUT_SECONDS: String(plan.taskTimeoutSeconds),
    TQ_MAX_ATTEMPTS: String(plan.maxAttempts),
    TQ_STOP_AFTER_FAILURES: '0',
    TQ_SHUTDOWN_GRACE_SECONDS: String(plan.graceSeconds),
    TQ_LEASE_SECONDS: String(plan.leaseSeconds),
    TQ_RECYCLE_AFTER: String(plan.recycleAfter),
    TQ_CODE_CHECK: 'off',
    TQ_SPOT_NOTICES: 'off',
  }
  return readSettings([{ values, place: () => 'the plan' }])
}

function textOf({ event, ...rest }: WorkEvent): string {
  return `${event} ${JSON.stringify(rest)}`
}
