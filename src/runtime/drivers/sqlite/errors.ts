import { TaskqError } from '../../queue/errors.ts'

/** Another process holds the write lock just now. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error)
  return code === 5 || code === 6
}

/** Whether what was passed in is at fault, so that other calls of the same turn may go on. */
export function isOfTheCall(error: unknown): boolean {
  const code = resultCode(error)
  return code === undefined || callCodes.has(code)
}

/** Too big, constraint, type mismatch, range: SQLite's words for a bad argument. */
const callCodes: ReadonlySet<number> = new Set([18, 19, 20, 25])

/** What SQLite said, as one of our four codes, with the file named and what to do next. */
export function translate(error: unknown, path: string): unknown {
  const code = resultCode(error)
  if (code === undefined || error instanceof TaskqError) return asTaskqError(error, path)
  if (callCodes.has(code))
    return new TaskqError(
      'invalid',
      `${path} cannot keep what was passed in: ${messageOf(error)}.`,
      {
        cause: error,
      },
    )
  const text = messageOf(error)
  const known = sentences.get(code)
  return known === undefined
    ? new TaskqError('unavailable', `SQLite failed on ${path}: ${text} (code ${code}).`, {
        cause: error,
      })
    : new TaskqError(known.code, `${known.say(path)} (SQLite: ${text})`, { cause: error })
}

interface Sentence {
  readonly code: 'invalid' | 'unavailable'
  readonly say: (path: string) => string
}

/** By SQLite's primary result code. */
const sentences: ReadonlyMap<number, Sentence> = new Map([
  [
    1,
    {
      code: 'invalid',
      say: path =>
        `${path} is not as taskq made it. Bring it back from a copy, or name another file for the queue.`,
    },
  ],
  [
    3,
    {
      code: 'unavailable',
      say: path => `No right to use ${path}. Check who owns it and its folder.`,
    },
  ],
  [
    5,
    {
      code: 'unavailable',
      say: path =>
        `${path} stayed locked by another process; nothing was done. Find it with: fuser ${path}`,
    },
  ],
  [
    6,
    {
      code: 'unavailable',
      say: path => `A table of ${path} stayed locked; nothing was done. Try again.`,
    },
  ],
  [
    8,
    {
      code: 'unavailable',
      say: path =>
        `${path} cannot be written. Check the rights on the file and on its folder, and that the disk is not mounted read-only.`,
    },
  ],
  [
    10,
    {
      code: 'unavailable',
      say: path =>
        `The disk under ${path} failed or is full; whether the last change was kept is unknown. Check it (df, dmesg), then try again.`,
    },
  ],
  [
    11,
    {
      code: 'invalid',
      say: path =>
        `${path} is damaged: it was truncated, overwritten or copied while in use. Keep a copy, then rescue what can be read with: sqlite3 ${path} .recover`,
    },
  ],
  [
    13,
    {
      code: 'unavailable',
      say: path =>
        `The disk under ${path} is full; the last change was not kept. Free some space, then go on.`,
    },
  ],
  [
    14,
    {
      code: 'unavailable',
      say: path =>
        `${path} cannot be opened. Check that its folder exists and that you may write there.`,
    },
  ],
  [
    23,
    {
      code: 'unavailable',
      say: path => `No right to use ${path}. Check who owns it and its folder.`,
    },
  ],
  [
    26,
    {
      code: 'invalid',
      say: path => `${path} is no SQLite database. Name another file, or move this one away.`,
    },
  ],
])

/** SQLite's primary result code of an error thrown by node:sqlite. */
function resultCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : undefined
}

/** What Node says of a path or a value, as a sentence of ours; a bug stays what it is. */
function asTaskqError(error: unknown, path: string): unknown {
  const known = error instanceof Error && 'code' in error && typeof error.code === 'string'
  if (!known || error instanceof TaskqError) return error
  return new TaskqError('invalid', `${path} cannot be used like that: ${error.message}.`, {
    cause: error,
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
