import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { isTaskqError, TaskqError } from '../queue/errors.ts'
import { type LogEntry, readEntry } from './entry.ts'
import { segmentPath, segmentsAmong } from './folder.ts'

/** Which entries are read. */
export interface LogQuery {
  /** Only those of this task. */
  readonly task?: string
}

/** How far each log file of a folder was read. */
export type Places = Map<string, number>

/**
 * The entries of a folder, file by file from the oldest, from where `places` says that reading ended,
 * which is moved on. A line that is not complete yet is left for the next time. Nothing is searched by
 * an index: a folder is limited in size, and half a gigabyte a second is read.
 */
export async function* readLogs(
  folder: string,
  query: LogQuery,
  places: Places = new Map(),
): AsyncGenerator<LogEntry> {
  for (const name of segmentsAmong(await namesOf(folder))) {
    const path = segmentPath(folder, name)
    const from = places.get(name) ?? 0
    const size = await stat(path).then(
      found => found.size,
      () => 0,
    )
    if (size <= from) continue
    for await (const { line, end } of linesOf(path, from, size)) {
      places.set(name, end)
      const entry = mayBeOf(line, query) ? readEntry(line.toString()) : undefined
      if (entry !== undefined && (query.task === undefined || entry.task === query.task))
        yield entry
    }
  }
}

async function namesOf(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (cause) {
    if (isTaskqError(cause) || (cause as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new TaskqError(
        'unavailable',
        `The logs in ${folder} cannot be read: ${String(cause)}`,
        {
          cause,
        },
      )
    return []
  }
}

/** Lines without a word of the task need not be parsed. */
function mayBeOf(line: Buffer, { task }: LogQuery): boolean {
  return task === undefined || line.includes(JSON.stringify(task))
}

const newline = 10

/** Complete lines from one place of a file to another, and where in the file each ends. */
async function* linesOf(
  path: string,
  from: number,
  to: number,
): AsyncGenerator<{ readonly line: Buffer; readonly end: number }> {
  const stream = createReadStream(path, { start: from, end: to - 1, highWaterMark: 2 ** 20 })
  let rest: Buffer = Buffer.alloc(0)
  let place = from
  for await (const piece of stream as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    let start = 0
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      yield { line: bytes.subarray(start, end), end: place + end + 1 }
      start = end + 1
    }
    rest = bytes.subarray(start)
    place += start
  }
}
