import { isTaskqError, TaskqError } from '../queue/errors.ts'

/** Runs code of the project; what it throws is told as its fault, with the lines that lead to it. */
export async function runUserCode<T>(what: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    if (isTaskqError(cause)) throw cause
    const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
    const lines = text.split('\n').slice(0, shownLines).join('\n')
    throw new TaskqError('invalid', `${what} failed; nothing was inserted. Mend it.\n${lines}`, {
      cause,
    })
  }
}

const shownLines = 6
