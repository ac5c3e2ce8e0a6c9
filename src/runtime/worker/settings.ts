import { availableParallelism } from 'node:os'
import { TaskqError } from '../queue/errors.ts'
import { type CodeCheckMode, codeChecks } from './code-check.ts'
import { failureKinds } from './retry.ts'
import { type SpotSource, spotSources } from './spot-source.ts'

/** One setting of the worker, as data: read from the environment or a flag, shown in help and docs. */
export interface Setting<Value> {
  readonly name: `TQ_${string}`
  readonly flag: `--${string}`
  readonly help: string
  /** What is taken, for people: `1 to 43200 seconds`. */
  readonly range: string
  readonly fallback: () => Value
  /** `undefined` for text that is out of range. */
  readonly read: (text: string) => Value | undefined
}

/** Where user code runs: reused processes, one process a task, threads of a process, or the worker itself. */
export const isolations = ['process', 'fresh', 'thread', 'none'] as const
export type Isolation = (typeof isolations)[number]

/** Every setting of the worker. */
export const workerSettings = {
  isolation: {
    name: 'TQ_ISOLATION',
    flag: '--isolation',
    help: 'where tasks run: in processes that are reused, in a fresh process each, in threads of shared processes, or in the worker itself (a task can then stop it)',
    range: isolations.join(', '),
    fallback: (): Isolation => 'process',
    read: text => isolations.find(one => one === text),
  },
  concurrency: whole('TQ_CONCURRENCY', 'runners at the same time', availableParallelism, [1, 4096]),
  asyncPerRunner: whole(
    'TQ_ASYNC_PER_RUNNER',
    'tasks at the same time in one runner, for tasks that mostly wait',
    () => 1,
    [1, 10_000],
  ),
  taskTimeoutSeconds: seconds(
    'TQ_TASK_TIMEOUT_SECONDS',
    'how long one run may take before it is aborted and then killed',
    3600,
    [0.05, 2_592_000],
  ),
  memoryLimit: {
    name: 'TQ_MEMORY_LIMIT',
    flag: '--memory-limit',
    help: 'memory of one runner, such as 800Mi or 2Gi; a runner above it is killed',
    range: '32Mi to 16Ti, or none',
    fallback: (): number | undefined => undefined,
    read: readBytes,
  },
  maxAttempts: whole('TQ_MAX_ATTEMPTS', 'runs a task has before it is dead', () => 5, [1, 1000]),
  retryOn: {
    name: 'TQ_RETRY_ON',
    flag: '--retry-on',
    help: 'kinds of failure that are worth another run',
    range: `${failureKinds.join(',')} in any choice, or none`,
    fallback: (): readonly (typeof failureKinds)[number][] => failureKinds,
    read: readKinds,
  },
  stopAfterFailures: whole(
    'TQ_STOP_AFTER_FAILURES',
    'failures in a row after which the worker stops, for then it is not the tasks; 0: never',
    () => 100,
    [0, 1_000_000_000],
  ),
  shutdownGraceSeconds: seconds(
    'TQ_SHUTDOWN_GRACE_SECONDS',
    'how long running tasks may go on once the worker is told to stop',
    30,
    [0, 86_400],
  ),
  leaseSeconds: seconds(
    'TQ_LEASE_SECONDS',
    'how long a task stays away when its worker dies; renewed while it runs',
    300,
    [0.2, 43_200],
  ),
  recycleAfter: whole(
    'TQ_RECYCLE_AFTER',
    'tasks after which a runner is replaced by a fresh one; 0: never',
    () => 0,
    [0, 1_000_000_000],
  ),
  recycleAbove: {
    name: 'TQ_RECYCLE_ABOVE',
    flag: '--recycle-above',
    help: 'memory of one runner above which it is replaced once it has nothing to do',
    range: '32Mi to 16Ti, or none',
    fallback: (): number | undefined => undefined,
    read: readBytes,
  },
  codeCheck: {
    name: 'TQ_CODE_CHECK',
    flag: '--code-check',
    help: 'tasks inserted with other code are run with a warning, handed back uncharged, or not looked at',
    range: codeChecks.join(', '),
    fallback: (): CodeCheckMode => 'warn',
    read: text => codeChecks.find(one => one === text),
  },
  spotNotices: {
    name: 'TQ_SPOT_NOTICES',
    flag: '--spot-notices',
    help: 'where to hear that this machine is taken away; auto asks once whether it is one of AWS or Google',
    range: spotSources.join(', '),
    fallback: (): SpotSource => 'auto',
    read: text => spotSources.find(one => one === text),
  },
  spotEndpoint: {
    name: 'TQ_SPOT_ENDPOINT',
    flag: '--spot-endpoint',
    help: 'the metadata server that is asked for it',
    range: 'an http URL',
    fallback: () => 'http://169.254.169.254',
    read: text => (/^http:\/\/[^/\s]+\/?$/.test(text) && URL.canParse(text) ? text : undefined),
  },
} as const satisfies Record<string, Setting<unknown>>

