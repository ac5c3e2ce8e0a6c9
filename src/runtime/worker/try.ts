import type { Task } from '../queue/codec.ts'
import type { Wire } from '../queue/driver.ts'
import { encodeBody } from '../queue/envelope.ts'
import type { JsonValue } from '../queue/json.ts'
import { type DoneRecord, readRecord } from '../results/record.ts'
import { Executor } from './executor.ts'
import type { JudgedOutcome } from './judge.ts'
import { type FailureNote, outcomesOf, readNote } from './messages.ts'
import { loadTask } from './task-module.ts'
import type { OutcomeName } from './wire.ts'

/** What became of one row that was tried. */
export interface Trial {
  readonly outcome: JudgedOutcome['name']
  /** What the task returned, as it would be recorded. */
  readonly value?: JsonValue
  /** Why there is no value. */
  readonly failure?: FailureNote
  readonly seconds: number
}

/** What the task of a trial says while it runs. */
export interface TrialListeners {
  readonly args?: readonly string[]
  readonly onLog?: (message: string) => void
  readonly onProgress?: (fraction: number) => void
}

/** Which task is tried on which row. */
export interface TrialOptions extends TrialListeners {
  /** The file of the user's task. */
  readonly task: string
  /** The row. */
  readonly row: Pick<Task, 'id' | 'params' | 'bigints'>
}

/** A task as it lies in a queue. */
export interface TaskText {
  readonly id: string
  readonly body: string
  readonly wire: Wire
}

/** A trial under way. */
export interface RunningTrial {
  readonly ended: Promise<Trial>
  /** Ends it from outside, for what a task does beside its own call: nothing when it has ended. */
  readonly blame: (error: unknown) => void
}

/** Longer than anybody sits at a breakpoint. */
const noTimeout = 2_147_483

/**
 * Runs one row in this process, so that breakpoints work, and just as a worker would: the row goes
 * through the queue's codec and the result through its record. Throws when the task cannot be loaded.
 */
export async function tryTask({ task, row, ...listeners }: TrialOptions): Promise<Trial> {
  const text: TaskText = { id: row.id, body: encodeBody(row.params, row), wire: 'taskq' }
  return await (await startTrial(task, text, listeners)).ended
}

/** Loads the task and starts it on a row; throws when it cannot be loaded. */
export async function startTrial(
  path: string,
  { id, body, wire }: TaskText,
  { args = [], onLog = () => {}, onProgress = () => {} }: TrialListeners,
): Promise<RunningTrial> {
  const task = await loadTask(path)
  const orders = {
    ...{ task: path, wire, worker: 'try', host: 'here', args },
    ...{ atOnce: 1, timeoutSeconds: noTimeout, killSeconds: noTimeout, recordBytes: 2 ** 24 },
  }
  const { promise, resolve } = Promise.withResolvers<Trial>()
  const executor = new Executor(task, orders, {
    ended(outcomes, text) {
      const frame = { line: ['ended', ...outcomes], text }
      for (const { name, seconds, text: said } of outcomesOf(frame))
        if (name !== 'other-code') resolve({ outcome: name, seconds, ...partOf(name, said) })
    },
    returned: () => {},
    met: () => {},
    log: (_, message) => onLog(message),
    progress: (_, fraction) => onProgress(fraction),
    stuck: () => {},
  })
  executor.add([{ ref: 1, attempt: 1, id, body }])
  return {
    ended: promise,
    blame(error) {
      const { culprit } = executor
      if (culprit !== undefined) executor.blame(culprit, 'exception', error)
    },
  }
}

function partOf(name: OutcomeName, text: string): Pick<Trial, 'value' | 'failure'> {
  if (name !== 'done') return { failure: readNote(text) }
  const { value } = readRecord(text) as DoneRecord
  return value === undefined ? {} : { value }
}
