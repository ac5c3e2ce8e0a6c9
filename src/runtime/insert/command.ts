import { exitCodes } from '../config/exit-codes.ts'
import { calleeVariable } from '../queue/callee.ts'
import { isTaskqError, TaskqError } from '../queue/errors.ts'
import { writeJson } from '../queue/json.ts'
import { openQueue } from '../queue/open.ts'
import type { Queue } from '../queue/queue.ts'
import { retentionNote } from '../queue/retention.ts'
import type { Table } from '../tables/table.ts'
import { countText } from '../terminal/amounts.ts'
import { isYes } from '../terminal/ask.ts'
import { safeLines } from '../terminal/safe.ts'
import { showDryRun } from './dry-run.ts'
import { type Encoding, encoderOf } from './encoder.ts'
import { runFailedOf } from './failed-of.ts'
import { type InsertReport, insertTable } from './insert.ts'
import type { InsertIo } from './io.ts'
import { type Journal, openJournal } from './journal.ts'
import { journalFolder } from './journal-folder.ts'
import { noticed } from './notice.ts'
import { type InsertFlags, type InsertSettings, readFlags } from './options.ts'
import { type Env, loadCode, type Prepared, prepare } from './prepare.ts'
import { showProgress } from './progress.ts'
import type { TaskModule } from './task-module.ts'

/**
 * Runs `taskq insert` with the options as typed and the variables of the env file; `given` goes
 * before what the task file exports.
 */
export async function runInsert(
  flags: InsertFlags,
  env: Env,
  io: InsertIo,
  given: TaskModule = {},
): Promise<number> {
  let prepared: Prepared | undefined
  let queue: Queue | undefined
  let fault: number = exitCodes.usage
  try {
    const settings = readFlags(flags)
    const url = queueName(flags, env)
    const { failedOf } = flags
    if (failedOf !== undefined) return await runFailedOf({ ...flags, failedOf }, url, io)
    await agree(flags, url, io)
    const { table, task } = flags
    const code = await loadCode(task, given)
    fault = exitCodes.data
    const notice = 'Reading the table to its end; nothing is inserted before that ...'
    prepared = await noticed(io.err, notice, () =>
      prepare({ table, code, selection: settings.selection }, env, io.signal),
    )
    if (prepared.warning !== undefined) await io.err.line(safeLines(`Warning: ${prepared.warning}`))
    if (prepared.rows.rowCount === 0) return await nothingToDo(prepared, flags, io)
    if (flags.dryRun === true) return await showDryRun(prepared, url, settings, flags, io)
    fault = exitCodes.usage
    queue = await openQueue(url, { clock: io.clock, callee: env[calleeVariable] })
    fault = exitCodes.data
    return await insertInto(queue, prepared, settings, flags, io)
  } catch (error) {
    if (io.signal.aborted) return await ended(io)
    if (!isTaskqError(error)) throw error
    await io.err.line(safeLines(error.message))
    if (error.code === 'unavailable') return exitCodes.unavailable
    return error.code === 'invalid' ? fault : exitCodes.usage
  } finally {
    await queue?.close()
    await prepared?.whole.close()
  }
}

function queueName({ queue }: InsertFlags, env: Env): string {
  const name = queue ?? env['TASKQUEUE_PATH'] ?? ''
  if (name.trim() !== '') return name
  throw new TaskqError(
    'invalid',
    'No queue is named. Name it by -q sqlite:queue.db, or in config/task.env: TASKQUEUE_PATH=sqlite:queue.db',
  )
}

/** `--again` forgets results: not without a yes. */
async function agree(
  { again, yes, dryRun }: InsertFlags,
  url: string,
  io: InsertIo,
): Promise<void> {
  if (again !== true || yes === true || dryRun === true) return
  const what = `--again removes the finished and dead tasks of this table from ${url}, with their results, and inserts them anew`
  if (io.ask === undefined)
    throw new TaskqError(
      'invalid',
      `${what}; nobody can answer here. If that is what you want, add --yes.`,
    )
  if (!isYes(await io.ask(`${safeLines(what)}. Go on? [y/N] `)))
    throw new TaskqError('invalid', 'Nothing was changed.')
}

