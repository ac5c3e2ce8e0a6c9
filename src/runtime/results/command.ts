import { type ExitCode, exitCodes } from '../config/exit-codes.ts'
import { type Env, openWhole } from '../insert/prepare.ts'
import { TaskqError } from '../queue/errors.ts'
import { writeJson } from '../queue/json.ts'
import { openQueue } from '../queue/open.ts'
import type { Queue } from '../queue/queue.ts'
import type { Table } from '../tables/table.ts'
import { countText } from '../terminal/amounts.ts'
import { safeLines } from '../terminal/safe.ts'
import {
  Census,
  type Completeness,
  countedRow,
  describeCompleteness,
  type QueueIs,
} from './census.ts'
import { checkRest, checkResults } from './check.ts'
import { toFailuresText } from './failures-text.ts'
import { followResults } from './follow.ts'
import { formatFor, inFormat, isBinary, loadFormat } from './formats.ts'
import { idsOfTable, joinedToTable, joinedToTasks } from './join.ts'
import { printed, type ResultsIo, shown } from './printing.ts'
import { todoOfQueue, todoOfTable } from './resume.ts'
import { deadRows, type Rows, resultRows } from './rows.ts'
import { failureFacts, resultFacts, tableFacts } from './sheet.ts'
import { withShelf } from './shelved.ts'
import { stoppedText, toldWhenStopped } from './stopped.ts'
import { isReaderGone, refuseAddress, writeFileWhole } from './write-out.ts'

/** What of `taskq results` does not depend on where the queue comes from. */
export interface ResultsRequest {
  /** Default: by the ending of `out`, else NDJSON. */
  readonly format?: string
  /** The file to write; default: standard output. */
  readonly out?: string
  /** Writes the dead tasks with their reasons instead of the results. */
  readonly failed?: boolean
  /** Puts the parameters of each task beside its result. */
  readonly join?: boolean
  /** Columns that make the ids of the table's rows. */
  readonly key?: readonly string[]
  /** Goes on with new results until the queue is drained. */
  readonly follow?: boolean
  /** Where to write what is still to be done; without `out` nothing else is written. */
  readonly resumeFile?: string
  readonly json?: boolean
  /** Default: by whether the queue shows single tasks. */
  readonly queueIs?: QueueIs
}

/** What `taskq results` is told. */
export interface ResultsCommand extends ResultsRequest {
  /** The queue's URL. */
  readonly queue: string
  /** The table whose rows must have a result each; default: what is in the queue. */
  readonly table?: string
}

/** Writes the results and checks that none is missing; the exit code says whether one is. */
export async function runResults(
  command: ResultsCommand,
  env: Env,
  io: ResultsIo,
): Promise<ExitCode> {
  await refuseEarly(command, io)
  const opened = await openQueue(command.queue, { create: false, clock: io.clock })
  let table: Table | undefined
  try {
    if (command.table !== undefined) table = await openWhole(command.table, env, io.signal)
    const tell = (sentence: string) => io.err.line(safeLines(sentence))
    const queue = await withShelf(opened, { signal: io.signal, tell })
    const found = await writeResults(queue, table, command, io)
    return found.isComplete ? exitCodes.done : exitCodes.incomplete
  } catch (error) {
    // The reader has seen enough: `taskq results | head`.
    if (isReaderGone(error)) return exitCodes.done
    throw error
  } finally {
    await table?.close()
    await opened.close()
  }
}

/** Refuses requests that contradict themselves or need what is not installed, before anything is opened. */
export async function refuseEarly(
  request: ResultsRequest & { table?: string },
  io: ResultsIo,
): Promise<void> {
  refuseClashes(request, io)
  await loadFormat(formatFor(request.format, request.out))
}

function refuseClashes(request: ResultsRequest & { table?: string }, io: ResultsIo): void {
  const { out, follow, failed, resumeFile, table, key } = request
  refuseAddress('--out', out)
  refuseAddress('--resume-file', resumeFile)
  const format = formatFor(request.format, out)
  if (out === undefined && isBinary(format) && io.stdout.isTTY === true)
    throw usage(`${format} is for programs: name a file with --out, or send it into a pipe.`)
  if (key !== undefined && table === undefined)
    throw usage('--key says how the rows of a table were named; name the table by --table.')
  if (follow !== true) return
  const clash = [
    [failed === true, '--failed'],
    [table !== undefined, '--table'],
    [resumeFile !== undefined, '--resume-file'],
    [out !== undefined, '--out, for a file appears when it is complete; send the output into one'],
    [format !== 'ndjson', `--format ${format}, whose columns are known only at the end`],
  ].find(([clashes]) => clashes)
  if (clash !== undefined) throw usage(`--follow does not go with ${clash[1]}.`)
}

