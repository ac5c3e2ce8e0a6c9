import { join } from 'node:path'
import type { Clock, Driver } from '../src/runtime/queue/driver.ts'
import { type Chance, chanceOf } from '../storm/plan.ts'
import { History, type Line } from './history.ts'
import { behaviourOf, faultySeconds, type Plan, type PlannedFault } from './plan.ts'
import { HostClock, SimulatedProcess } from './process.ts'
import { type Broken, brokenPromises } from './promises.ts'
import { Schedule } from './schedule.ts'
import { type Fate, type Link, linked } from './store.ts'
import type { Subject } from './subject.ts'
import { SimulatedWorker } from './worker.ts'

/** What came of one plan. */
export interface Played {
  readonly lines: readonly Line[]
  /** The promises that were broken; none when all is well. */
  readonly broken: readonly Broken[]
  readonly figures: Figures
}

export type Figures = Readonly<Record<(typeof figureNames)[number], number>>

/** What is counted in each history. */
export const figureNames = [
  ...['tasks', 'runs', 'crashes', 'pauses', 'jumps', 'lostRequests', 'lostReplies', 'late'],
  ...['leasesLost', 'refused'],
] as const satisfies readonly string[]

/** Simulated seconds after which work that has not ended never will, where nobody sets the clock back. */
const mostSeconds = 3600

/** A boot after the clock was set back stretches what is left of delays by as much (decision 0008). */
function setBackSeconds({ faults }: Plan): number {
  return faults.reduce(
    (sum, { kind, seconds }) => sum + (kind === 'jump' ? Math.max(0, -seconds) : 0),
    0,
  )
}

/** Plays a plan from beginning to end; an embedded queue lies in `folder`, which is left as it is. */
export async function play(plan: Plan, subject: Subject, folder: string): Promise<Played> {
  const stage = new Stage(plan, subject, join(folder, 'queue.db'))
  try {
    return await stage.play()
  } finally {
    await stage.close()
  }
}

class Stage {
  readonly #plan: Plan
  readonly #subject: Subject
  readonly #file: string
  readonly #schedule: Schedule
  readonly #host: HostClock
  readonly #history: History
  readonly #chance: Chance
  readonly #workers: SimulatedWorker[] = []
  readonly #drivers: Driver[] = []
  readonly #counted: Record<string, number> = {}
  #memory: Driver | undefined
  #coming = 0
  #downUntil = 0

  constructor(plan: Plan, subject: Subject, file: string) {
    const { seed, queue } = plan
    this.#plan = plan
    this.#subject = subject
    this.#file = file
    this.#chance = chanceOf(seed, `play ${queue}`)
    this.#schedule = new Schedule(chanceOf(seed, `order ${queue}`))
    this.#host = new HostClock(this.#schedule, plan.namesBoots)
    this.#history = new History(this.#schedule)
  }

  async play(): Promise<Played> {
    const { workers, faults } = this.#plan
    const most = (mostSeconds + setBackSeconds(this.#plan)) * 1000
    await this.#insert()
    for (const atSeconds of workers) this.#send(atSeconds)
    for (const fault of faults)
      this.#schedule.after(fault.atSeconds * 1000, () => this.#befall(fault))
    while (this.#isAlive && this.#schedule.now < most) if (!(await this.#schedule.step())) break
    return await this.#lookBack()
  }

  async close(): Promise<void> {
    for (const driver of this.#drivers) await driver.close()
  }

  get #isAlive(): boolean {
    return this.#coming > 0 || this.#workers.some(({ end }) => end === undefined)
  }

  /** The store's own clock, which nothing stops. */
  get #steady(): Clock {
    return new SimulatedProcess(this.#schedule).clockOf(this.#host)
  }

  async #open(clock: Clock): Promise<Driver> {
    const { openDriver } = this.#subject
    const random = this.#chance.next
    if (this.#plan.queue === 'memory') {
      this.#memory ??= this.#keep(await openDriver('memory:', { clock: this.#steady, random }))
      return this.#memory
    }
    return this.#keep(await openDriver(`sqlite:${this.#file}?durable=false`, { clock, random }))
  }

  #keep(driver: Driver): Driver {
    this.#drivers.push(driver)
    return driver
  }

  async #insert(): Promise<void> {
    const ids = this.#plan.tasks.map(({ id }) => id)
    const clock = this.#steady
    const queue = this.#subject.createQueue(await this.#open(clock), clock, 'task:_run_task')
    const asked = this.#history.stamp()
    await queue.insert(ids.map(id => ({ id, params: {} })))
    this.#history.note('user', { step: 'inserted', ids, span: this.#history.since(asked) })
  }

