import type { Held } from '../../queue/driver.ts'
import { heldSeconds } from './limits.ts'
import type { Tag } from './message.ts'

/** A message that this process holds, with all that a copy of it needs. */
export interface Loan {
  readonly body: string
  readonly tag: Tag
  /** How often SQS has handed this message out. */
  readonly receives: number
  /** When it was asked for, in milliseconds of the steady clock: SQS lends it for twelve hours from then. */
  readonly since: number
  /** When the lease ends, by the same clock. */
  until: number
  /** A copy that takes its place is in the queue. */
  isCopied: boolean
}

/** SQS began to count a little before its answer was here. */
const marginSeconds = 5

/** Ended loans are remembered so long, to answer `lost` to whoever names them again. */
const rememberedMilliseconds = 300_000

/** What ended before these many others is forgotten: a fast worker ends thousands a second. */
const mostRemembered = 100_000

/**
 * What this process holds, by receipt handle. SQS itself does not tell a stale handle from a good
 * one reliably: what is known here to have ended is refused here.
 */
export class Loans {
  readonly #loans = new Map<string, Loan>()
  /** Handles of loans that were handed back or finished, the oldest first. */
  readonly #ended = new Map<string, number>()
  #prunedAt = 0

  add(token: string, loan: Loan): void {
    this.#ended.delete(token)
    this.#loans.set(token, loan)
  }

  /** `ended` for a lease that is over by this process's clock; `undefined` for one taken elsewhere. */
  find({ token }: Held, now: number): Loan | 'ended' | undefined {
    if (token === '' || this.#ended.has(token)) return 'ended'
    const loan = this.#loans.get(token)
    return loan !== undefined && loan.until <= now ? 'ended' : loan
  }

  /** Of what has ended the handle is enough: bodies would fill the memory. */
  end({ token }: Held, now: number): void {
    if (!this.#loans.delete(token)) return
    this.#ended.set(token, now)
    if (this.#ended.size <= mostRemembered) return
    for (const [oldest] of this.#ended) {
      this.#ended.delete(oldest)
      return
    }
  }

  prune(now: number): void {
    if (now - this.#prunedAt < rememberedMilliseconds / 10) return
    this.#prunedAt = now
    const forgottenBefore = now - rememberedMilliseconds
    for (const [token, { until }] of this.#loans)
      if (until < forgottenBefore) this.#loans.delete(token)
    for (const [token, endedAt] of this.#ended)
      if (endedAt < forgottenBefore) this.#ended.delete(token)
  }
}

/** How long a message may be hidden from now on; never beyond the twelve hours in all. */
export function visibilitySeconds(loan: Loan | undefined, seconds: number, now: number): number {
  const whole = Math.ceil(seconds)
  if (loan === undefined) return whole
  const left = Math.floor(heldSeconds - marginSeconds - (now - loan.since) / 1000)
  return Math.max(0, Math.min(whole, left))
}

/**
 * Runs charged to a task. A message is handed out a third time only when two holders never gave it
 * back: from there on each time counts as a run, so that a task that kills its workers has an end.
 */
export function attemptsOf({ tag, receives }: Pick<Loan, 'tag' | 'receives'>): number {
  return tag.attempts + Math.max(0, receives - 2)
}

/** What a copy says that takes the place of a message, with at least so many attempts. */
export function nextTag(loan: Loan, attempts = 0): Tag {
  const { tag, receives } = loan
  return {
    ...tag,
    attempts: Math.max(attemptsOf(loan), attempts),
    deliveries: tag.deliveries + receives,
    generation: tag.generation + 1,
  }
}
