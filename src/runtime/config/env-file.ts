import { closeSync, openSync, readSync } from 'node:fs'
import { parse } from 'dotenv'
import { TaskqError } from '../queue/errors.ts'
import { readEnvLine } from './env-line.ts'

/** A file of `NAME=value` lines that dotenv, `docker --env-file` and a shell's `source` read alike. */
export interface EnvFile {
  readonly path: string
  readonly values: ReadonlyMap<string, string>
  /** In which line each variable is set, from 1. */
  readonly lines: ReadonlyMap<string, number>
}

/** Reads an env file; what any of its readers would take differently is refused by file and line. */
export function readEnvFile(path: string): EnvFile {
  return { path, ...scan(readText(path), path) }
}

/** The variables in the text of an env file; `path` is for complaints. */
export function parseEnvFile(text: string, path: string): ReadonlyMap<string, string> {
  return scan(text, path).values
}

function scan(text: string, path: string): Pick<EnvFile, 'values' | 'lines'> {
  const values = new Map<string, string>()
  const lines = new Map<string, number>()
  text.split('\n').forEach((content, at) => {
    const number = at + 1
    const line = readEnvLine(content)
    if (line.kind === 'nothing') return
    if (line.kind === 'complaint') throw refusal(path, number, line.says)
    const before = lines.get(line.name)
    if (before !== undefined)
      throw refusal(
        path,
        number,
        `${line.name} is set a second time (first in line ${before}). Keep one of the two.`,
      )
    values.set(line.name, line.value)
    lines.set(line.name, number)
  })
  const asDotenv = parse(text)
  for (const [name, value] of values) {
    if (Object.hasOwn(asDotenv, name) && asDotenv[name] === value) continue
    throw refusal(path, lines.get(name) ?? 0, `dotenv cannot read ${name} as it is written here.`)
  }
  return { values, lines }
}

/** The value of a variable that must be set; `example` is a line that sets it. */
export function neededIn(
  { path, values }: Pick<EnvFile, 'path' | 'values'>,
  name: string,
  example: string,
): string {
  const value = values.get(name)
  if (value !== undefined && value !== '') return value
  const what = value === undefined ? 'is not set' : 'is empty'
  throw new TaskqError('invalid', `${name} ${what} in ${path}. Put a line there: ${example}`)
}

function readText(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readBytes(path))
  } catch (cause) {
    if (cause instanceof TaskqError) throw cause
    throw new TaskqError('invalid', whyUnread(path, cause), { cause })
  }
}

const mostBytes = 2 ** 20

/** By pieces, for it may be a pipe, and no pipe says when it ends. */
function readBytes(path: string): Uint8Array {
  const bytes = new Uint8Array(mostBytes + 1)
  const file = openSync(path, 'r')
  try {
    let filled = 0
    for (let more = -1; more !== 0 && filled < bytes.length; filled += more)
      more = readSync(file, bytes, filled, bytes.length - filled, null)
    if (filled <= mostBytes) return bytes.subarray(0, filled)
  } finally {
    closeSync(file)
  }
  throw new TaskqError(
    'invalid',
    `The env file ${path} is larger than ${mostBytes} bytes, too large for settings. Name the right file, or put long values into files and pass their paths.`,
  )
}

function whyUnread(path: string, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  switch (code) {
    case 'ENOENT':
      return `There is no env file ${path}. Check the path and the folder you are in.`
    case 'EISDIR':
      return `The env file ${path} is a folder. Name a file in it, such as ${path}/task.env.`
    case 'EACCES':
      return `The env file ${path} may not be read by you. Check who owns it and its rights.`
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return `The env file ${path} is no UTF-8 text. Save it as UTF-8.`
    default:
      return `The env file ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`
  }
}

function refusal(path: string, line: number, says: string): TaskqError {
  return new TaskqError('invalid', `${path}, line ${line}: ${says}`)
}
