import type { Span, Step } from '../src/runtime/testing/index.ts'
import type { Schedule } from './schedule.ts'

/** One line of a history: what was done, or what befell somebody, when and by whom. */
export interface Line {
  /** Milliseconds since the beginning. */
  readonly at: number
  readonly by: string
  readonly step?: Step
  readonly says?: string
}

/** All that happens, written down in the order it happens. */
export class History {
  readonly lines: Line[] = []
  readonly #schedule: Schedule
  #stamp = 0

  constructor(schedule: Schedule) {
    this.#schedule = schedule
  }

  /** A moment in the order of things: later ones are larger. */
  stamp(): number {
    this.#stamp += 1
    return this.#stamp
  }

  /** The span of something that began at this stamp and ends now. */
  since(asked: number): Span {
    return { asked, answered: this.stamp() }
  }

  note(by: string, step: Step): void {
    this.lines.push({ at: this.#schedule.now, by, step })
  }

  say(by: string, says: string): void {
    this.lines.push({ at: this.#schedule.now, by, says })
  }

  get steps(): readonly Step[] {
    return this.lines.flatMap(({ step }) => step ?? [])
  }
}
