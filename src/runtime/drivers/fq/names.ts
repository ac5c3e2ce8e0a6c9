import { createHash } from 'node:crypto'

/**
 * The names of files: `<stamp>--<key>.json`.
 *
 * stamp  whole seconds since 1970 until which the task is away; 0: never leased
 * key    what names the task on disk: its id where that is a UUID, else a UUID made of the id
 */
export interface TaskName {
  readonly stamp: number
  readonly key: string
}

/** Later stamps are milliseconds by mistake: as seconds they lie beyond the year 5000. */
const latestStamp = 99_999_999_999

/** With a stamp, a longer key would be no name that a file system takes. */
const longestKey = 200

const namePattern = /^(0|[1-9]\d*)--([A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*)\.json$/
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The parts of a name in the queue's folder; `undefined` for what is no task. */
export function parseName(file: string): TaskName | undefined {
  const [, digits, key] = namePattern.exec(file) ?? []
  if (digits === undefined || key === undefined || digits.length > 14) return undefined
  if (key.length > longestKey) return undefined
  return { stamp: Number(digits), key }
}

/** The name of a task's file. */
export function nameOf(key: string, stamp: number): string {
  return `${stamp}--${key}.json`
}

/** Until when a task is away, in seconds: a stamp in milliseconds, which no program of ours writes, is read as what it means. */
export function secondsOf(stamp: number): number {
  return stamp > latestStamp ? Math.floor(stamp / 1000) : stamp
}

/** What names a task on disk: the same for the same id, so that inserting again adds nothing. */
export function keyOf(id: string): string {
  if (uuidPattern.test(id)) return id
  const known = keys.get(id)
  if (known !== undefined) return known
  const hex = createHash('sha256').update(id).digest('hex')
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) & 3]
  const key = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  if (keys.size >= 10_000) keys.clear()
  keys.set(id, key)
  return key
}

// A task's id is asked for at every step of its life: hashing it once saves a microsecond each time.
const keys = new Map<string, string>()

/** Whether a file of this key may hold the task of this id. */
export function isKeyOf(key: string, id: string): boolean {
  return key === id || key === keyOf(id)
}

/** The proof of one lease: the name that it gave the file, and which life of the queue that was in. */
export interface Token extends TaskName {
  readonly epoch: string
}

/** The text of a token. */
export function writeToken({ stamp, key, epoch }: Token): string {
  return `${stamp}--${key}.${epoch}`
}

/** The token that `writeToken` wrote; `undefined` for anything else. */
export function readToken(text: string): Token | undefined {
  const dot = text.lastIndexOf('.')
  const name = parseName(`${text.slice(0, Math.max(0, dot))}.json`)
  return name === undefined ? undefined : { ...name, epoch: text.slice(dot + 1) }
}
