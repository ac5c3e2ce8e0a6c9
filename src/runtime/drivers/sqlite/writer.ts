import type { DatabaseSync } from 'node:sqlite'
import type { OpenOptions } from '../../queue/driver.ts'
import { TaskqError } from '../../queue/errors.ts'
import { isBusy, translate } from './errors.ts'

/** Gives up on a lock that stays taken for this long. */
const lockSeconds = 60

/** One thing to do inside a transaction; `now` is queue time in milliseconds. */
type Job<T> = (now: number) => T

interface Waiting {
  readonly job: Job<unknown>
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

/**
 * The one way to the file: what one turn of the event loop asks to write goes into one transaction
 * and one sync to disk, in the order asked.
 *
 * SQLite's own busy handler is not used. It blocks the event loop and starves: of four processes one
 * got 12,372 turns and one got 1. A short random wait between tries is fair to about a factor of two.
 */
export class Writer {
  readonly #db: DatabaseSync
  readonly #path: string
  readonly #options: OpenOptions
  readonly #queueTime: () => number
  #waiting: Waiting[] = []
  #flushing: Promise<void> | undefined
  #open = true

  constructor(db: DatabaseSync, path: string, options: OpenOptions, queueTime: () => number) {
    this.#db = db
    this.#path = path
    this.#options = options
    this.#queueTime = queueTime
  }

  /** Whether nothing is waiting to be written. */
  get idle(): boolean {
    return this.#flushing === undefined
  }

  /** Runs `job` in the next transaction; resolves once that is committed. */
  readonly write = <T>(job: Job<T>): Promise<T> => {
    if (!this.#open) return Promise.reject(closedBefore(this.#path))
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject })
      this.#flushing ??= this.#flush()
    })
  }

  /** Runs `job`, which only reads, at once. */
  readonly read = async <T>(job: Job<T>): Promise<T> => {
    if (!this.#open) throw closedBefore(this.#path)
    try {
      return await untilFree(() => job(this.#queueTime()), this.#options)
    } catch (error) {
      throw translate(error, this.#path)
    }
  }

  /** Answers what was asked, then lets go of the file. */
  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    await this.#flushing
    this.#db.close()
  }

  async #flush(): Promise<void> {
    await endOfTurn()
    while (this.#waiting.length > 0) {
      try {
        await untilFree(() => this.#transact(), this.#options)
      } catch (error) {
        const translated = translate(error, this.#path)
        for (const { reject } of this.#waiting.splice(0)) reject(translated)
      }
    }
    this.#flushing = undefined
  }

  /** One transaction from begin to commit without leaving the thread; throws while the lock is taken. */
  #transact(): void {
    this.#db.exec('begin immediate')
    const jobs = this.#waiting
    this.#waiting = []
    let running: Waiting | undefined
    try {
      const now = this.#queueTime()
      const results: unknown[] = []
      for (running of jobs) results.push(running.job(now))
      running = undefined
      this.#db.exec('commit')
      for (const [at, { resolve }] of jobs.entries()) resolve(results[at] as never)
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('rollback')
      const translated = translate(error, this.#path)
      if (translated !== error || running === undefined) {
        for (const { reject } of jobs) reject(translated)
        return
      }
      // The job refused what it was given; the others of its turn go again without it.
      running.reject(error)
      this.#waiting = [...jobs.filter(job => job !== running), ...this.#waiting]
    }
  }
}

/** Does `act` as soon as no other process is in the way, trying again at random short intervals. */
export async function untilFree<T>(
  act: () => T,
  { clock, random }: Pick<OpenOptions, 'clock' | 'random'>,
): Promise<T> {
  const giveUpAt = clock.monotonic() + lockSeconds * 1000
  for (let tries = 1; ; tries += 1) {
    try {
      return act()
    } catch (error) {
      if (!isBusy(error) || clock.monotonic() >= giveUpAt) throw error
    }
    if (tries % napsInARow === 0) await clock.sleep(random() * sleepMilliseconds)
    else nap(random() * napMilliseconds)
  }
}

/**
 * Most locks last half a millisecond, and no timer is that short: so the thread itself naps, a few
 * times in a row, before other work of this process gets its turn. Four processes on two cores drain
 * 100 thousand tasks a second with naps up to 0.8 ms and 60 thousand with naps up to 0.2 ms, whose
 * many tries take the processor from the one that holds the lock.
 */
const napsInARow = 6
const napMilliseconds = 0.8
const sleepMilliseconds = 4

const parking = new Int32Array(new SharedArrayBuffer(4))

function nap(milliseconds: number): void {
  Atomics.wait(parking, 0, 0, milliseconds)
}

function closedBefore(path: string): TaskqError {
  return new TaskqError('invalid', `sqlite:${path} was closed before this call.`)
}

function endOfTurn(): Promise<void> {
  return new Promise(resolve => {
    setImmediate(resolve)
  })
}
