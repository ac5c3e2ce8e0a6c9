import {
  flagOf,
  readBytes,
  readTable,
  type Setting,
  type SettingSource,
  type Values,
  whole,
} from '../worker/settings.ts'

/** How a worker shows itself: a live screen in a terminal and JSON lines elsewhere, or as told. */
const logFormats = ['auto', 'pretty', 'json'] as const

/** Of which tasks the output is kept. */
const keptLogs = ['failed', 'all', 'none'] as const

/** Every setting of `taskq work` that says how it is watched. */
export const watchSettings = {
  logFormat: choice(
    'TQ_LOG_FORMAT',
    'sentences for people, JSON for programs, or by whether it is a terminal',
    logFormats,
  ),
  keepLogs: choice('TQ_KEEP_LOGS', 'of which tasks the output is kept for taskq logs', keptLogs),
  logDir: text(
    'TQ_LOG_DIR',
    'where kept output goes; else beside the queue',
    'a folder or the address of a store',
  ),
  logLimit: {
    name: 'TQ_LOG_LIMIT',
    flag: '--log-limit',
    help: 'about how much output the folder keeps; the oldest goes first',
    range: '32Mi to 16Ti',
    fallback: () => 256 * 2 ** 20,
    read: readBytes,
  },
  eventsFile: text('TQ_EVENTS_FILE', 'what happens is added there as JSON lines', 'a file'),
  eventsQueue: text('TQ_EVENTS_QUEUE', 'what happens is sent there, a task each', 'a queue'),
  eventsCompleted: choice(
    'TQ_EVENTS_COMPLETED',
    'whether each completed task is an event as well',
    ['no', 'yes'],
  ),
  metricsPort: optional(
    whole(
      'TQ_METRICS_PORT',
      'port of /metrics (Prometheus) and /healthz; 0: any',
      () => 0,
      [0, 65_535],
    ),
  ),
  metricsHost: {
    ...text('TQ_METRICS_HOST', 'address of that port; 0.0.0.0 in a pod', 'an address'),
    range: 'an address',
    fallback: () => '127.0.0.1',
  },
  heartbeatFile: text('TQ_HEARTBEAT_FILE', 'touched while the worker is well', 'a file'),
} as const satisfies Record<string, Setting<unknown>>

/** How a worker is watched, validated. */
export type WatchSettings = Values<typeof watchSettings>

/** Reads them; the first source that has a value wins. Throws `invalid`. */
export function readWatchSettings(sources: readonly SettingSource[]): WatchSettings {
  return readTable(watchSettings, sources)
}

function choice<const Choice extends string>(
  name: Setting<Choice>['name'],
  help: string,
  choices: readonly [Choice, ...Choice[]],
): Setting<Choice> {
  const read = (given: string) => choices.find(one => one === given)
  const [first] = choices
  return { name, flag: flagOf(name), help, range: choices.join(', '), fallback: () => first, read }
}

function text(
  name: Setting<string>['name'],
  help: string,
  range: string,
): Setting<string | undefined> {
  const read = (given: string) => (given === '' || given === 'none' ? undefined : given)
  const fallback = (): string | undefined => undefined
  return { name, flag: flagOf(name), help, range: `${range}, or none`, fallback, read }
}

function optional(setting: Setting<number>): Setting<number | undefined> {
  return { ...setting, range: `${setting.range}, or none`, fallback: () => undefined }
}
