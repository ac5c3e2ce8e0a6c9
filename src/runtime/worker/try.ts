import type { Task } from '../queue/codec.ts'
import { encodeBody } from '../queue/envelope.ts'
import type { JsonValue } from '../queue/json.ts'
import { type DoneRecord, readRecord } from '../results/record.ts'
import { Executor } from './executor.ts'
import { type FailureNote, outcomesOf, readNote } from './messages.ts'
import { loadTask } from './task-module.ts'
import type { OutcomeName } from './wire.ts'

/** What became of one row that was tried. */
export interface Trial {
  readonly outcome: OutcomeName
  /** What the task returned, as it would be recorded. */
  readonly value?: JsonValue
  /** Why there is no value. */
  readonly failure?: FailureNote
  readonly seconds: number
}

export interface TrialOptions {
  /** The file of the user's task. */
  readonly task: string
  /** The row. */
  readonly row: Pick<Task, 'id' | 'params' | 'bigints'>
  readonly args?: readonly string[]
  readonly onLog?: (message: string) => void
  readonly onProgress?: (fraction: number) => void
}

/** Longer than anybody sits at a breakpoint. */
const noTimeout = 2_147_483

/**
 * Runs one row in this process, so that breakpoints work, and just as a worker would: the row goes
 * through the queue's codec and the result through its record. Throws when the task cannot be loaded.
 */
export async function tryTask(options: TrialOptions): Promise<Trial> {
  const { row, args = [], onLog = () => {}, onProgress = () => {} } = options
  const task = await loadTask(options.task)
  return await new Promise(resolve => {
    const orders = {
      ...{ task: options.task, wire: 'taskq', worker: 'try', host: 'here', args },
      ...{ atOnce: 1, timeoutSeconds: noTimeout, killSeconds: noTimeout, recordBytes: 2 ** 24 },
    }
    const executor = new Executor(task, orders, {
      ended(outcomes, text) {
        for (const { name, seconds, text: said } of outcomesOf({
          line: ['ended', ...outcomes],
          text,
        }))
          resolve({ outcome: name, seconds, ...partOf(name, said) })
      },
      returned: () => {},
      log: (_, message) => onLog(message),
      progress: (_, fraction) => onProgress(fraction),
      stuck: () => {},
    })
    executor.add([{ ref: 1, attempt: 1, id: row.id, body: encodeBody(row.params, row) }])
  })
}

function partOf(name: OutcomeName, text: string): Pick<Trial, 'value' | 'failure'> {
  if (name !== 'done') return { failure: readNote(text) }
  const { value } = readRecord(text) as DoneRecord
  return value === undefined ? {} : { value }
}
