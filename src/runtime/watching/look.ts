import { remaining, settled } from '../queue/counts.ts'
import type { Counts } from '../queue/driver.ts'
import type { Queue } from '../queue/queue.ts'
import type { WorkReport } from '../worker/report.ts'
import type { SlowTask } from '../worker/slow-watch.ts'
import type { Supervisor } from '../worker/supervisor.ts'

/** How a worker stands at one moment. */
export interface Look {
  readonly report: WorkReport
  readonly inFlight: number
  /** Of the whole queue; `undefined` before the first answer. */
  readonly counts: Counts | undefined
  /** Runs of this worker a second, over the last ten seconds or since the last look. */
  readonly perSecond: number
  /** Until nothing is left at this rate of the whole queue; `undefined` when that cannot be told. */
  readonly secondsLeft: number | undefined
  /** Until the worker ends if no task comes; `undefined` while there is something to do. */
  readonly endsInSeconds: number | undefined
  /** How old tasks were that were leased last; `undefined` where their store keeps what it has. */
  readonly oldestSeconds: number | undefined
  /** The longest run so far, also one that goes on. */
  readonly slowestSeconds: number
  /** Tasks that run far longer than others, the slowest first. */
  readonly slow: readonly SlowTask[]
  /** Of the worker itself, and of its runners as far as it is known. */
  readonly memoryBytes: number
  readonly runnerBytes: number
}

const windowSeconds = 10
const patienceMilliseconds = 300

interface Sample {
  readonly at: number
  readonly runs: number
  readonly settled: number | undefined
}

/** Looks at a worker now and then; each look is also a point of the rates. */
export class Observer {
  readonly #supervisor: Supervisor
  readonly #queue: Queue
  #counts: Counts | undefined
  #asking: Promise<void> | undefined
  #samples: Sample[] = [{ at: performance.now(), runs: 0, settled: undefined }]

  constructor(supervisor: Supervisor, queue: Queue) {
    this.#supervisor = supervisor
    this.#queue = queue
  }

  /** A look with the queue's own numbers, or with those of before where it takes its time. */
  async freshLook(): Promise<Look> {
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(late.resolve, patienceMilliseconds)
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
    })
    await Promise.race([this.#asking, late.promise])
    clearTimeout(timer)
    return this.look(performance.now())
  }

  async #ask(): Promise<void> {
    try {
      this.#counts = await this.#queue.counts()
    } catch {
      // The worker itself tells of a store in trouble.
      this.#counts = undefined
    }
  }

  look(now: number): Look {
    const { tally, inFlight, intake, crew, slow, endInSight } = this.#supervisor
    const counts = this.#counts
    const left = counts && remaining(counts)
    const settledSoFar = counts && settled(counts)
    this.#samples.push({ at: now, runs: tally.runs, settled: settledSoFar })
    // Back to the window's begin, and further where nobody looked meanwhile.
    while ((this.#samples[1]?.at ?? now) <= now - windowSeconds * 1000) this.#samples.shift()
    const counted = this.#samples.find(sample => sample.settled !== undefined)
    const wholeRate = rateSince(counted, now, (settledSoFar ?? 0) - (counted?.settled ?? 0))
    const [first] = this.#samples
    return {
      report: tally,
      inFlight,
      counts,
      perSecond: rateSince(first, now, tally.runs - (first?.runs ?? 0)),
      secondsLeft:
        left === undefined || settledSoFar === undefined || wholeRate <= 0
          ? undefined
          : left / wholeRate,
      endsInSeconds: endInSight?.seconds,
      oldestSeconds: intake.oldestSeconds,
      slowestSeconds: Math.max(crew.times.slowestSeconds, slow.longestSeconds),
      slow: slow.flagged,
      memoryBytes: process.memoryUsage.rss(),
      runnerBytes: crew.memoryBytes,
    }
  }
}

function rateSince(sample: Sample | undefined, now: number, amount: number): number {
  const seconds = sample === undefined ? 0 : (now - sample.at) / 1000
  return seconds > 0 ? amount / seconds : 0
}
