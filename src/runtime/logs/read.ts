import { type LogEntry, readEntry } from './entry.ts'
import type { LogFile, Shelf } from './shelf.ts'

/** Which entries are read. */
export interface LogQuery {
  /** Only those of this task. */
  readonly task?: string
}

/** How far each log file was read. */
export type Places = Map<string, number>

/**
 * The entries on a shelf, file by file from the oldest, from where `places` says that reading ended,
 * which is moved on. A line that is not complete yet is left for the next time. Nothing is searched by
 * an index: a folder is limited in size, and lines without a word of the task are not parsed.
 */
export async function* readLogs(
  shelf: Shelf,
  query: LogQuery,
  places: Places = new Map(),
): AsyncGenerator<LogEntry> {
  for (const file of await shelf.files()) {
    const from = places.get(file.name) ?? 0
    if (from >= (file.bytes ?? 1)) continue
    for await (const { line, end } of linesOf(shelf, file, from)) {
      places.set(file.name, end)
      const entry = mayBeOf(line, query) ? readEntry(line.toString()) : undefined
      if (entry !== undefined && (query.task === undefined || entry.task === query.task))
        yield entry
    }
  }
}

function mayBeOf(line: Buffer, { task }: LogQuery): boolean {
  return task === undefined || line.includes(JSON.stringify(task))
}

const newline = 10

/** Complete lines from one place of a file on, and where in the file each ends. */
async function* linesOf(
  shelf: Shelf,
  file: LogFile,
  from: number,
): AsyncGenerator<{ readonly line: Buffer; readonly end: number }> {
  let rest: Buffer = Buffer.alloc(0)
  let place = from
  for await (const piece of shelf.read(file, from)) {
    const bytes = rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece])
    let start = 0
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      yield { line: bytes.subarray(start, end), end: place + end + 1 }
      start = end + 1
    }
    rest = bytes.subarray(start)
    place += start
  }
}
