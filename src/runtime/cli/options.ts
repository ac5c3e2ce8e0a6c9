import type { TaskState } from '../queue/driver.ts'
import { listedStates } from '../queue/states.ts'

/** An option of the command line as data; `read` throws a sentence for a value that is none. */
export interface OptionSpec {
  readonly flags: string
  readonly says: string
  readonly read?: (text: string) => unknown
}

/** Every option once; a command names those it takes. */
export const options = {
  queue: { flags: '-q, --queue <url>', says: 'the queue, such as sqlite:queue.db', read: asText },
  envFile: {
    flags: '-e, --env-file <path>',
    says: 'a file that sets TASKQUEUE_PATH',
    read: asText,
  },
  json: { flags: '--json', says: 'print JSON, one object a line' },
  watch: { flags: '-w, --watch', says: 'go on until Ctrl-C, with rate and time left' },
  rate: {
    flags: '--rate',
    says: 'with rate and time left also where that takes two looks, 5 s apart',
  },
  interval: {
    flags: '--interval <seconds>',
    says: 'watch, looking so often (default: 2)',
    read: asInterval,
  },
  state: {
    flags: '-s, --state <states>',
    says: `only these, by comma: ${listedStates.join(', ')}`,
    read: asStates,
  },
  limit: {
    flags: '-n, --limit <number>',
    says: 'at most so many, or "all" (default: 100, with --json all)',
    read: asLimit,
  },
  task: { flags: '--task <path>', says: 'the task file (default: task.ts)', read: asText },
  mend: { flags: '--mend', says: 'put right what can be' },
  dead: { flags: '--dead', says: 'dead tasks too, as waiting ones that start over' },
  leased: { flags: '--leased', says: 'leased tasks too, taken from whoever holds them' },
  worker: { flags: '--worker <id>', says: 'only what this worker holds', read: asText },
  dryRun: { flags: '--dry-run', says: 'say what would be done, and do nothing' },
  yes: { flags: '-y, --yes', says: 'do not ask' },
} as const satisfies Record<string, OptionSpec>

/** Names an option. */
export type OptionName = keyof typeof options

/** The options as given, each absent unless it was. */
export type Flags = {
  readonly [Name in OptionName]?: (typeof options)[Name] extends { read: (text: string) => infer T }
    ? T
    : true
}

function asText(text: string): string {
  if (text.trim() === '') throw new Error('It is empty.')
  return text
}

function asInterval(text: string): number {
  const seconds = Number(text)
  if (text.trim() !== '' && seconds >= 0.1 && seconds <= 86_400) return seconds
  throw new Error('Give seconds, from 0.1 to 86400.')
}

function asLimit(text: string): number {
  if (text === 'all') return Number.POSITIVE_INFINITY
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new Error('Give a whole number from 1, or all.')
}

function asStates(text: string): readonly TaskState[] {
  return text.split(',').map(name => {
    const state = listedStates.find(each => each === name.trim())
    if (state === undefined) throw new Error(`Known states: ${listedStates.join(', ')}.`)
    return state
  })
}
