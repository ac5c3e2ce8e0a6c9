import { exitCodes } from '../../config/exit-codes.ts'
import type { LogEntry } from '../../logs/entry.ts'
import { logPlaceOf } from '../../logs/folder.ts'
import { type Places, readLogs } from '../../logs/read.ts'
import { openShelf, placeText } from '../../logs/shelf.ts'
import { openQueue } from '../../queue/open.ts'
import type { Queue } from '../../queue/queue.ts'
import { readRecord } from '../../results/record.ts'
import type { Output } from '../../terminal/output.ts'
import { jsonLine, safe, stripped } from '../../terminal/safe.ts'
import { readWatchSettings } from '../../watching/settings.ts'
import { envFileOption, environmentOf, sourcesOf, textOf } from '../environment.ts'
import type { Shell } from '../shell.ts'
import { whichQueue } from '../which-queue.ts'
import type { Words, WorkingOption } from '../working.ts'

export const options: readonly WorkingOption[] = [
  { flags: '-q, --queue <url>', says: 'the queue, instead of TASKQUEUE_PATH' },
  envFileOption,
  { flags: '--log-dir <path>', says: 'where the files lie, instead of TQ_LOG_DIR' },
  { flags: '-f, --follow', says: 'go on with what comes, until Ctrl-C' },
  { flags: '--json', says: 'print JSON, one object a line' },
]

/** How often a folder that is followed is looked at. */
const lookMilliseconds = 500

/** `taskq logs`: what workers kept of what tasks wrote. */
export async function run(shell: Shell, words: Words): Promise<number> {
  const { word: task, flags, env } = words
  const [queueFlag, envFile] = [textOf(flags, 'queue'), textOf(flags, 'envFile')]
  const url = await whichQueue(
    undefined,
    task === undefined ? [] : [task],
    {
      ...(queueFlag !== undefined && { queue: queueFlag }),
      ...(envFile !== undefined && { envFile }),
    },
    env,
  )
  const named = textOf(flags, 'logDir') ?? readWatchSettings(sourcesOf(words)).logDir
  const queue = await openQueue(url, { create: false })
  try {
    const place = logPlaceOf(queue, named, environmentOf(words)['CF_CLOUDPATH'])
    const shelf = await openShelf(place)
    const show = flags['json'] === true ? asJson(shell.out) : asText(shell.out)
    const places: Places = new Map()
    const read = () => showAll(shell, readLogs(shelf, ofTask(task), places), show)
    let shown = await read()
    if (flags['follow'] === true) await follow(shell, read)
    else if (task !== undefined && shown === 0) shown = await showRecord(shell, queue, task, show)
    if (shown > 0 || flags['follow'] === true) return exitCodes.done
    await shell.err.line(nothing(placeText(place), task))
    return task === undefined ? exitCodes.done : exitCodes.partly
  } finally {
    await queue.close()
  }
}

type Show = (entry: LogEntry) => Promise<boolean>

function ofTask(task: string | undefined) {
  return task === undefined ? {} : { task }
}

async function showAll(
  { signal, out }: Shell,
  entries: AsyncIterable<LogEntry>,
  show: Show,
): Promise<number> {
  let shown = 0
  for await (const entry of entries) {
    signal.throwIfAborted()
    if (!out.isOpen) return shown
    await show(entry)
    shown += 1
  }
  return shown
}

async function follow({ out, clock, signal }: Shell, read: () => Promise<number>): Promise<void> {
  while (out.isOpen) {
    await clock.sleep(lookMilliseconds, signal)
    await read()
  }
}

/** What the queue itself holds of a dead task: the last of its output, from whatever machine. */
async function showRecord({ out }: Shell, queue: Queue, task: string, show: Show): Promise<number> {
  if (queue.driver.tasks === undefined) return 0
  const [view] = await queue.tasks.get([task])
  const record = readRecord(view?.record ?? '')
  if (record?.status !== 'dead' || !out.isOpen) return 0
  const { worker, attempt, kind, reason, output, endedAt = '' } = record
  const text = output === undefined ? {} : { text: output }
  await show({ time: endedAt, worker, task, attempt, ...text, end: kind, reason })
  return 1
}

function asJson(out: Output): Show {
  return entry => out.line(jsonLine(entry))
}

/** The text as it was written, and a line above wherever another run begins. */
function asText(out: Output): Show {
  let last = ''
  return async ({ time, worker, task, attempt, text = '', end, reason }) => {
    const head = `${safe(task)}, attempt ${attempt}, ${safe(worker)}`
    if (head !== last) await out.line(out.style('bold', `==> ${head} (${safe(time)})`))
    last = head
    if (text !== '') await out.write(text.endsWith('\n') ? stripped(text) : `${stripped(text)}\n`)
    if (end === undefined) return out.isOpen
    last = ''
    return await out.line(
      out.style(end === 'done' ? 'green' : 'red', `<== ${endText(end, reason)}`),
    )
  }
}

/** The reason of a dead task begins with how it failed. */
function endText(end: string, reason: string | undefined): string {
  if (reason === undefined) return safe(end)
  return safe(reason.startsWith(`${end}: `) ? reason : `${end}: ${reason}`)
}

function nothing(where: string, task: string | undefined): string {
  const what = task === undefined ? 'No logs are' : `No log of ${safe(task)} is`
  return `${what} kept in ${safe(where)}. Workers keep what failed runs wrote; TQ_KEEP_LOGS=all keeps that of all.`
}
