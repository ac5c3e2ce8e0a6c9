import type { Violation } from '../src/runtime/testing/index.ts'
import type { Ground, Kind, Lack } from './grounds.ts'
import type { Chance } from './plan.ts'

/** One way to ill-treat a queue and its workers. */
export interface StormTest {
  readonly name: string
  /** What is shown when it passes. */
  readonly promise: string
  /** Whether it mostly waits, so that others may run beside it, or is spoilt by them. */
  readonly load: 'light' | 'heavy'
  /** Why it says nothing about a kind of queue. */
  readonly refuses?: (kind: Kind) => string | undefined
  /** What this machine lacks for it. */
  readonly needs?: () => Lack | undefined
  /** Makes the folder of the queue what it has to be; answers how to undo that. */
  readonly prepare?: (store: string) => () => void
  readonly run: (storm: Storm) => Promise<Figures>
}

/** What a test is given. */
export interface Storm {
  readonly kind: Kind
  readonly ground: Ground
  /** An empty folder, kept when the test fails: histories, and what workers said. */
  readonly folder: string
  /** The folder of the queue, where it lies in one. */
  readonly store: string
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
  /** Results beyond the first of a task: what readers of an unfenced queue leave out. */
  readonly repeats: number
  /** What workers were told is no longer theirs. */
  readonly refused: number
  readonly longestWaitSeconds?: number
  readonly violations: readonly Violation[]
  /** What else is not as promised, as sentences. */
  readonly faults: readonly string[]
  /** What else was measured, for people. */
  readonly note?: string
}
