import { appendFile, mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { TaskqError } from '../queue/errors.ts'
import type { JsonObject } from '../queue/json.ts'
import { openQueue } from '../queue/open.ts'
import { Spool } from './spool.ts'
import { summaryOf, summarySeconds } from './summary.ts'
import type { Told } from './told.ts'
import type { Watcher } from './watcher.ts'

/** Whose events are written, and which. */
export interface EventsOptions {
  readonly worker: string
  readonly host: string
  /** Whether each completed task is an event. */
  readonly completed: 'no' | 'yes'
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly tell: (told: Told) => void
}

/** What stands in every event beside its own fields. */
interface Written extends Readonly<Record<string, unknown>> {
  readonly time: string
  readonly worker: string
  readonly host: string
}

/** Adds events to a file, a line of JSON each; several workers may share it. */
export async function eventsFile(path: string, options: EventsOptions): Promise<Watcher> {
  const file = resolve(path)
  try {
    await mkdir(dirname(file), { recursive: true })
    await appendFile(file, '')
  } catch (cause) {
    throw new TaskqError(
      'invalid',
      `The events file ${file} cannot be written: ${String(cause)}. Name another in TQ_EVENTS_FILE.`,
      { cause },
    )
  }
  const spool = new Spool<string>({
    write: lines => appendFile(file, lines.join('')),
    bytesOf: line => line.length,
    onLost: tellLost(options, `events are missing in ${file}`),
  })
  return events(
    options,
    event => spool.add(`${JSON.stringify(event)}\n`),
    () => spool.close(),
  )
}

/** Sends events to a queue of ours, as the parameters of a task each. */
export async function eventsQueue(
  url: string,
  workedOn: string,
  options: EventsOptions,
): Promise<Watcher> {
  const queue = await openQueue(url)
  if (queue.url === workedOn) {
    await queue.close()
    throw new TaskqError(
      'invalid',
      `TQ_EVENTS_QUEUE is ${url}, the queue that is worked on: its events would become tasks. Name another.`,
    )
  }
  const begun = options.now()
  let sent = 0
  const spool = new Spool<Written>({
    async write(written) {
      await queue.insert(
        written.map(event => {
          sent += 1
          const id = `${options.worker}-${begun}-${sent}`
          // By its text, so that a number is what a reader of the file would get.
          return { id, params: JSON.parse(JSON.stringify(event)) as JsonObject }
        }),
      )
    },
    bytesOf: event => JSON.stringify(event).length,
    onLost: tellLost(options, `events are missing in ${queue.url}`),
  })
  return events(
    options,
    event => spool.add(event),
    async () => {
      await spool.close()
      await queue.close()
    },
  )
}

function events(
  { worker, host, completed, now }: EventsOptions,
  add: (event: Written) => void,
  close: () => Promise<void>,
): Watcher {
  const write = (told: Told) => {
    // What tasks say is for logs, which are limited in size; here is what became of them.
    if (told.event === 'output' || told.event === 'task-log' || told.event === 'task-progress')
      return
    const { event, ...fields } = told
    const { output: _, ...kept } = fields as typeof fields & { readonly output?: string }
    add({ time: new Date(now()).toISOString(), event, worker, host, ...kept })
  }
  return {
    hear: write,
    ...(completed === 'yes' && {
      left: ({ seconds, ...run }) => {
        if (seconds !== undefined) write({ event: 'task-completed', ...run, seconds })
      },
    }),
    look: { everySeconds: summarySeconds, take: look => write(summaryOf(look)) },
    close,
  }
}

function tellLost({ tell }: EventsOptions, what: string): (count: number, why: string) => void {
  return (count, why) => tell({ event: 'watch-trouble', what: `${count} ${what}`, reason: why })
}
