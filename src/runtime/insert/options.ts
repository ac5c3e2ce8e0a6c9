import { priorities } from '../queue/checks.ts'
import type { Headers } from '../queue/driver.ts'
import { TaskqError } from '../queue/errors.ts'
import type { Encoding } from './encoder.ts'
import type { Selection } from './select.ts'
import { parseCondition } from './where.ts'

/** An option of `taskq insert` as data, for a command line to be made of. */
export interface InsertOptionSpec {
  readonly flags: string
  readonly says: string
  /** Whether it may be given several times. */
  readonly repeats?: true
}

/** Every option of `taskq insert`. */
export const insertOptions = {
  table: { flags: '--table <path>', says: 'the table, instead of TASK_PARAMETER_FILENAME' },
  queue: { flags: '-q, --queue <url>', says: 'the queue, instead of TASKQUEUE_PATH' },
  task: { flags: '--task <path>', says: 'the task file (default: task.ts, where there is one)' },
  key: {
    flags: '--key <columns>',
    says: 'make ids of these columns, by comma, not of row numbers',
  },
  columns: { flags: '--columns <columns>', says: 'give tasks only these columns, by comma' },
  where: {
    flags: '--where <condition>',
    says: 'only rows such as "score > 0.5"; = != < <= > >=',
    repeats: true,
  },
  sample: { flags: '--sample <number>', says: 'so many rows at random, the same ones each time' },
  offset: { flags: '--offset <number>', says: 'leave out so many rows at the start' },
  limit: { flags: '-n, --limit <number>', says: 'at most so many rows' },
  priority: {
    flags: '--priority <number>',
    says: `${priorities.lowest} to ${priorities.highest}, higher first (default: 0)`,
  },
  delay: { flags: '--delay <seconds>', says: 'hold the tasks back for so long' },
  failedOf: {
    flags: '--failed-of <queue>',
    says: 'insert the dead tasks of that queue instead of a table',
  },
  dryRun: { flags: '--dry-run', says: 'show what would be inserted, insert nothing' },
  again: { flags: '--again', says: 'insert finished and dead tasks anew; asks first' },
  yes: { flags: '-y, --yes', says: 'do not ask' },
  json: { flags: '--json', says: 'print JSON, one object a line' },
} as const satisfies Record<string, InsertOptionSpec>

/** The options as a command line gives them: text as typed. */
export interface InsertFlags {
  readonly table?: string
  readonly queue?: string
  readonly task?: string
  readonly key?: string
  readonly columns?: string
  readonly where?: readonly string[]
  readonly sample?: string
  readonly offset?: string
  readonly limit?: string
  readonly priority?: string
  readonly delay?: string
  readonly failedOf?: string
  readonly dryRun?: boolean
  readonly again?: boolean
  readonly yes?: boolean
  readonly json?: boolean
}

/** The options understood. */
export interface InsertSettings {
  readonly selection: Selection
  readonly encoding: Encoding
}

/** Understands the options; each that is wrong is refused with a sentence. */
export function readFlags(flags: InsertFlags): InsertSettings {
  const { where, sample, offset, limit, key, columns } = flags
  const headers = headersOf(flags)
  return {
    selection: {
      ...(where !== undefined && { where: where.map(parseCondition) }),
      ...(sample !== undefined && { sample: whole('--sample', sample, 1, most) }),
      ...(offset !== undefined && { offset: whole('--offset', offset, 0, most) }),
      ...(limit !== undefined && { limit: whole('--limit', limit, 1, most) }),
    },
    encoding: {
      ...(key !== undefined && { key: columnNames('--key', key) }),
      ...(columns !== undefined && { columns: columnNames('--columns', columns) }),
      ...(headers !== undefined && { headers }),
    },
  }
}

const most = Number.MAX_SAFE_INTEGER
const longestDelay = 366 * 86_400

function headersOf({ priority, delay }: InsertFlags): Headers | undefined {
  if (priority === undefined && delay === undefined) return undefined
  const { lowest, highest } = priorities
  return {
    ...(priority !== undefined && { priority: whole('--priority', priority, lowest, highest) }),
    ...(delay !== undefined && { delaySeconds: seconds('--delay', delay) }),
  }
}

function whole(flag: string, text: string, least: number, highest: number): number {
  const value = Number(text)
  if (/^[+-]?\d{1,16}$/.test(text.trim()) && value >= least && value <= highest) return value
  const range = highest === most ? `from ${least}` : `from ${least} to ${highest}`
  throw usage(`${flag} takes a whole number ${range}, not ${JSON.stringify(text)}.`)
}

function seconds(flag: string, text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && value <= longestDelay) return value
  throw usage(`${flag} takes seconds, from 0 to ${longestDelay}, not ${JSON.stringify(text)}.`)
}

/** Names by comma; one that holds a comma is written in quotes. */
export function columnNames(flag: string, text: string): readonly string[] {
  const found = text.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).map(part => part.trim())
  if (found.includes(''))
    throw usage(`${flag} takes names of columns by comma, not ${JSON.stringify(text)}.`)
  return found.map(name => (/^".*"$/s.test(name) ? name.slice(1, -1) : name))
}

function usage(message: string): TaskqError {
  return new TaskqError('invalid', message)
}
