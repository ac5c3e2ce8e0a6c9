import type { HeldAnswer } from '../queue/driver.ts'
import type { HeldBurial, HeldSettlement } from '../queue/fallbacks.ts'
import type { Queue } from '../queue/queue.ts'
import type { HeldTask } from './held.ts'

/** What is to be told to the queue about one task. */
export type Letter =
  | {
      readonly kind: 'done'
      readonly task: HeldTask
      readonly record: string
      readonly seconds: number
    }
  | {
      readonly kind: 'release'
      readonly task: HeldTask
      readonly attempts: number
      readonly afterSeconds: number
    }
  | {
      readonly kind: 'dead'
      readonly task: HeldTask
      readonly attempts: number
      readonly reason: string
      readonly record: string
    }

/** Letters that wait to be sent together, and stay until the queue has answered. */
export class Outbox {
  readonly #queue: Queue
  #letters: Letter[] = []
  #underWay = 0
  /** When the first of them came, in milliseconds; meaningless while there is none. */
  oldestAt = 0

  constructor(queue: Queue) {
    this.#queue = queue
  }

  get size(): number {
    return this.#letters.length
  }

  /** Letters that wait or are on their way: the queue has not answered yet. */
  get unanswered(): number {
    return this.#letters.length + this.#underWay
  }

  add(letter: Letter, now: number): void {
    if (this.#letters.length === 0) this.oldestAt = now
    this.#letters.push(letter)
  }

  /**
   * Sends all letters in one turn, so that a store can make one transaction of them. Rejects with
   * the first `unavailable`; what was not answered is then kept and sent again.
   */
  async send(onAnswer: (letter: Letter, answer: HeldAnswer) => void): Promise<void> {
    const letters = this.#letters
    this.#letters = []
    this.#underWay += letters.length
    const sendings = this.#sendings(letters)
    const results = await Promise.allSettled(sendings.map(({ answers }) => answers))
    this.#underWay -= letters.length
    let trouble: unknown
    results.forEach((result, at) => {
      const sent = sendings[at]?.letters ?? []
      if (result.status === 'fulfilled')
        for (const [index, letter] of sent.entries())
          onAnswer(letter, result.value[index] ?? 'lost')
      else {
        this.#letters = [...sent, ...this.#letters]
        trouble ??= result.reason
      }
    })
    if (trouble !== undefined) throw trouble
  }

  #sendings(letters: readonly Letter[]): Sending[] {
    const done: Letter[] = []
    const settlements: HeldSettlement[] = []
    const dead: Letter[] = []
    const burials: HeldBurial[] = []
    const releases = new Map<number, Letter[]>()
    for (const letter of letters) {
      const { lease, attempt } = letter.task
      if (letter.kind === 'done') {
        done.push(letter)
        settlements.push({ lease, record: letter.record, attempts: attempt })
      } else if (letter.kind === 'dead') {
        dead.push(letter)
        burials.push({ lease, ...pick(letter) })
      } else {
        const same = releases.get(letter.afterSeconds)
        if (same === undefined) releases.set(letter.afterSeconds, [letter])
        else same.push(letter)
      }
    }
    const sendings: Sending[] = []
    if (done.length > 0) sendings.push({ letters: done, answers: this.#queue.settle(settlements) })
    if (dead.length > 0) sendings.push({ letters: dead, answers: this.#queue.bury(burials) })
    for (const [afterSeconds, same] of releases) {
      const leases = same.map(letter => ({ ...letter.task.lease, attempts: attemptsOf(letter) }))
      sendings.push({ letters: same, answers: this.#queue.release(leases, afterSeconds) })
    }
    return sendings
  }
}

interface Sending {
  readonly letters: readonly Letter[]
  readonly answers: Promise<readonly HeldAnswer[]>
}

function pick({ reason, record, attempts }: Letter & { kind: 'dead' }) {
  return { reason, record, attempts }
}

function attemptsOf(letter: Letter): number {
  return letter.kind === 'release' ? letter.attempts : letter.task.attempt
}
