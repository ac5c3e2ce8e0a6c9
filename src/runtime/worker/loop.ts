import type { Clock, Counts } from '../queue/driver.ts'
import type { Queue } from '../queue/queue.ts'
import type { Bell } from './bell.ts'
import type { Crew } from './crew.ts'
import type { EndWatch, Until } from './ending.ts'
import type { HeldTask } from './held.ts'
import type { HolderWatch } from './holder-watch.ts'
import type { Intake } from './intake.ts'
import type { Mail } from './mail.ts'
import type { StoreTrouble } from './store-trouble.ts'
import type { Timers } from './timers.ts'

/** The parts that take turns, and what the worker at large wants. */
export interface LoopOptions {
  readonly queue: Queue
  readonly until: Until
  readonly clock: Clock
  readonly timers: Timers
  readonly crew: Pick<Crew<HeldTask>, 'inHand' | 'feed'>
  readonly held: ReadonlyMap<number, HeldTask>
  readonly intake: Intake
  readonly mail: Mail
  readonly trouble: StoreTrouble
  readonly endWatch: EndWatch
  readonly holderWatch: HolderWatch
  /** Rung when something has happened that may end a wait. */
  readonly bell: Bell
  /** Whether the worker is to end: nothing more is leased then. */
  readonly isEnding: () => boolean
  /** Whether it is to end at once, whether the store answers or not. */
  readonly isHurried: () => boolean
  /** Whether it has ended without what was still to be handed in. */
  readonly hasLeft: () => boolean
  /** There is nothing left to do. */
  readonly onDone: (end: 'drained' | 'idle') => void
}

/** The longest that nothing is looked at. */
const longestSleepMilliseconds = 1000
/** Of what others hold so much is looked at, to name them. */
const mostListed = 100
/** After a fault what is held is given back in so many tries, with such pauses between them. */
const lastTries = { most: 20, pauseMilliseconds: 50 }

/** One turn after the other: hands in what is done, asks for more, and waits where there is nothing. */
export class Loop {
  readonly #options: LoopOptions
  /** When it last came round, on the process's own clock: a worker that hangs stays behind. */
  turnedAt: number

  constructor(options: LoopOptions) {
    this.#options = options
    this.turnedAt = options.timers.now()
  }

  /** Works until the worker is to end. Handing in and asking for more are one transaction. */
  async work(): Promise<void> {
    const { trouble, intake, held, isEnding } = this.#options
    while (!isEnding()) {
      this.#turn()
      if (trouble.isOn) await this.#weather()
      else if (intake.isDry && held.size === 0) await this.#rest()
      else if (this.#isWorthIt)
        await Promise.all([this.#send(), intake.isDry ? undefined : intake.lease()])
      else await this.#await()
    }
  }

  /** Hands in what is still to come, until nothing is held. */
  async finish(): Promise<void> {
    const { trouble, held, mail, bell, isHurried, hasLeft } = this.#options
    while (held.size > 0 && !hasLeft()) {
      this.#turn()
      await this.#send()
      if (held.size === 0) return
      if (trouble.isOn && isHurried()) return
      if (trouble.isOn || mail.isEmpty) await bell.sleep(longestSleepMilliseconds)
    }
  }

  /** Gives back what can be, so that others need not wait for the leases to end. */
  async giveUp(): Promise<void> {
    const { held, mail, bell } = this.#options
    for (let tries = 0; held.size > 0 && tries < lastTries.most; tries += 1) {
      try {
        await mail.send()
      } catch {
        // The fault that is already on its way tells more; the leases end by themselves.
        return
      }
      await bell.sleep(lastTries.pauseMilliseconds)
    }
  }

  #turn(): void {
    this.turnedAt = this.#options.timers.now()
  }

  /** Whether there are outcomes enough, or old ones, or room for tasks. */
  get #isWorthIt(): boolean {
    const { mail, crew, intake } = this.#options
    if (mail.isDue || (!mail.isEmpty && crew.inHand === 0)) return true
    return intake.wants > 0 && !intake.isDry
  }

  async #await(): Promise<void> {
    const { intake, mail, bell } = this.#options
    if (intake.isDry && intake.wants > 0) void intake.poll().finally(() => bell.ring())
    await bell.sleep(Math.min(longestSleepMilliseconds, mail.dueInMilliseconds))
  }

  /** Nothing to do: looks whether that is the end, and waits for tasks if not. */
  async #rest(): Promise<void> {
    const { queue, until, clock, endWatch, intake, trouble, onDone } = this.#options
    try {
      if (until !== 'stopped') {
        const counts = await queue.counts()
        if (endWatch.mayEnd(counts, clock.monotonic())) {
          onDone(until)
          return
        }
        await this.#seeHolders(counts)
      }
      await intake.poll(endWatch.endInSight(clock.monotonic())?.seconds)
    } catch (error) {
      trouble.note(error)
    }
  }

  /** Where only others have something to do, says who they are. */
  async #seeHolders({ ready, delayed, leased = 0 }: Counts): Promise<void> {
    const { queue, clock, holderWatch } = this.#options
    if (queue.driver.tasks === undefined || leased === 0 || ready !== 0 || delayed !== 0) {
      holderWatch.reset()
      return
    }
    await holderWatch.check(clock.monotonic(), leased, async () => {
      const { items } = await queue.tasks.list({ states: ['leased'], max: mostListed })
      return items
    })
  }

  /** Tries again now and then, ever less often, until the store answers. */
  async #weather(): Promise<void> {
    const { queue, timers, mail, trouble, bell, isEnding } = this.#options
    const until = timers.now() + trouble.nextWaitSeconds() * 1000
    while (!isEnding() && timers.now() < until) await bell.sleep(until - timers.now())
    try {
      if (mail.isEmpty) await queue.counts()
      else await mail.send()
      trouble.over()
    } catch (error) {
      trouble.note(error)
    }
  }

  async #send(): Promise<void> {
    const { mail, trouble, crew } = this.#options
    if (mail.isEmpty) return
    try {
      await mail.send()
      trouble.over()
      crew.feed()
    } catch (error) {
      trouble.note(error)
    }
  }
}
