import type { HeldAnswer } from '../queue/driver.ts'
import type { Queue } from '../queue/queue.ts'
import type { WorkEvent } from './events.ts'
import type { HeldTask } from './held.ts'
import { type Crash, type Judge, wasRun } from './judge.ts'
import type { RunOutcome } from './messages.ts'
import { type Letter, Outbox } from './outbox.ts'
import type { Tally } from './report.ts'
import type { LeftRun } from './work-options.ts'

/** Where outcomes go, and who hears of them. */
export interface MailOptions {
  readonly queue: Queue
  readonly held: Map<number, HeldTask>
  readonly judge: Judge
  /** Milliseconds of a steady clock. */
  readonly now: () => number
  readonly tally: Tally
  readonly tell: (event: WorkEvent) => void
  readonly onLeft: ((run: LeftRun) => void) | undefined
  /** There is something new to send. */
  readonly onPosted: () => void
  /** Tasks go back unfinished. */
  readonly onGivenBack: (count: number) => void
  /** The queue has taken an outcome. */
  readonly onTaken: () => void
}

/** Outcomes are sent when they are this many or this old: what a killed worker can have run in vain. */
const lettersAtOnce = 500
const letterMilliseconds = 10
/** Tasks for other code wait so long: another worker may have it, and this one goes on with others. */
const otherCodeSeconds = 60

/** What goes back to the queue: judged, sent together, and counted once the queue has taken it. */
export class Mail {
  readonly #options: MailOptions
  readonly #outbox: Outbox
  /** All running tasks were told to end: what throws now has not failed. */
  isTidying = false

  constructor(options: MailOptions) {
    this.#options = options
    this.#outbox = new Outbox(options.queue)
  }

  /** Outcomes that the queue has not taken yet. */
  get unanswered(): number {
    return this.#outbox.unanswered
  }

  get isEmpty(): boolean {
    return this.#outbox.size === 0
  }

  /** Whether there are enough letters, or old ones. */
  get isDue(): boolean {
    return this.#outbox.size >= lettersAtOnce || this.dueInMilliseconds <= 0
  }

  /** How long the oldest may still wait; endless where there is none. */
  get dueInMilliseconds(): number {
    if (this.isEmpty) return Number.POSITIVE_INFINITY
    return letterMilliseconds - (this.#options.now() - this.#outbox.oldestAt)
  }

  /** The worker has told tasks to end, or it is to stop since probably not they are at fault. */
  get #isExcused(): boolean {
    return this.isTidying || this.#options.judge.tooManyFailures !== undefined
  }

  postOutcomes(outcomes: readonly (readonly [HeldTask, RunOutcome])[]): void {
    const { judge, onPosted } = this.#options
    for (const [task, outcome] of outcomes) {
      if (!wasRun(outcome)) this.giveBack([task], otherCodeSeconds)
      else if (outcome.name === 'exception' && this.#isExcused) this.giveBack([task])
      else this.#post(task, judge.letterFor(task, outcome))
    }
    onPosted()
  }

  postCrash(task: HeldTask, crash: Crash): void {
    this.#post(task, this.#options.judge.letterForCrash(task, crash))
    this.#options.onPosted()
  }

  /** Buries a task that came with all its attempts charged: its last worker did not live to do that. */
  postWorn(task: HeldTask): boolean {
    const letter = this.#options.judge.letterForWorn(task)
    if (letter !== undefined) this.#post(task, letter)
    return letter !== undefined
  }

  /** Releases tasks without a charge, at once or to be leased again after a while. */
  giveBack(tasks: readonly HeldTask[], delaySeconds = 0): void {
    const { onGivenBack, queue } = this.#options
    const afterSeconds = Math.min(delaySeconds, queue.driver.limits.delaySeconds)
    onGivenBack(tasks.length)
    for (const task of tasks) {
      const { attempts } = task.lease
      this.#post(task, { kind: 'release', task, attempts, afterSeconds })
    }
    this.#options.onPosted()
  }

  /** Sends what there is; rejects when the store does not answer, and keeps it then. */
  async send(): Promise<void> {
    await this.#outbox.send(this.#count)
  }

  #post(task: HeldTask, letter: Letter): void {
    if (task.isLost) {
      const { held, tally, onLeft } = this.#options
      held.delete(task.ref)
      tally.lost += 1
      onLeft?.({ task: task.id, attempt: task.attempt })
      return
    }
    task.isPosted = true
    this.#outbox.add(letter, this.#options.now())
  }

  readonly #count = (letter: Letter, answer: HeldAnswer): void => {
    const { held, tally, tell, judge, onLeft, onTaken } = this.#options
    held.delete(letter.task.ref)
    if (answer === 'lost') {
      tally.lost += 1
      tell({ event: 'lease-lost', task: letter.task.id })
      return
    }
    const left = judge.count(letter, tally, tell)
    if (left !== undefined) onLeft?.(left)
    onTaken()
  }
}
