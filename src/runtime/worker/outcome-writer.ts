import { writeJson } from '../queue/json.ts'
import { realTime } from '../queue/real-time.ts'
import { recordWriter } from '../results/record.ts'
import { type GiveUp, isNamedOutcome, nameOfOutcome, type Retry } from './contract.ts'
import { keptReason, noteOf } from './failure-note.ts'
import { type FailureNote, type RunnerOrders, writeNote } from './messages.ts'
import type { Run } from './run.ts'
import type { OutcomeName } from './wire.ts'

/** How a run ended, as the worker is told of it: the record to be kept for `done`, else a note. */
export interface WrittenOutcome {
  readonly name: OutcomeName
  readonly seconds: number
  readonly text: string
}

/** Writes down what became of runs, by what the task returned or threw. */
export class OutcomeWriter {
  readonly #record: ReturnType<typeof recordWriter>
  readonly #recordBytes: number

  constructor({ worker, host, recordBytes }: RunnerOrders) {
    this.#record = recordWriter(worker, host)
    this.#recordBytes = recordBytes
  }

  returned(run: Run, value: unknown): WrittenOutcome {
    return isNamedOutcome(value) ? this.#named(run, value) : this.#value(run, value)
  }

  thrown(run: Run, error: unknown): WrittenOutcome {
    if (isNamedOutcome(error)) return this.#named(run, error)
    return this.failed(run, run.timedOutAt === undefined ? 'exception' : 'timeout', noteOf(error))
  }

  failed(run: Run, name: OutcomeName, why: FailureNote): WrittenOutcome {
    const output = run.outputText
    const note: FailureNote = {
      ...why,
      reason: keptReason(why.reason),
      ...(output !== undefined && { output }),
      startedAt: realTime.iso(run.startedAt),
      endedAt: realTime.iso(realTime.wall()),
    }
    return { name, seconds: (realTime.steady() - run.began) / 1000, text: writeNote(note) }
  }

  #named(run: Run, outcome: Retry | GiveUp): WrittenOutcome {
    const { reason, afterSeconds } = outcome as { reason?: unknown; afterSeconds?: number }
    return this.failed(run, nameOfOutcome(outcome), {
      reason: reason === undefined ? 'retry asked for' : keptReason(reason),
      ...(afterSeconds !== undefined && { afterSeconds }),
    })
  }

  #value(run: Run, value: unknown): WrittenOutcome {
    const seconds = Math.round((realTime.steady() - run.began) * 1000) / 1e6
    let text: string
    try {
      const valueText = value === undefined ? undefined : writeJson(value)
      const { startedAt, attempt } = run
      text = this.#record(valueText, { startedAt, endedAt: realTime.wall(), seconds, attempt })
    } catch (error) {
      const reason = `the result cannot be kept: ${noteOf(error).reason}`
      return this.failed(run, 'give-up', { reason })
    }
    const most = this.#recordBytes
    if (text.length * 3 > most && Buffer.byteLength(text) > most) {
      const reason = `the result has ${Buffer.byteLength(text)} bytes, at most ${most} can be kept; write it to a file and return its path`
      return this.failed(run, 'give-up', { reason })
    }
    return { name: 'done', seconds, text }
  }
}
