import { realTime } from '../queue/real-time.ts'
import { numbersPerOutcome, type OutcomeName, outcomeNumbers } from './wire.ts'

/** Outcomes are handed in before a task starts once they are this old: what a crash can take along. */
const unreportedMilliseconds = 2
const outcomesAtOnce = 500
const textAtOnce = 2 ** 18

/** Outcomes that are to be reported together. */
export class OutcomeBuffer {
  readonly #report: (outcomes: readonly number[], text: string) => void
  #outcomes: number[] = []
  #text = ''
  #reportedAt = 0

  constructor(report: (outcomes: readonly number[], text: string) => void) {
    this.#report = report
  }

  get isEmpty(): boolean {
    return this.#outcomes.length === 0
  }

  add(ref: number, name: OutcomeName, seconds: number, text: string): void {
    const micros = Math.round(seconds * 1e6)
    this.#outcomes.push(ref, outcomeNumbers.indexOf(name), micros, text.length)
    this.#text += text
  }

  /** Whether to report before anything else begins. */
  isDue(now: number): boolean {
    return (
      now - this.#reportedAt > unreportedMilliseconds ||
      this.#outcomes.length >= outcomesAtOnce * numbersPerOutcome ||
      this.#text.length > textAtOnce
    )
  }

  report(now = realTime.steady()): void {
    this.#reportedAt = now
    if (this.isEmpty) return
    const outcomes = this.#outcomes
    const text = this.#text
    this.#outcomes = []
    this.#text = ''
    this.#report(outcomes, text)
  }
}
