import type { Violation } from '../src/runtime/testing/index.ts'
import type { Ground } from './grounds.ts'
import type { Chance } from './plan.ts'

/** One way to ill-treat a queue and its workers. */
export interface StormTest {
  readonly name: string
  /** What is shown when it passes. */
  readonly promise: string
  /** Kinds of queues it says nothing about, each with the reason. */
  readonly refuses?: Readonly<Record<string, string>>
  /** What this machine lacks for it, as a sentence. */
  readonly needs?: () => string | undefined
  readonly run: (storm: Storm) => Promise<Figures>
}

/** What a test is given. */
export interface Storm {
  readonly ground: Ground
  /** An empty folder, kept when the test fails: histories, and what workers said. */
  readonly folder: string
  /** The only source of chance: the same seed makes the same plan of faults. */
  readonly chance: Chance
  readonly isLong: boolean
}

/** What was seen; the test failed when `faults` or `violations` holds anything. */
export interface Figures {
  readonly tasks: number
  readonly kills: number
  /** Runs beyond those that were wanted. */
  readonly extraRuns: number
  /** Outcomes of lost leases that the queue refused. */
  readonly refused: number
  readonly longestWaitSeconds?: number
  readonly violations: readonly Violation[]
  /** What else is not as promised, as sentences. */
  readonly faults: readonly string[]
  /** What else was measured, for people. */
  readonly note?: string
}
