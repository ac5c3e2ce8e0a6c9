/** How long a batch for a runner should take: long enough to save on messages, short enough to lose. */
const frameSeconds = 0.01
/** Tasks in one batch, at most. */
export const largestFrame = 1000
/** How much work a runner holds, so that it does not run dry while its supervisor waits for the disk. */
const stockSeconds = 0.05
/** Tasks beyond whole batches that it holds for that, at most. */
const mostStock = 50
/** How far ahead tasks are leased. Slower ones are leased when a runner is free: others may be idle. */
const aheadSeconds = 0.1
const mostAhead = 5000
/** Tasks that the mean is taken over, the last ones counting most. */
const memoryTasks = 256
/** Tasks that the median is taken of, and how many there must be for it to mean something. */
const latestTasks = 256
const leastForMedian = 10

/** How long tasks take here, and from that how many to send and to lease at once. */
export class TaskTimes {
  #seconds = 0
  #tasks = 0
  slowestSeconds = 0
  /** Of all tasks that ended here, and how many these were. */
  totalSeconds = 0
  totalTasks = 0
  readonly #latest = new Float64Array(latestTasks)

  note(seconds: number): void {
    this.totalSeconds += seconds
    this.#latest[this.totalTasks % latestTasks] = seconds
    this.totalTasks += 1
    this.#seconds += seconds
    this.#tasks += 1
    if (seconds > this.slowestSeconds) this.slowestSeconds = seconds
    if (this.#tasks < memoryTasks) return
    this.#seconds /= 2
    this.#tasks /= 2
  }

  /** The mean; `undefined` before anything is known. */
  get taskSeconds(): number | undefined {
    return this.#tasks === 0 ? undefined : Math.max(this.#seconds / this.#tasks, 1e-7)
  }

  /** The median of the latest tasks; `undefined` before there are some. */
  get medianSeconds(): number | undefined {
    if (this.totalTasks < leastForMedian) return undefined
    const latest = this.#latest.slice(0, Math.min(this.totalTasks, latestTasks)).sort()
    return latest[latest.length >> 1]
  }

  /** How many tasks to send to a runner in one message. */
  get frame(): number {
    return this.#fit(frameSeconds, 1, largestFrame)
  }

  /** How many tasks to have with a runner that works: at least two batches, the next behind the first. */
  get stock(): number {
    return Math.max(2 * this.frame, this.#fit(stockSeconds, 2, mostStock))
  }

  /** How many tasks to hold for a runner beside those it runs. */
  get ahead(): number {
    return this.#fit(aheadSeconds, 0, mostAhead)
  }

  /** Grows slowly at first: the first few tasks may not be like the others. */
  #fit(seconds: number, least: number, most: number): number {
    const { taskSeconds } = this
    if (taskSeconds === undefined) return least
    const known = this.#tasks < memoryTasks / 2 ? this.#tasks * 4 : most
    return Math.max(least, Math.min(most, known, Math.floor(seconds / taskSeconds)))
  }
}
