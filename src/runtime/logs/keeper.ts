import { Spool } from '../watching/spool.ts'
import type { Told } from '../watching/told.ts'
import type { Watcher } from '../watching/watcher.ts'
import { joinText, type LogEntry, writeEntry } from './entry.ts'
import { type SegmentOptions, Segments } from './segments.ts'

/** What is kept of what tasks write, and where. */
export interface KeeperOptions extends SegmentOptions {
  /** Whether only the output of failed runs is kept; that of the others is forgotten when they end. */
  readonly keep: 'failed' | 'all'
  readonly tell: (told: Told) => void
}

/** Keeps what tasks write in the files of a folder, for `taskq logs`. */
export function logKeeper(options: KeeperOptions): Watcher {
  const { keep, worker, now, tell, folder } = options
  const segments = new Segments(options)
  const spool = new Spool<string>({
    write: lines => segments.write(lines),
    bytesOf: line => line.length,
    onLost: (count, why) =>
      tell({
        event: 'watch-trouble',
        what: `${count} lines of output are not kept in ${folder}`,
        reason: why,
      }),
  })
  const tellUnclosed = (error: unknown) =>
    tell({
      event: 'watch-trouble',
      what: `a file of output could not be completed in ${folder}`,
      reason: error instanceof Error ? error.message : String(error),
    })
  const texts = new Map<string, string>()
  const add = (entry: Omit<LogEntry, 'time' | 'worker'>) =>
    spool.add(writeEntry({ time: new Date(now()).toISOString(), worker, ...entry }))
  const note = (task: string, attempt: number, text: string) => {
    if (keep === 'all') add({ task, attempt, text })
    texts.set(task, `${texts.get(task) ?? ''}${text}`)
  }
  const end = (
    task: string,
    attempt: number,
    how: Pick<LogEntry, 'end' | 'reason'>,
    tail?: string,
  ) => {
    const own = texts.get(task) ?? ''
    texts.delete(task)
    const text = joinText(own, tail)
    // With `all` the pieces are there already; what came past them follows.
    const isNew = keep === 'failed' ? text !== '' : text !== own
    add({ task, attempt, ...(isNew && { text }), ...how })
  }
  return {
    hear(told) {
      if (told.event === 'output') {
        const { task, attempt, text } = told
        if (task !== undefined && attempt !== undefined) note(task, attempt, text)
      } else if (told.event === 'task-log') note(told.task, told.attempt, `${told.message}\n`)
      else if (told.event === 'lease-lost') texts.delete(told.task)
      else if (told.event === 'task-failed') {
        const { task, attempt, kind, reason, output } = told
        end(task, attempt, { end: kind, reason }, output)
      }
    },
    left({ task, attempt, seconds }) {
      if (texts.size === 0 || !texts.has(task)) return
      if (keep === 'all' && seconds !== undefined) end(task, attempt, { end: 'done' })
      else texts.delete(task)
    },
    ...(options.keepElsewhere !== undefined && {
      tick: { everySeconds: 10, act: () => void segments.closeOld().catch(tellUnclosed) },
    }),
    async close() {
      await spool.close()
      await segments.close()
    },
  }
}
