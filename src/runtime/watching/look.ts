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
  /** Runs of this worker a second, over the last ten seconds. */
  readonly perSecond: number
  /** Until nothing is left at this rate of the whole queue; `undefined` when that cannot be told. */
  readonly secondsLeft: number | undefined
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
  #samples: Sample[] = []

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
    const { tally, inFlight, crew, slow } = this.#supervisor
    const counts = this.#counts
    const settled =
      counts?.done === undefined || counts.dead === undefined
        ? undefined
        : counts.done + counts.dead
    this.#samples.push({ at: now, runs: tally.runs, settled })
    while ((this.#samples[0]?.at ?? now) < now - windowSeconds * 1000) this.#samples.shift()
    const [first] = this.#samples
    const seconds = first === undefined ? 0 : (now - first.at) / 1000
    const rate = (amount: number) => (seconds > 0 ? amount / seconds : 0)
    const wholeRate =
      settled === undefined || first?.settled === undefined ? 0 : rate(settled - first.settled)
    const left = leftOf(counts)
    return {
      report: tally,
      inFlight,
      counts,
      perSecond: rate(tally.runs - (first?.runs ?? 0)),
      secondsLeft: left === undefined || wholeRate <= 0 ? undefined : left / wholeRate,
      slowestSeconds: Math.max(crew.pace.slowestSeconds, slow.longestSeconds),
      slow: slow.flagged,
      memoryBytes: process.memoryUsage.rss(),
      runnerBytes: crew.memoryBytes,
    }
  }
}

/** Tasks that are neither done nor dead. */
export function leftOf(counts: Counts | undefined): number | undefined {
  if (counts === undefined) return undefined
  const { ready, delayed, leased } = counts
  if (ready === undefined || delayed === undefined || leased === undefined) return undefined
  return ready + delayed + leased
}