/** Writes what is asked for, says how complete it is, and answers that. */
export async function writeResults(
  queue: Queue,
  table: Table | undefined,
  request: ResultsRequest,
  io: ResultsIo,
): Promise<Completeness> {
  const { out, resumeFile, failed = false, json = false } = request
  const census = new Census()
  const isWritten = resumeFile === undefined || out !== undefined
  if (isWritten) await write(queue, table, request, census, io)
  const isCounted = isWritten && !failed
  const isJoinedToTable = isCounted && table !== undefined && request.join === true
  const check = async () => {
    if (isJoinedToTable) return census.completeness()
    if (table !== undefined) return await checkResults(queue, shownIds(queue, table, request, io))
    return isCounted ? await checkRest(queue, census) : await checkResults(queue)
  }
  const unchecked = `${isWritten ? 'All was written, but w' : 'W'}hether a result is missing was not looked at to the end.`
  const found = await toldWhenStopped(check, async () => unchecked, io)
  if (resumeFile !== undefined) await writeTodo(queue, table, { ...request, resumeFile }, io)
  const { queueIs = queue.driver.tasks === undefined ? 'hidden' : 'there' } = request
  if (!json) await io.err.line(safeLines(describeCompleteness(found, queueIs)))
  // Standard output is for the results, unless they went into a file.
  else await (isWritten && out === undefined ? io.err : io.out).line(safeLines(writeJson(found)))
  return found
}

function shownIds(
  queue: Queue,
  table: Table,
  { key }: ResultsRequest,
  io: ResultsIo,
): AsyncGenerator<string> {
  const showing = { what: 'rows checked', total: table.rowCount, arePrinted: false }
  return shown(() => idsOfTable(queue, table, key), showing, io)()
}

async function write(
  queue: Queue,
  table: Table | undefined,
  request: ResultsRequest,
  census: Census,
  io: ResultsIo,
): Promise<void> {
  const { out, failed = false, join = false } = request
  const read = rowsFor(queue, table, request, () => census.repeat(), io)
  let written = 0
  const counted: Rows = async function* () {
    for await (const row of read()) {
      census.count(countedRow(row))
      written += 1
      yield row
    }
  }
  const counts = await queue.counts()
  const isJoinedToTable = join && !failed && table !== undefined
  const total = isJoinedToTable ? table.rowCount : counts[failed ? 'dead' : 'done']
  const what = failed ? 'dead tasks' : 'results'
  const arePrinted = out === undefined
  const rows = {
    look: shown(read, { what: `${what} looked at`, total, arePrinted: false }, io),
    write:
      request.follow === true
        ? counted
        : shown(counted, { what: `${what} written`, total, arePrinted }, io),
  }
  const forPeople = failed && out === undefined && request.format === undefined
  const pieces =
    forPeople && io.stdout.isTTY === true
      ? toFailuresText(rows.write())
      : inFormat(formatFor(request.format, out), rows, {
          params: join,
          facts: failed ? failureFacts : join && table !== undefined ? tableFacts : resultFacts,
          ...(join && table !== undefined && { table }),
        })
  const send = async () => {
    if (out === undefined) await printed(pieces, io, request.follow === true)
    else await writeFileWhole(out, pieces, io)
  }
  // Following is ended by Ctrl-C as a matter of course.
  if (request.follow === true) await send()
  else await toldWhenStopped(send, () => stoppedText({ written, total, what, out }), io)
}

function rowsFor(
  queue: Queue,
  table: Table | undefined,
  { failed = false, join = false, follow = false, key }: ResultsRequest,
  onRepeat: () => void,
  { clock, signal }: ResultsIo,
): Rows {
  if (failed) return () => deadRows(queue, join)
  if (follow) return () => followResults(queue, { clock, signal, params: join, onRepeat })
  if (join && table !== undefined) return () => joinedToTable(queue, table, key)
  return join ? () => joinedToTasks(queue, onRepeat) : () => resultRows(queue, onRepeat)
}

async function writeTodo(
  queue: Queue,
  table: Table | undefined,
  { resumeFile, key, queueIs }: ResultsRequest & { readonly resumeFile: string },
  io: ResultsIo,
): Promise<void> {
  const { err } = io
  const todo = table === undefined ? todoOfQueue(queue) : todoOfTable(queue, table, key)
  const first = await todo.next()
  if (first.done === true) {
    await err.line(safeLines(`Nothing is left to do: ${resumeFile} was not written.`))
    return
  }
  let rows = 0
  const lines = async function* () {
    yield first.value
    rows += 1
    for await (const line of todo) {
      yield line
      rows += 1
    }
  }
  await writeFileWhole(resumeFile, lines(), io)
  const [amount, verb] = [countText(rows), rows === 1 ? 'row' : 'rows']
  const advice =
    queueIs === 'gone'
      ? `taskq run ${resumeFile}`
      : `taskq insert --table ${resumeFile} -q sqlite:another.db`
  await err.line(safeLines(`${amount} ${verb} still to do: ${resumeFile} (${advice})`))
}

function usage(message: string): TaskqError {
  return new TaskqError('invalid', message)
}
