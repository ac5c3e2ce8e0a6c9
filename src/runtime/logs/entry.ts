/**
 * One line of a log file: what a task wrote, or how its run ended. A file belongs to one worker and
 * only grows, so that a crash can tear nothing but its last line.
 */
export interface LogEntry {
  readonly time: string
  readonly worker: string
  readonly task: string
  readonly attempt: number
  /** What it wrote to stdout, stderr and `context.log`. */
  readonly text?: string
  /** How the run ended: `done`, `exception`, `timeout` and so on. */
  readonly end?: string
  /** Why it failed, in words. */
  readonly reason?: string
}

/** The entry as one line. */
export function writeEntry(entry: LogEntry): string {
  return `${JSON.stringify(entry)}\n`
}

/** Reads a line; `undefined` for what is none, such as one that a crash has torn. */
export function readEntry(line: string): LogEntry | undefined {
  try {
    const entry = JSON.parse(line) as Partial<LogEntry> | null
    const { task, attempt, time, worker } = entry ?? {}
    const isOne = [task, time, worker].every(part => typeof part === 'string')
    return isOne && typeof attempt === 'number' ? (entry as LogEntry) : undefined
  } catch {
    return undefined
  }
}

/**
 * All that is known of what a run wrote: `own`, which came piece by piece and was cut at its end, and
 * `tail`, the last of what its process wrote, which also holds what came past the pieces.
 */
export function joinText(own: string, tail: string | undefined): string {
  if (tail === undefined || tail === '') return own
  if (own === '') return tail
  const last = tail.startsWith(cutMark) ? tail.slice(cutMark.length) : tail
  if (own.endsWith(last)) return own
  const at = tail.indexOf(own)
  return at >= 0 ? tail.slice(at) : `${own.trimEnd()}\n${cutMark}\n${last}`
}

const cutMark = '[...]'
