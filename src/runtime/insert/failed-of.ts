import { exitCodes } from '../config/exit-codes.ts'
import { isCancelled } from '../queue/cancelled.ts'
import type { Headers, Message, TaskView } from '../queue/driver.ts'
import { TaskqError } from '../queue/errors.ts'
import { writeJson } from '../queue/json.ts'
import { openQueue } from '../queue/open.ts'
import { pagesOf } from '../queue/pages.ts'
import type { Queue } from '../queue/queue.ts'
import { countText } from '../terminal/amounts.ts'
import { safeLines } from '../terminal/safe.ts'
import type { InsertProgress } from './insert.ts'
import type { InsertIo } from './io.ts'
import { type InsertFlags, readFlags } from './options.ts'
import { showProgress } from './progress.ts'

/** What became of the dead tasks of a queue. */
interface FailedReport extends InsertProgress {
  /** Tasks that a person had cancelled: they are left where they are. */
  readonly cancelled: number
}

/** Inserts the dead tasks of one queue into another, under their ids; the first queue stays as it is. */
async function insertFailed(
  from: Queue,
  to: Queue,
  {
    headers,
    signal,
    onProgress = () => {},
  }: {
    readonly headers?: Headers
    readonly signal: AbortSignal
    readonly onProgress?: (progress: InsertProgress) => void
  },
): Promise<FailedReport> {
  const total = (await from.counts()).dead
  let report: FailedReport = { rows: 0, total, inserted: 0, present: 0, cancelled: 0 }
  for await (const page of pagesOf(from, { states: ['dead'], signal })) {
    const failed = page.filter(({ reason }) => !isCancelled(reason))
    const { inserted, present } = await insertSome(from, to, failed, headers)
    report = {
      ...{ rows: report.rows + page.length, total },
      ...{ inserted: report.inserted + inserted, present: report.present + present },
      cancelled: report.cancelled + page.length - failed.length,
    }
    onProgress(report)
  }
  return report
}

/** Runs `taskq insert --failed-of`. */
export async function runFailedOf(
  flags: InsertFlags & { readonly failedOf: string },
  url: string,
  io: InsertIo,
): Promise<number> {
  refuseRows(flags)
  const { headers } = readFlags(flags).encoding
  const from = await openQueue(flags.failedOf, { create: false, clock: io.clock })
  try {
    if (flags.dryRun === true) return await dryRun(from, flags, io)
    const to = await openQueue(url, { clock: io.clock })
    try {
      if (from.url === to.url)
        throw new TaskqError(
          'invalid',
          `${from.url} cannot be filled from itself. To run its dead tasks again there: taskq retry-dead ${url}`,
        )
      return await insertAndTell(from, to, flags, headers, io)
    } finally {
      await to.close()
    }
  } finally {
    await from.close()
  }
}

/** The text of a task is kept to the letter where both queues write it the same way. */
async function insertSome(
  from: Queue,
  to: Queue,
  views: readonly TaskView[],
  headers: Headers | undefined,
): Promise<Pick<InsertProgress, 'inserted' | 'present'>> {
  const messages = views.map(
    (view): Message => ({ id: view.id, body: view.body, headers: headers ?? view.headers }),
  )
  if (from.driver.wire === to.driver.wire) return await to.insertMessages(messages)
  return await to.insert(messages.map(message => ({ ...from.decode(message), ...message.headers })))
}

async function insertAndTell(
  from: Queue,
  to: Queue,
  { json }: InsertFlags,
  headers: Headers | undefined,
  io: InsertIo,
): Promise<number> {
  const { out, err, clock, signal } = io
  const tell = (event: object) => out.line(safeLines(writeJson(event)))
  const view = showProgress(err, clock, json === true ? tell : undefined)
  let report: FailedReport
  try {
    const options = { signal, onProgress: view.tell, ...(headers !== undefined && { headers }) }
    report = await insertFailed(from, to, options)
  } finally {
    await view.end()
  }
  const { inserted, present, cancelled } = report
  if (json === true) await tell({ event: 'done', inserted, present, skipped: cancelled })
  else
    await out.line(
      `Inserted ${countText(inserted)} that failed in ${safeLines(from.url)}, there already ${countText(present)}, left out ${countText(cancelled)} cancelled.`,
    )
  return exitCodes.done
}

async function dryRun(from: Queue, { json }: InsertFlags, { out }: InsertIo): Promise<number> {
  const { dead } = await from.counts()
  if (json === true) await out.line(safeLines(writeJson({ event: 'dry-run', tasks: dead })))
  else
    await out.line(
      `${dead === undefined ? 'An unknown number of' : countText(dead)} tasks of ${safeLines(from.url)} are dead; the cancelled among them would be left out. Nothing was inserted.`,
    )
  return exitCodes.done
}

/** The tasks are there already: nothing of a table applies to them. */
function refuseRows(flags: InsertFlags): void {
  const ofTables = [
    'table',
    'key',
    'columns',
    'where',
    'sample',
    'offset',
    'limit',
    'again',
  ] as const
  const given = ofTables.find(name => flags[name] !== undefined)
  if (given === undefined) return
  throw new TaskqError(
    'invalid',
    `--${given} does not go with --failed-of, which takes tasks as they are. To choose among them write them as a table: taskq results ${flags.failedOf} --resume-file todo.ndjson`,
  )
}