async function nothingToDo(
  { whole: { rowCount: skipped } }: Prepared,
  { json }: InsertFlags,
  { out }: InsertIo,
): Promise<number> {
  const event = { event: 'done', inserted: 0, present: 0, skipped }
  await out.line(json === true ? safeLines(writeJson(event)) : 'No tasks to insert!')
  return exitCodes.done
}

async function insertInto(
  queue: Queue,
  { rows, whole, module, code }: Prepared,
  { encoding }: InsertSettings,
  { again, json }: InsertFlags,
  io: InsertIo,
): Promise<number> {
  const tell = (event: object) => io.out.line(safeLines(writeJson(event)))
  const start = io.clock.monotonic()
  if (json === true) await tell(startEvent(queue, rows, whole, code))
  else await io.out.line(`Inserting ${shareText(rows.rowCount, whole.rowCount)}tasks!`)
  await warnOfRetention(queue, io)
  const view = showProgress(io.err, io.clock, json === true ? tell : undefined)
  const journal = queue.driver.traits.unique
    ? undefined
    : await journalOf(queue, rows, encoding, again === true, io)
  let report: InsertReport
  try {
    report = await insertTable(queue, rows, {
      ...encoding,
      ...(code !== undefined && { code }),
      ...(journal !== undefined && { journal }),
      schema: module.schema,
      signal: io.signal,
      onProgress: view.tell,
      again: again === true,
    })
  } finally {
    await view.end()
    await journal?.close()
  }
  const seconds = Math.round(io.clock.monotonic() - start) / 1000
  const { inserted, present, stopped } = report
  const skipped = (whole.rowCount ?? 0) - (rows.rowCount ?? whole.rowCount ?? 0)
  if (json === true)
    await tell({ event: stopped ? 'stopped' : 'done', inserted, present, skipped, seconds })
  else
    await io.out.line(
      `Inserted ${countText(inserted)}, there already ${countText(present)}, left out ${countText(skipped)}, in ${seconds.toFixed(1)} s.`,
    )
  return stopped ? await ended(io) : exitCodes.done
}

/** Where the store does not keep ids apart, this host remembers what it inserted; and says so. */
async function journalOf(
  queue: Queue,
  rows: Table,
  encoding: Encoding,
  anew: boolean,
  { err }: InsertIo,
): Promise<Journal | undefined> {
  const { fingerprint } = encoderOf(rows, encoding, queue.codec)
  if (fingerprint === undefined) return undefined
  const journal = await openJournal(journalFolder, { url: queue.url, fingerprint }, { anew })
  const { path, doubtful } = journal
  await err.line(
    safeLines(`${queue.url} does not keep ids apart; what was inserted is remembered in ${path}.`),
  )
  if (doubtful > 0)
    await err.line(
      `An insert before was cut off with a batch on its way: ${countText(doubtful)} tasks are inserted again and may be there twice.`,
    )
  return journal
}

async function warnOfRetention({ url, driver }: Queue, { err }: InsertIo): Promise<void> {
  const note = retentionNote(url, driver.limits.keptSeconds)
  if (note !== undefined) await err.line(safeLines(note))
}

function startEvent(
  queue: Queue,
  { name, rowCount, fingerprint }: Prepared['rows'],
  whole: Prepared['whole'],
  code: string | undefined,
): object {
  return {
    event: 'start',
    queue: queue.url,
    table: name,
    fingerprint,
    code,
    tasks: rowCount,
    rows: whole.rowCount,
  }
}

function shareText(chosen: number | undefined, all: number | undefined): string {
  return chosen === undefined || all === undefined ? '' : `${chosen}/${all} `
}

/** Says how to go on after a Ctrl-C. */
async function ended({ err, signal }: InsertIo): Promise<number> {
  await err.line('Stopped. What was inserted is safe; run the same command again to go on.')
  const { by } = (signal.reason ?? {}) as { readonly by?: unknown }
  return by === 'terminated' ? exitCodes.terminated : exitCodes.interrupted
}
