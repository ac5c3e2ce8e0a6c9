import { exitCodes } from '../config/exit-codes.ts'
import type { Message } from '../queue/driver.ts'
import { isTaskqError } from '../queue/errors.ts'
import { writeJson } from '../queue/json.ts'
import { openQueue } from '../queue/open.ts'
import type { Queue } from '../queue/queue.ts'
import { bytesText, countText } from '../terminal/amounts.ts'
import { safeLines } from '../terminal/safe.ts'
import { insertTable } from './insert.ts'
import type { InsertIo } from './io.ts'
import type { InsertFlags, InsertSettings } from './options.ts'
import type { Prepared } from './prepare.ts'

const shownTasks = 3
const shownCharacters = 300

/** Does all that an insert does, but for the inserting, and shows what would come of it. */
export async function showDryRun(
  { rows, whole, module, code }: Prepared,
  url: string,
  { encoding }: InsertSettings,
  { json }: InsertFlags,
  io: InsertIo,
): Promise<number> {
  const { queue, absent } = await openExisting(url)
  const seen: Seen = { first: [], count: 0, bytes: 0, largest: 0 }
  try {
    const { inserted, present } = await insertTable(withoutInserting(queue, seen), rows, {
      ...encoding,
      ...(code !== undefined && { code }),
      schema: module.schema,
      signal: io.signal,
    })
    io.signal.throwIfAborted()
    const { columns, rowCount, name, fingerprint } = rows
    if (json === true)
      await io.out.line(
        safeLines(
          writeJson({
            event: 'dry-run',
            queue: url,
            queueIsThere: absent === undefined,
            table: name,
            fingerprint,
            code,
            columns: columns.map(({ name, type, form }) => ({ name, type, form })),
            tasks: rowCount,
            rows: whole.rowCount,
            new: inserted,
            present,
            bodyBytes: { mean: mean(seen), largest: seen.largest, all: seen.bytes },
            first: seen.first.map(({ id, body }) => ({ id, body })),
          }),
        ),
      )
    else await showText({ rows, whole, seen, inserted, present, url, absent }, io)
    return exitCodes.done
  } finally {
    await queue.close()
  }
}

interface Seen {
  readonly first: Message[]
  count: number
  bytes: number
  largest: number
}

/** A queue that is not there yet is as good as an empty one; the reason is shown. */
async function openExisting(
  url: string,
): Promise<{ readonly queue: Queue; readonly absent?: string }> {
  try {
    return { queue: await openQueue(url, { create: false }) }
  } catch (error) {
    if (!isTaskqError(error, 'invalid')) throw error
    return { queue: await openQueue('memory:'), absent: error.message }
  }
}

function withoutInserting(queue: Queue, seen: Seen): Queue {
  return {
    ...queue,
    async insertMessages(given) {
      const messages: Message[] = []
      for await (const message of given) messages.push(message)
      for (const message of messages) note(seen, message)
      if (queue.driver.tasks === undefined) return { inserted: messages.length, present: 0 }
      const known = await queue.tasks.has(messages.map(({ id }) => id))
      const present = known.filter(Boolean).length
      return { inserted: messages.length - present, present }
    },
  }
}

function note(seen: Seen, message: Message): void {
  const bytes = Buffer.byteLength(message.body)
  if (seen.first.length < shownTasks) seen.first.push(message)
  seen.count += 1
  seen.bytes += bytes
  seen.largest = Math.max(seen.largest, bytes)
}

const mean = ({ bytes, count }: Seen) => (count === 0 ? 0 : Math.round(bytes / count))

interface Outlook {
  readonly rows: Prepared['rows']
  readonly whole: Prepared['whole']
  readonly seen: Seen
  readonly inserted: number
  readonly present: number
  readonly url: string
  readonly absent: string | undefined
}

async function showText(
  { rows, whole, seen, inserted, present, url, absent }: Outlook,
  { out }: InsertIo,
): Promise<void> {
  const line = (text: string) => out.line(safeLines(text))
  const all = whole.rowCount === undefined ? '' : ` of ${countText(whole.rowCount)}`
  await line(`${rows.name}: ${countText(inserted + present)}${all} rows would be tasks.`)
  const width = Math.max(...rows.columns.map(({ name }) => name.length))
  for (const { name, type, form } of rows.columns)
    await line(`  ${name.padEnd(width)}  ${type}, as ${form}`)
  for (const { id, body } of seen.first)
    await line(
      `${id}  ${body.length > shownCharacters ? `${body.slice(0, shownCharacters)}…` : body}`,
    )
  await line(
    `A task has ${bytesText(mean(seen))}, the largest ${bytesText(seen.largest)}, all ${bytesText(seen.bytes)}.`,
  )
  await line(
    absent === undefined
      ? `${countText(inserted)} would be new in ${url}, ${countText(present)} are there.`
      : `All would be new: ${absent}`,
  )
  await line('Nothing was inserted.')
}
