import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { nameOf } from './names.ts'

/** The folders and files of one queue. Python knows the first four; all else is ours and lies in `taskq`. */
export interface Folder {
  readonly root: string
  /** The tasks, leased or not; nothing but task files may ever lie here. */
  readonly queue: string
  /** The names that each task has had. */
  readonly movement: string
  readonly insertions: string
  readonly completions: string
  readonly ours: string
  /** Where files are written before they are renamed to where they belong. */
  readonly temp: string
  /** Runs charged, a file a task. */
  readonly attempts: string
  readonly dead: string
  /** What is finished, a file a process. */
  readonly done: string
  /** Who holds what, a file a process. */
  readonly holds: string
  /** The last stamps of tasks that were removed: no lease after them may repeat one. */
  readonly past: string
  /** What could not be read, as it lay. */
  readonly quarantine: string
  readonly epoch: string
  readonly durable: boolean
}

/** The places of a queue. */
export function folderOf(root: string, durable: boolean): Folder {
  const ours = join(root, 'taskq')
  return {
    root,
    queue: join(root, 'queue'),
    movement: join(root, 'movement'),
    insertions: join(root, 'insertions'),
    completions: join(root, 'completions'),
    ours,
    temp: join(ours, 'temp'),
    attempts: join(ours, 'attempts'),
    dead: join(ours, 'dead'),
    done: join(ours, 'done'),
    holds: join(ours, 'holds'),
    past: join(ours, 'past'),
    quarantine: join(ours, 'quarantine'),
    epoch: join(ours, 'epoch'),
    durable,
  }
}

/** Every folder of a queue below its root; one that holds others comes before them. */
export function foldersIn({ queue, movement, ours, ...parts }: Folder): readonly string[] {
  const { temp, attempts, dead, done, holds, past, quarantine } = parts
  return [queue, movement, ours, temp, attempts, dead, done, holds, past, quarantine]
}

/** Makes what is missing of a queue's folders. */
export function makeFolders(folder: Folder): void {
  for (const path of foldersIn(folder)) mkdirSync(path, { recursive: true })
}

/** Where a task's file lies while the task is away until `stamp`. */
export function taskPath({ queue }: Folder, key: string, stamp: number): string {
  return `${queue}/${nameOf(key, stamp)}`
}

/** Where the names of a task are noted. */
export function notesPath({ movement }: Folder, key: string): string {
  return `${movement}/${key}`
}

/** Gives a task's file another stamp; false where it is not there any more. */
export function restamp(folder: Folder, key: string, from: number, to: number): boolean {
  return moved(taskPath(folder, key, from), taskPath(folder, key, to))
}

/** Runs `act`; answers `undefined` where what it is about is not there. */
export function whereThere<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    if (isAbsence(error)) return undefined
    throw error
  }
}

/** Whether an error says that a file is not there: NFS calls one that was replaced stale. */
export function isAbsence(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'ENOENT' || code === 'ESTALE'
}

/** Node's word for what the system said. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined
}

/** Renames a file; false where it is not there any more. */
export function moved(from: string, to: string): boolean {
  return (
    whereThere(() => {
      renameSync(from, to)
      return true
    }) === true
  )
}

/** Removes a file; false where it is not there any more. */
export function removed(path: string): boolean {
  return (
    whereThere(() => {
      unlinkSync(path)
      return true
    }) === true
  )
}

/** The text of a file; `undefined` where there is none. A link or a folder, which nobody of ours makes, is none. */
export function textOf(path: string): string | undefined {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      return readFileSync(file, 'utf8')
    } finally {
      closeSync(file)
    }
  } catch (error) {
    if (isAbsence(error) || ['ELOOP', 'EISDIR'].includes(codeOf(error) ?? '')) return undefined
    throw error
  }
}

/** The names in a folder; `[]` where there is none. */
export function filesIn(path: string): readonly string[] {
  return whereThere(() => readdirSync(path)) ?? []
}

/** A name that nobody else uses. */
export function uniqueName(): string {
  named += 1
  return `${ownName}-${named.toString(36)}`
}

const ownName = `${process.pid.toString(36)}-${randomBytes(9).toString('hex')}`
let named = 0

/** Writes a file so that it is there as a whole or not at all; an older one is replaced. */
export function writeWhole(folder: Folder, path: string, text: string): void {
  const temp = join(folder.temp, uniqueName())
  try {
    writeNew(temp, text, folder.durable)
    renameSync(temp, path)
  } catch (error) {
    removed(temp)
    throw error
  }
}

/** Writes a file that must not be there yet. */
export function writeNew(path: string, text: string, durable: boolean): void {
  const file = openSync(path, 'wx', 0o666)
  try {
    writeFully(file, text)
    if (durable) fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Adds text at the end of a file, making it where it is missing or where somebody put a link or a pipe in its place. */
export function append(path: string, text: string): void {
  const file = openToAppend(path)
  try {
    writeFully(file, text)
  } finally {
    closeSync(file)
  }
}

function openToAppend(path: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants
  // A pipe that nobody reads would be waited for, with the whole process.
  const flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK
  try {
    return openSync(path, flags, 0o666)
  } catch (error) {
    if (codeOf(error) !== 'ELOOP' && codeOf(error) !== 'ENXIO') throw error
    removed(path)
    return openSync(path, flags, 0o666)
  }
}

/** Writes all of it: a single write may take only a part. */
export function writeFully(file: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
}

/** Makes renames and new files in a folder survive a power cut. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } catch (error) {
    // Some network file systems know no such thing: there a rename is kept once it was answered.
    if (codeOf(error) !== 'EINVAL' && codeOf(error) !== 'ENOTSUP') throw error
  } finally {
    closeSync(folder)
  }
}