  /** Has a worker start after a while. */
  #send(seconds: number): void {
    this.#coming += 1
    this.#schedule.after(seconds * 1000, async () => {
      this.#coming -= 1
      const { tasks } = this.#plan
      const byId = new Map(tasks.map(task => [task.id, task]))
      const worker = new SimulatedWorker(`w${this.#workers.length + 1}`, {
        ...{ plan: this.#plan, subject: this.#subject, schedule: this.#schedule },
        ...{ host: this.#host, history: this.#history, chance: this.#chance },
        onDisaster: victim => this.#replace(victim),
        behaviourOf: (id, attempt) => behaviourOf(byId.get(id) ?? { id, runs: [] }, attempt),
      })
      this.#workers.push(worker)
      const driver = await this.#open(worker.process.clockOf(this.#host))
      worker.work(linked(driver, this.#linkOf(worker)))
    })
  }

  #linkOf(worker: SimulatedWorker): Link {
    return {
      ...{ plan: this.#plan, subject: this.#subject, schedule: this.#schedule },
      ...{ history: this.#history, process: worker.process, worker: worker.name },
      chance: chanceOf(this.#plan.seed, `calls ${worker.name}`),
      isDown: () => this.#schedule.now < this.#downUntil,
      isFaulty: () => this.#schedule.now < faultySeconds * 1000,
      isSameBoot: () => worker.boot === this.#host.boots,
      onFate: fate => this.#count(counters[fate]),
    }
  }

  #befall({ kind, victim, seconds }: PlannedFault): void {
    const living = this.#workers.filter(({ end }) => end === undefined)
    const worker = living[victim % Math.max(1, living.length)]
    this.#history.say(worker?.name ?? 'nobody', `${kind} (${seconds.toFixed(3)} s)`)
    if (kind === 'jump') {
      this.#count('jumps')
      this.#host.jump(seconds)
    } else if (kind === 'outage') this.#downUntil = this.#schedule.now + seconds * 1000
    else if (kind === 'reboot') {
      for (const one of living) this.#crash(one)
      this.#host.reboot()
      if (this.#coming === 0) this.#send(seconds)
    } else if (worker === undefined) return
    else if (kind === 'pause') {
      this.#count('pauses')
      worker.pause(seconds)
    } else if (kind === 'runner') worker.killRunner(victim)
    else {
      if (kind === 'crash') this.#crash(worker)
      else worker.tell()
      this.#send(seconds)
    }
  }

  /** Its task kills a worker, however often: somebody starts another each time. */
  #replace(worker: SimulatedWorker): void {
    if (worker.end !== undefined) return
    this.#crash(worker)
    this.#send(1)
  }

  #crash(worker: SimulatedWorker): void {
    this.#count('crashes')
    worker.kill()
  }

  #count(name: string): void {
    this.#counted[name] = (this.#counted[name] ?? 0) + 1
  }

  async #lookBack(): Promise<Played> {
    const clock = this.#steady
    const queue = this.#subject.createQueue(await this.#open(clock), clock, 'task:_run_task')
    const remains = await this.#subject.remainsOf(queue)
    const { lines, steps } = this.#history
    const workers = this.#workers
    const broken = brokenPromises({ plan: this.#plan, lines, steps, remains, workers })
    const counted: Record<string, number> = {
      ...this.#counted,
      tasks: this.#plan.tasks.length,
      runs: steps.filter(({ step }) => step === 'began').length,
      leasesLost: lines.filter(({ says }) => says?.startsWith('lease-lost') === true).length,
      refused: steps.filter(step => step.step === 'settled' && step.answer === 'lost').length,
    }
    const figures = Object.fromEntries(figureNames.map(name => [name, counted[name] ?? 0]))
    return { lines, broken, figures: figures as Figures }
  }
}

const counters: Readonly<Record<Fate, string>> = {
  fine: 'calls',
  'lost request': 'lostRequests',
  'lost reply': 'lostReplies',
  late: 'late',
}
