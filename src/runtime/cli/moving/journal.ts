import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { journalFolder } from '../../insert/journal-folder.ts'
import { TaskqError } from '../../queue/errors.ts'
import { readJson } from '../../queue/json.ts'

/**
 * Remembers which tasks were sent to a queue that does not keep ids apart. Each batch is noted
 * before and after it is sent; what has left its source is forgotten. Tasks are noted by their marks.
 */
export interface MovingJournal {
  readonly path: string
  /** Tasks that are at the destination, and may be at the source too. */
  readonly sent: ReadonlySet<string>
  /** Tasks of which nobody knows whether they are at the destination. */
  readonly doubtful: ReadonlySet<string>
  begin(marks: readonly string[]): Promise<void>
  end(): Promise<void>
  forget(marks: readonly string[]): Promise<void>
  /** Lets go of the file, and deletes it when it was of use only until now. */
  close(end: 'kept' | 'over'): Promise<void>
}

/**
 * What a journal calls a task: by its id and its body, for the id may come back at the source as
 * another task, which was not sent.
 */
export function markOf({ id, body }: { readonly id: string; readonly body: string }): string {
  return createHash('sha256')
    .update(JSON.stringify([id, body]))
    .digest('base64url')
    .slice(0, 24)
}

/** What such a journal is of. */
export interface MovingKey {
  readonly verb: 'cp' | 'mv'
  readonly from: string
  readonly to: string
}

/** Opens the journal of two queues in the folder where those of inserts are, or begins one. */
export async function openMovingJournal({ verb, from, to }: MovingKey): Promise<MovingJournal> {
  const name = createHash('sha256')
    .update(JSON.stringify([from, to]))
    .digest('hex')
  const path = join(journalFolder, `${verb}-${name.slice(0, 16)}.ndjson`)
  await mkdir(journalFolder, { recursive: true })
  const file = await open(path, 'a+')
  const text = await readFile(path, 'utf8')
  // A note that a crash cut off was not on the disk: what it speaks of had not happened.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  if (whole !== text) await file.truncate(Buffer.byteLength(whole))
  const state: State = { sent: new Set(), doubtful: new Set(), begun: [] }
  for (const [at, line] of whole.split('\n').slice(0, -1).entries())
    replay(state, noteOf(line) ?? damaged(path, at + 1))
  const write = async (note: Note) => {
    await file.write(`${JSON.stringify(note)}\n`)
    await file.datasync()
    replay(state, note)
  }
  // What was on its way when the last run ended is in doubt until it is sent again.
  for (const mark of state.begun) state.doubtful.add(mark)
  return {
    path,
    sent: state.sent,
    doubtful: state.doubtful,
    begin: marks => write({ begun: marks }),
    end: () => write({ done: true }),
    async forget(marks) {
      await write({ gone: marks })
      if (state.sent.size + state.doubtful.size > 0) return
      await file.truncate(0)
      await file.datasync()
    },
    async close(end) {
      await file.close()
      if (end === 'over') await rm(path, { force: true })
    },
  }
}

type Note =
  | { readonly begun: readonly string[] }
  | { readonly done: true }
  | { readonly gone: readonly string[] }

interface State {
  readonly sent: Set<string>
  readonly doubtful: Set<string>
  begun: readonly string[]
}

function replay(state: State, note: Note): void {
  if ('begun' in note) {
    // One that never ended: another run came to this file before it was sent again.
    for (const mark of state.begun) state.doubtful.add(mark)
    state.begun = note.begun
  } else if ('gone' in note)
    for (const mark of note.gone) {
      state.sent.delete(mark)
      state.doubtful.delete(mark)
    }
  else {
    for (const mark of state.begun) {
      state.sent.add(mark)
      state.doubtful.delete(mark)
    }
    state.begun = []
  }
}

function noteOf(line: string): Note | undefined {
  try {
    const { begun, done, gone } = readJson(line) as Record<string, unknown>
    if (done === true) return { done }
    if (isMarks(begun)) return { begun }
    return isMarks(gone) ? { gone } : undefined
  } catch {
    // What is no JSON is no note; the caller decides what that means where it stands.
    return undefined
  }
}

function isMarks(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(mark => typeof mark === 'string')
}

function damaged(path: string, line: number): never {
  throw new TaskqError(
    'invalid',
    `Line ${line} of ${path} is damaged, so that nobody knows which tasks were sent. Look into both queues, then delete the file to send everything, or mend the line.`,
  )
}
