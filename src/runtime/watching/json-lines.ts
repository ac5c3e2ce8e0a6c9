import type { Logger } from 'pino'
import { safeLines } from '../terminal/safe.ts'
import type { Screen } from './screen.ts'
import { sentenceOf } from './sentences.ts'
import { summaryOf, summarySeconds } from './summary.ts'
import { levelOf, type Told } from './told.ts'
import type { Watcher } from './watcher.ts'

/** What may wait for a reader that takes its time. */
const mostWaiting = 8 * 2 ** 20
/** By then the first runner is on its way. */
const loadMilliseconds = 25
/** Google Cloud shows a line's level by this name. */
const severities = { info: 'INFO', warn: 'WARNING', error: 'ERROR' } as const

/**
 * For pipes and pods: one JSON object a line, a summary each minute. A reader that is too slow misses
 * lines and is told how many; the work does not wait for it.
 */
export function jsonLines(screen: Screen, worker: string): Watcher {
  const waiting: Told[] = []
  let unread = 0
  let logger: Logger | undefined
  const write = (told: Told) => {
    if (logger === undefined) {
      waiting.push(told)
      return
    }
    if ((screen.writableLength ?? 0) > mostWaiting) {
      unread += 1
      return
    }
    if (unread > 0) {
      const reason = `${unread} lines were left out, they were not read fast enough`
      unread = 0
      write({ event: 'watch-trouble', what: 'its output is incomplete', reason })
    }
    const level = levelOf(told)
    logger[level]({ severity: severities[level], worker, ...told }, sentenceOf(told) ?? told.event)
  }
  let loaded: Promise<void> | undefined
  const load = () => {
    loaded ??= loggerTo(screen).then(made => {
      logger = made
      for (const told of waiting.splice(0)) write(told)
    })
    return loaded
  }
  // It takes 20 ms: spent while the first runner starts, not before; what happens meanwhile is kept.
  const timer = setTimeout(() => void load(), loadMilliseconds)
  return {
    hear: seldomProgress(write),
    look: { everySeconds: summarySeconds, take: look => write(summaryOf(look)) },
    async close() {
      clearTimeout(timer)
      await load()
    },
  }
}

/** Passes on what is told, of progress at most one a second. */
function seldomProgress(
  pass: (told: Told) => void,
  now = () => performance.now(),
): (told: Told) => void {
  let last = Number.NEGATIVE_INFINITY
  return told => {
    if (told.event === 'task-progress') {
      if (now() - last < 1000) return
      last = now()
    }
    pass(told)
  }
}

async function loggerTo(screen: Screen): Promise<Logger> {
  const { pino, stdTimeFunctions } = await import('pino')
  return pino(
    {
      // What names the worker stands in each line, once.
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: level => ({ level }) },
    },
    // JSON leaves some of what steers a terminal as it is, and lines of pods are read in one.
    { write: text => void screen.write(safeLines(text)) },
  )
}