/** The values of a table of settings. */
export type Values<Table extends Record<string, Setting<unknown>>> = {
  readonly [Name in keyof Table]: ReturnType<Table[Name]['fallback']>
}

/** The worker's settings, validated. */
export type WorkerSettings = Values<typeof workerSettings>

/** Text of settings by their names, and what to call the place it came from: `config/task.env line 3`. */
export interface SettingSource {
  readonly values: Readonly<Record<string, string | undefined>>
  readonly place: (name: string) => string
}

/** The process's own environment as a source. */
export function environmentSource(env: NodeJS.ProcessEnv): SettingSource {
  return { values: env, place: () => 'the environment' }
}

/** Reads every setting; the first source that has a value wins. Throws `invalid`. */
export function readSettings(sources: readonly SettingSource[]): WorkerSettings {
  return readTable(workerSettings, sources)
}

/** Reads the settings of one table. Throws `invalid`. */
export function readTable<Table extends Record<string, Setting<unknown>>>(
  table: Table,
  sources: readonly SettingSource[],
): Values<Table> {
  const entries = Object.entries(table).map(([key, setting]) => [
    key,
    readSetting(setting, sources),
  ])
  return Object.fromEntries(entries) as Values<Table>
}

function readSetting(setting: Setting<unknown>, sources: readonly SettingSource[]): unknown {
  const source = sources.find(({ values }) => values[setting.name] !== undefined)
  if (source === undefined) return setting.fallback()
  const text = (source.values[setting.name] ?? '').trim()
  const value = setting.read(text)
  if (value !== undefined || (text === 'none' && setting.fallback() === undefined)) return value
  throw new TaskqError(
    'invalid',
    `${setting.name} is "${text}" in ${source.place(setting.name)}; it takes ${setting.range} (${setting.help}). Correct it or leave it out.`,
  )
}

/** A setting that takes a whole number. */
export function whole(
  name: Setting<number>['name'],
  help: string,
  fallback: () => number,
  [least, most]: readonly [number, number],
): Setting<number> {
  const read = (text: string) => inRange(text, /^\d+$/, least, most)
  return {
    name,
    flag: flagOf(name),
    help,
    range: `a whole number from ${least} to ${most}`,
    fallback,
    read,
  }
}

function seconds(
  name: Setting<number>['name'],
  help: string,
  fallback: number,
  [least, most]: readonly [number, number],
): Setting<number> {
  const read = (text: string) => inRange(text, /^\d+(\.\d+)?$/, least, most)
  const range = `${least} to ${most} seconds`
  return { name, flag: flagOf(name), help, range, fallback: () => fallback, read }
}

function inRange(text: string, form: RegExp, least: number, most: number): number | undefined {
  const value = Number(text)
  return form.test(text) && value >= least && value <= most ? value : undefined
}

/** `TQ_MAX_ATTEMPTS` is `--max-attempts`. */
export function flagOf(name: string): `--${string}` {
  return `--${name.slice(3).toLowerCase().replaceAll('_', '-')}`
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
}

/** As Kubernetes writes quantities. */
export function readBytes(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]i?)?$/.exec(text) ?? []
  const bytes = Number(digits) * (units[unit] ?? Number.NaN)
  return bytes >= 32 * 2 ** 20 && bytes <= 16 * 2 ** 40 ? bytes : undefined
}

function readKinds(text: string): readonly (typeof failureKinds)[number][] | undefined {
  const named = text === 'none' ? [] : text.split(',').map(one => one.trim())
  const known = failureKinds.filter(kind => named.includes(kind))
  return known.length === named.length ? known : undefined
}
