import { readJson, writeJson } from '../queue/json.ts'
import {
  encodeFrame,
  type Frame,
  numbersPerOutcome,
  numbersPerTask,
  type OutcomeName,
  outcomeNumbers,
} from './wire.ts'

/** A task on its way to a runner. */
export interface Assignment {
  /** Names this run of the task between worker and runner. */
  readonly ref: number
  readonly id: string
  readonly body: string
  /** The number this run has if it counts, from 1. */
  readonly attempt: number
}

/** What a runner is told before anything else. */
export interface RunnerOrders {
  readonly task: string
  readonly wire: string
  readonly worker: string
  readonly host: string
  readonly args: readonly string[]
  readonly atOnce: number
  readonly timeoutSeconds: number
  /** How long an aborted task may take to end by itself. */
  readonly killSeconds: number
  /** The code that tasks must have been inserted with, where that matters. */
  readonly acceptsCode?: string
  /** The largest record that the queue takes. */
  readonly recordBytes: number
}

/** How one run ended, as the runner tells it. */
export interface RunOutcome {
  readonly ref: number
  readonly name: OutcomeName
  readonly seconds: number
  /** The record to be kept for `done`, else a `FailureNote`. */
  readonly text: string
}

/** Why a run did not end with a result. */
export interface FailureNote {
  readonly reason: string
  readonly stack?: string
  /** The last of what the task wrote to stdout and stderr. */
  readonly output?: string
  readonly afterSeconds?: number
  readonly startedAt?: string
  readonly endedAt?: string
}

/** Why a worker stops: somebody told it, or the machine is taken away. */
export type ShutdownReason = 'told' | 'machine-leaves'

/** Messages to a runner. */
export const toRunner = {
  orders: (orders: RunnerOrders) => encodeFrame(['orders'], writeJson(orders)),
  run(tasks: readonly Assignment[]): Buffer {
    const line: (string | number)[] = ['run']
    let text = ''
    for (const { ref, attempt, id, body } of tasks) {
      line.push(ref, attempt, id.length, body.length)
      text += id
      text += body
    }
    return encodeFrame(line, text)
  },
  /** Give back what has not begun. */
  recall: () => encodeFrame(['recall']),
  abort: (ref: number, reason: string) => encodeFrame(['abort', ref], reason),
  /** Run tasks that were inserted with these codes too. */
  accept: (codes: readonly string[]) => encodeFrame(['accept', ...codes]),
  /** The worker stops, and why. */
  shutdown: (why: ShutdownReason) => encodeFrame(['shutdown', why]),
} as const

/** Messages of a runner. */
export const fromRunner = {
  ready: () => encodeFrame(['ready']),
  refused: (message: string) => encodeFrame(['refused'], message),
  ended: (outcomes: readonly number[], text: string) => encodeFrame(['ended', ...outcomes], text),
  returned: (refs: readonly number[]) => encodeFrame(['returned', ...refs]),
  /** It ends now, and why; what it still runs is not to blame. */
  leaving: (reason: string) => encodeFrame(['leaving'], reason),
  log: (ref: number, message: string) => encodeFrame(['log', ref], message),
  /** It met tasks that were inserted with this code. */
  met: (code: string) => encodeFrame(['met'], code),
  /** What a task wrote to stdout or stderr. */
  wrote: (ref: number, text: string) => encodeFrame(['wrote', ref], text),
  progress: (ref: number, fraction: number) => encodeFrame(['progress', ref, fraction]),
  /** What was written to stdout or stderr, where the runner has none of its own. */
  output: (text: string) => encodeFrame(['output'], text),
} as const

/** The tasks in a `run` message. */
export function tasksOf({ line, text }: Frame): readonly Assignment[] {
  const tasks: Assignment[] = []
  let place = 0
  for (let at = 1; at < line.length; at += numbersPerTask) {
    const bodyAt = place + Number(line[at + 2])
    const end = bodyAt + Number(line[at + 3])
    tasks.push({
      ref: Number(line[at]),
      attempt: Number(line[at + 1]),
      id: text.slice(place, bodyAt),
      body: text.slice(bodyAt, end),
    })
    place = end
  }
  return tasks
}

/** The outcomes in an `ended` message. */
export function outcomesOf({ line, text }: Frame): readonly RunOutcome[] {
  const outcomes: RunOutcome[] = []
  let place = 0
  for (let at = 1; at < line.length; at += numbersPerOutcome) {
    const end = place + Number(line[at + 3])
    outcomes.push({
      ref: Number(line[at]),
      name: outcomeNumbers[Number(line[at + 1])] ?? 'exception',
      seconds: Number(line[at + 2]) / 1e6,
      text: text.slice(place, end),
    })
    place = end
  }
  return outcomes
}

/** The tasks that a message names, by number. */
export function refsOf({ line }: Frame): readonly number[] {
  return line.slice(1).map(Number)
}

/** The note as text. */
export function writeNote(note: FailureNote): string {
  return writeJson(note)
}

/** Reads what `writeNote` wrote. */
export function readNote(text: string): FailureNote {
  return readJson(text, { what: 'the note of a failure' }) as unknown as FailureNote
}

/** The orders in the first message to a runner. */
export function readOrders({ text }: Frame): RunnerOrders {
  return readJson(text, { what: 'the orders of a runner' }) as unknown as RunnerOrders
}
