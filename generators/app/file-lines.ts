import { join, relative } from 'node:path'
import { styleText } from 'node:util'
import type { Change, Fate } from './changes.ts'

/** The part of Yeoman's log that speaks of files. */
export interface FileLog {
  write: (text: string) => unknown
  /** Says that a file is written without asking. */
  force: (path: string) => unknown
}

/** Where a project lies, and from where its paths are shown. */
export interface Place {
  readonly cwd: string
  readonly folder: string
}

/**
 * Has Yeoman say what becomes of each file in plain words: it says `force` of all that it writes without
 * asking, also where nothing of the user's is lost.
 */
export function sayPlainly(log: FileLog, changes: readonly Change[], { cwd, folder }: Place): void {
  const words = new Map(
    changes.map(({ path, fate }) => [relative(cwd, join(folder, path)), wordsOfFates[fate]]),
  )
  log.force = path => log.write(fileLine(words.get(path) ?? 'update', path))
}

/** Says that files were removed. */
export function sayRemoved(log: FileLog, paths: readonly string[], { cwd, folder }: Place): void {
  for (const path of paths) log.write(fileLine('remove', relative(cwd, join(folder, path))))
}

const wordsOfFates: Readonly<Record<Fate, string>> = {
  create: 'create',
  update: 'update',
  conflict: 'overwrite',
  yours: 'overwrite',
  remove: 'remove',
  left: 'leave',
  same: 'update',
}

/** As wide as Yeoman's own lines. */
function fileLine(word: string, path: string): string {
  const colour = word === 'create' || word === 'update' ? 'green' : 'yellow'
  const shown = styleText(colour, word.padStart('identical'.length), { stream: process.stderr })
  return `${shown} ${path}\n`
}
