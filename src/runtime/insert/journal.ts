import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { TaskqError } from '../queue/errors.ts'
import { readJson } from '../queue/json.ts'
import { Bitmap } from './bitmap.ts'

/** What a journal is of: other tables, queues or ids have journals of their own. */
export interface JournalKey {
  readonly url: string
  readonly fingerprint: string
}

/**
 * Remembers which rows were inserted, for queues that do not keep ids apart. Each batch is noted
 * before and after, and both notes are on the disk before anything goes on: what is begun and not
 * done after a crash is in doubt, and only that.
 */
export interface Journal {
  readonly path: string
  /** Rows that are in the queue. */
  readonly done: Bitmap
  /** How many rows there are of which nobody knows whether they are in the queue. */
  readonly doubtful: number
  begin(rows: readonly number[]): Promise<void>
  end(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens the journal of a table and a queue in a folder (`.taskq` beside the env file), or begins one:
 * always when `anew` is given.
 */
export async function openJournal(
  folder: string,
  { url, fingerprint }: JournalKey,
  { anew = false }: { readonly anew?: boolean } = {},
): Promise<Journal> {
  const name = createHash('sha256')
    .update(JSON.stringify([url, fingerprint]))
    .digest('hex')
  const path = join(folder, `inserted-${name.slice(0, 16)}.ndjson`)
  await mkdir(dirname(path), { recursive: true })
  if (anew) await rm(path, { force: true })
  const text = await textOf(path)
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  const { done, doubtful } = replay(path, whole)
  const file = await open(path, 'a')
  const note = async (line: Note) => {
    await file.write(`${JSON.stringify(line)}\n`)
    await file.datasync()
  }
  // A note that a crash cut off was not on the disk, so what it speaks of had not begun or not ended.
  if (whole !== text) await file.truncate(Buffer.byteLength(whole))
  let begun: readonly number[] = []
  return {
    path,
    done,
    doubtful,
    async begin(rows) {
      begun = rows
      await note({ begun: spansOf(rows) })
    },
    async end() {
      await note({ done: begun.length })
      for (const row of begun) done.add(row)
      begun = []
    },
    close: () => file.close(),
  }
}

/** Rows from the first to the last of each pair. */
type Spans = readonly (readonly [number, number])[]

type Note = { readonly begun: Spans } | { readonly done: number }

function replay(path: string, text: string): Pick<Journal, 'done' | 'doubtful'> {
  const done = new Bitmap()
  const begun = new Bitmap()
  let open: Spans = []
  for (const [at, line] of text.split('\n').entries()) {
    if (line === '') continue
    const note = noteOf(line)
    if (note === undefined) throw damaged(path, at + 1)
    if ('begun' in note) {
      open = note.begun
      addSpans(begun, open)
    } else addSpans(done, open)
  }
  return { done, doubtful: begun.count - done.count }
}

function addSpans(rows: Bitmap, spans: Spans): void {
  for (const [first, last] of spans) for (let row = first; row <= last; row++) rows.add(row)
}

function noteOf(line: string): Note | undefined {
  try {
    const note = readJson(line) as { readonly begun?: unknown; readonly done?: unknown }
    if (typeof note.done === 'number') return { done: note.done }
    return Array.isArray(note.begun) ? { begun: note.begun as unknown as Spans } : undefined
  } catch {
    // What is no JSON is no note; the caller decides what that means where it stands.
    return undefined
  }
}

function spansOf(rows: readonly number[]): Spans {
  const spans: [number, number][] = []
  for (const row of rows) {
    const last = spans.at(-1)
    if (last !== undefined && last[1] + 1 === row) last[1] = row
    else spans.push([row, row])
  }
  return spans
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}

function damaged(path: string, line: number): TaskqError {
  return new TaskqError(
    'invalid',
    `Line ${line} of ${path} is damaged, so that nobody knows which rows were inserted. Look into the queue, then delete the file to insert everything, or mend the line.`,
  )
}
