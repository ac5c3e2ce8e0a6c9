import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type ProjectRecord, readRecord, recordFile } from './record.ts'

/** The folder that a project goes into, as it is found. */
export interface Target {
  readonly path: string
  /** Whether nobody named a folder, so that one of the project's name is to be made. */
  readonly isOpen: boolean
  /** How many things lie there; git's own do not count. */
  readonly entries: number
  /** What the project in it remembers; absent where there is none of ours. */
  readonly record?: ProjectRecord
}

/** Looks at the folder that is meant: the one named, else this one if it is empty or a project. */
export function targetAt(cwd: string, folder: string | undefined): Target {
  const path = resolve(cwd, folder ?? '.')
  const found = statSync(path, { throwIfNoEntry: false })
  if (found !== undefined && !found.isDirectory())
    throw new Error(`${path} is a file; name a folder for the project.`)
  const names = found === undefined ? [] : readdirSync(path).filter(name => name !== '.git')
  const record = recordIn(path)
  const isOpen = folder === undefined && record === undefined && names.length > 0
  return { path, isOpen, entries: names.length, ...(record !== undefined && { record }) }
}

/** Throws a sentence when no file can be made there. */
export function refuseUnwritable(path: string): void {
  const nearest = nearestFolder(path)
  try {
    accessSync(nearest, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new Error(`${nearest} is not yours to write into.${whyNot()}`, { cause })
  }
}

function recordIn(path: string): ProjectRecord | undefined {
  const file = join(path, recordFile)
  if (!existsSync(file)) return undefined
  try {
    return readRecord(readFileSync(file, 'utf8'))
  } catch (cause) {
    const says = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${file} cannot be read: ${says} Mend it, or remove it to begin anew.`, {
      cause,
    })
  }
}

function nearestFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path))
}

/** `yo` started by root gives root's rights away and then meets folders of root. */
function whyNot(): string {
  const { USER, LOGNAME, HOME = '' } = process.env
  const wasRoot = (USER ?? LOGNAME) === 'root' || homesOfRoot.includes(HOME)
  if (wasRoot && process.getuid?.() !== 0)
    return ' yo gives the rights of root away when root runs it: run it as yourself, or use npm create taskq-project.'
  return ' Choose another folder, or have its owner change its rights.'
}

/** A container often names no user, but always a home. */
const homesOfRoot: readonly string[] = ['/root', '/var/root']
