import type { DatabaseSync } from 'node:sqlite'
import type { OpenOptions } from '../../queue/driver.ts'
import { isBusy, isOfTheCall, translate } from './errors.ts'

/** Gives up on a lock that stays taken for this long. */
const lockSeconds = 60

/** One thing to do inside a transaction; `now` is queue time in milliseconds. */
type Job<T> = (now: number) => T

interface Waiting {
  readonly job: Job<unknown>
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

/** What the writer works on. */
export interface WriterFile {
  readonly db: DatabaseSync
  readonly path: string
  readonly queueTime: () => number
  /** Throws when the file at the path is no longer the one that was opened. */
  readonly checkIdentity: () => void
}

/**
 * The one way to the file: what one turn of the event loop asks to write goes into one transaction
 * and one sync to disk, in the order asked.
 *
 * SQLite's own busy handler is not used. It blocks the event loop and starves: of four processes one
 * got 12,372 turns and one got 1. A short random wait between tries is fair to about a factor of two.
 */
export class Writer {
  readonly #file: WriterFile
  readonly #options: OpenOptions
  #waiting: Waiting[] = []
  #flushing: Promise<void> | undefined
  /** How long the lock was held here of late: others are likely to hold it as long. */
  #turnMilliseconds = 0

  constructor(file: WriterFile, options: OpenOptions) {
    this.#file = file
    this.#options = options
  }

  /** Whether nothing is waiting to be written. */
  get idle(): boolean {
    return this.#flushing === undefined
  }

  /** Runs `job` in the next transaction; resolves once that is committed. An abort takes it back before. */
  write<T>(job: Job<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const waiting: Waiting = { job, resolve, reject }
    this.#waiting.push(waiting)
    this.#flushing ??= this.#flush()
    if (signal === undefined) return promise
    const takeBack = () => {
      const at = this.#waiting.indexOf(waiting)
      if (at < 0) return
      this.#waiting.splice(at, 1)
      reject(signal.reason)
    }
    signal.addEventListener('abort', takeBack, { once: true })
    return promise.finally(() => signal.removeEventListener('abort', takeBack))
  }

  /** Runs `job`, which only reads, at once and on one state of the file. */
  async read<T>(job: Job<T>): Promise<T> {
    const { db, path, queueTime } = this.#file
    try {
      return await untilFree(
        () => inTransaction(db, 'begin', () => job(queueTime())),
        this.#options,
      )
    } catch (error) {
      throw translate(error, path)
    }
  }

  async #flush(): Promise<void> {
    await endOfTurn()
    while (this.#waiting.length > 0) {
      try {
        await untilFree(() => this.#takeTurn(), this.#options, this.#turnMilliseconds)
      } catch (error) {
        const translated = translate(error, this.#file.path)
        for (const { reject } of this.#waiting.splice(0)) reject(translated)
      }
    }
    this.#flushing = undefined
  }

  #takeTurn(): void {
    const { clock } = this.#options
    const began = clock.monotonic()
    this.#transact()
    this.#turnMilliseconds = (this.#turnMilliseconds + clock.monotonic() - began) / 2
  }

  /** One transaction from begin to commit without leaving the thread; throws while the lock is taken. */
  #transact(): void {
    const { db, path, queueTime, checkIdentity } = this.#file
    let jobs: Waiting[] = []
    let running: Waiting | undefined
    try {
      const results = inTransaction(db, 'begin immediate', () => {
        checkIdentity()
        jobs = this.#waiting.splice(0)
        const now = queueTime()
        const answers: unknown[] = []
        for (running of jobs) answers.push(running.job(now))
        running = undefined
        return answers
      })
      for (const [at, { resolve }] of jobs.entries()) resolve(results[at] as never)
    } catch (error) {
      if (jobs.length === 0) throw error
      const translated = translate(error, path)
      if (running === undefined || !isOfTheCall(error)) {
        for (const { reject } of jobs) reject(translated)
        return
      }
      // The call was at fault, not the store: the others of its turn go again without it.
      running.reject(translated)
      this.#waiting = [...jobs.filter(job => job !== running), ...this.#waiting]
    }
  }
}

/** Begins, runs `act`, and commits; rolls back and throws on what went wrong. */
function inTransaction<T>(db: DatabaseSync, begin: 'begin' | 'begin immediate', act: () => T): T {
  db.exec(begin)
  try {
    const result = act()
    db.exec('commit')
    return result
  } catch (error) {
    rollBack(db)
    throw error
  }
}

/** A failing disk may have ended the transaction already, or fail this too: the first fault is told. */
function rollBack(db: DatabaseSync): void {
  try {
    if (db.isTransaction) db.exec('rollback')
  } catch {
    // The next begin fails as well and tells.
  }
}

/**
 * Does `act` as soon as no other process is in the way, trying again at random short intervals;
 * `turnMilliseconds` is how long others may be expected to be in the way.
 */
export async function untilFree<T>(
  act: () => T,
  { clock, random }: Pick<OpenOptions, 'clock' | 'random'>,
  turnMilliseconds = 0,
): Promise<T> {
  const sleepMilliseconds = Math.min(
    Math.max(leastSleepMilliseconds, turnMilliseconds * sleepTurns),
    mostSleepMilliseconds,
  )
  const napsInARow = turnMilliseconds > longTurnMilliseconds ? 0 : mostNapsInARow
  const giveUpAt = clock.monotonic() + lockSeconds * 1000
  for (let tries = 1; ; tries += 1) {
    try {
      return act()
    } catch (error) {
      if (!isBusy(error) || clock.monotonic() >= giveUpAt) throw error
    }
    if (tries % (napsInARow + 1) === 0) await clock.sleep(random() * sleepMilliseconds)
    else nap(random() * napMilliseconds)
  }
}

/**
 * Most locks last half a millisecond, and no timer is that short: so the thread itself naps, a few
 * times in a row, before other work of this process gets its turn. Four processes on two cores drain
 * 100 thousand tasks a second with naps up to 0.8 ms and 60 thousand with naps up to 0.2 ms, whose
 * many tries take the processor from the one that holds the lock.
 */
const mostNapsInARow = 5
const napMilliseconds = 0.8
const leastSleepMilliseconds = 4
const mostSleepMilliseconds = 100

/**
 * Turns of a thousand tasks last ten milliseconds: whoever naps through them wakes twenty times in
 * vain. Eight workers on two cores do a sixth more when each sleeps for up to half a turn instead; with
 * longer sleeps, whoever had the last turn has the next one too often.
 */
const longTurnMilliseconds = 2
const sleepTurns = 0.5

const parking = new Int32Array(new SharedArrayBuffer(4))

function nap(milliseconds: number): void {
  Atomics.wait(parking, 0, 0, milliseconds)
}

function endOfTurn(): Promise<void> {
  return new Promise(resolve => {
    setImmediate(resolve)
  })
}
