import { access, constants } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type ExitCode, exitCodes } from '../../config/exit-codes.ts'
import { insertTable } from '../../insert/insert.ts'
import { type InsertFlags, readFlags } from '../../insert/options.ts'
import { type Env, loadCode, type Prepared, prepare } from '../../insert/prepare.ts'
import { TaskqError } from '../../queue/errors.ts'
import type { Queue } from '../../queue/queue.ts'
import type { Completeness } from '../../results/census.ts'
import { type ResultsRequest, refuseEarly, writeResults } from '../../results/command.ts'
import type { ResultsIo } from '../../results/printing.ts'
import { isReaderGone } from '../../results/write-out.ts'
import { safeLines } from '../../terminal/safe.ts'
import type { Screen } from '../../watching/screen.ts'
import { readWatchSettings, type WatchSettings } from '../../watching/settings.ts'
import { exitCodeOf } from '../../worker/exit.ts'
import { withOwnQueue } from '../../worker/run-table.ts'
import { readSettings, type SettingSource, type WorkerSettings } from '../../worker/settings.ts'
import { listenForStop, type StopSignals } from '../../worker/shutdown.ts'
import { slipsOf } from './slips.ts'
import { workWatched } from './watched-work.ts'

/** What `taskq run` is told. */
export interface RunCommand {
  /** Which rows of which table. */
  readonly rows: InsertFlags
  /** The file of the user's task. */
  readonly task: string
  readonly sources: readonly SettingSource[]
  /** What stands behind `--`. */
  readonly args: readonly string[]
  readonly results: ResultsRequest
}

/** What `taskq run` has of the world around it. */
export interface RunIo extends ResultsIo {
  /** Where the worker shows itself. */
  readonly display: Screen
  /** Default: the signals of this process. */
  readonly stop?: StopSignals
}

/**
 * Runs a table from its rows to its results with a queue that nobody sees. Told to stop, it writes the
 * results that are there. The queue is kept only where they could not be written.
 */
export async function runRows(command: RunCommand, env: Env, io: RunIo): Promise<ExitCode> {
  const { results } = command
  await refuseEarly(results, io)
  for (const path of [results.out, results.resumeFile])
    if (path !== undefined) await refuseFolder(path)
  const settings = readSettings(command.sources)
  const watching = readWatchSettings(command.sources)
  for (const sentence of slipsOf(command.sources)) await io.err.line(safeLines(sentence))
  const stop = io.stop ?? listenForStop()
  let prepared: Prepared | undefined
  try {
    const { selection } = readFlags(command.rows)
    const { table } = command.rows
    const code = await loadCode(command.task)
    prepared = await prepare({ table, code, selection }, env, stop.signal)
    return await runPrepared(prepared, command, { settings, watching, stop }, io)
  } catch (error) {
    if (!stop.signal.aborted || error !== stop.signal.reason) throw error
    return await stoppedEarly(stop, io)
  } finally {
    await prepared?.whole.close()
    stop.dispose()
  }
}

interface Around {
  readonly settings: WorkerSettings
  readonly watching: WatchSettings
  readonly stop: StopSignals
}

async function runPrepared(
  { rows, module, code }: Prepared,
  { task, args, results, rows: flags }: RunCommand,
  { settings, watching, stop }: Around,
  io: RunIo,
): Promise<ExitCode> {
  const { encoding } = readFlags(flags)
  return await withOwnQueue(async (queue, keep) => {
    const report = await insertTable(queue, rows, {
      ...encoding,
      ...(code !== undefined && { code }),
      ...{ schema: module.schema, signal: stop.signal },
    })
    if (report.stopped) return await stoppedEarly(stop, io)
    const work = { queue, task, settings, args, until: 'drained', signal: stop.signal } as const
    const summary = await workWatched({ ...work, now: stop.now }, watching, {
      io: { stdout: io.display },
      cloudPath: undefined,
    })
    const { key } = encoding
    const request = { ...results, ...(key !== undefined && { key }), queueIs: 'gone' } as const
    // A second Ctrl-C before this ended the tasks; from now on it ends the writing.
    const signal = stop.now.aborted ? io.signal : stop.now
    const table = results.join === true ? rows : undefined
    const isComplete = await written(queue, keep, io, () =>
      writeResults(queue, table, request, { ...io, signal }),
    )
    const ended = exitCodeOf(summary, stop)
    if (ended !== exitCodes.done) return ended
    return isComplete ? exitCodes.done : exitCodes.incomplete
  })
}

/** Whether every task has a result; results that could not be written stay in the queue. */
async function written(
  queue: Queue,
  keep: () => void,
  { err }: RunIo,
  write: () => Promise<Completeness>,
): Promise<boolean> {
  try {
    return (await write()).isComplete
  } catch (error) {
    if (isReaderGone(error)) return true
    keep()
    await err.line(
      safeLines(`The results are kept: taskq results ${queue.url.replace(/\?.*/, '')}`),
    )
    throw error
  }
}

/** A folder that is not there is better found before the work than after it. */
async function refuseFolder(path: string): Promise<void> {
  try {
    await access(dirname(path), constants.W_OK)
  } catch (cause) {
    throw new TaskqError(
      'invalid',
      `Nothing can be written to ${path}: there is no folder ${dirname(path)}, or you may not write to it. Nothing was run.`,
      { cause },
    )
  }
}

async function stoppedEarly(stop: StopSignals, { err }: RunIo): Promise<ExitCode> {
  await err.line('Stopped before the first task was run; nothing is left behind.')
  return exitCodeOf({ end: 'stopped' }, stop)
}
