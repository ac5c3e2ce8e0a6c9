import type { WorkEvent } from './events.ts'
import { type Look, leftOf } from './look.ts'
import type { WorkSummary } from './work-options.ts'

/** Where a worker shows itself. */
export interface Display {
  readonly event: (event: WorkEvent) => void
  readonly look: (look: Look) => void
  readonly end: (summary: WorkSummary) => void
  /** How often it wants a look, in seconds. */
  readonly everySeconds: number
}

/** The part of a stream that is used here. */
export interface Screen {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** For people: one line that stays at the bottom, what happens above it. */
export function terminalDisplay(screen: Screen): Display {
  let line = ''
  const show = (text: string) => {
    screen.write(`\r\u001b[K${text}${line}`)
  }
  return {
    everySeconds: 0.5,
    event(event) {
      const text = sentenceOf(event)
      if (text !== undefined) show(`${printable(text)}\n`)
    },
    look(look) {
      line = statusLine(look).slice(0, (screen.columns ?? 80) - 1)
      show('')
    },
    end(summary) {
      line = ''
      show(`${lastLine(summary)}\n`)
    },
  }
}

/** For pipes and pods: one JSON object a line, a summary each minute. */
export function linesDisplay(screen: Screen, now: () => Date = () => new Date()): Display {
  const write = (fields: object) => {
    screen.write(`${JSON.stringify({ time: now().toISOString(), ...fields })}\n`)
  }
  return {
    everySeconds: 60,
    event: write,
    look({ report, inFlight, counts, perSecond, secondsLeft, slowestSeconds, memoryBytes }) {
      const { done, dead, retried, released, lost, failures } = report
      const rates = { perSecond: round(perSecond), secondsLeft: secondsLeft && round(secondsLeft) }
      const run = { done, dead, retried, released, lost, failures }
      write({
        event: 'summary',
        ...run,
        ...rates,
        inFlight,
        slowestSeconds,
        memoryBytes,
        queue: counts,
      })
    },
    end: summary => write({ event: 'ended', ...summary }),
  }
}

/** `1,234 done, 5,678 left, 2 dead | 950/s, 6 s to go | 200 in flight, slowest 1.2 s | 85 MB`. */
export function statusLine(look: Look): string {
  const { report, counts, perSecond, secondsLeft, inFlight, slowestSeconds, memoryBytes } = look
  const left = leftOf(counts)
  const amounts = [
    `${amount(counts?.done ?? report.done)} done`,
    ...(left === undefined ? [] : [`${amount(left)} left`]),
    `${amount(counts?.dead ?? report.dead)} dead`,
  ]
  const pace = [
    `${amount(perSecond)}/s`,
    ...(secondsLeft === undefined ? [] : [`${duration(secondsLeft)} to go`]),
  ]
  const now = [`${amount(inFlight)} in flight`, `slowest ${duration(slowestSeconds)}`]
  return [amounts, pace, now, [`${Math.round(memoryBytes / 1e6)} MB`]]
    .map(part => part.join(', '))
    .join(' | ')
}

function sentenceOf(event: WorkEvent): string | undefined {
  switch (event.event) {
    case 'started':
      return `Worker ${event.worker} works on ${event.queue}.`
    case 'task-failed': {
      const { task, attempt, reason, againAfterSeconds } = event
      const next =
        againAfterSeconds === undefined ? 'dead' : `again in ${duration(againAfterSeconds)}`
      return `Task ${task}, attempt ${attempt}: ${reason} (${next})`
    }
    case 'lease-lost':
      return `Task ${event.task}: its lease was lost; what comes of this run does not count.`
    case 'task-slow':
      return `Task ${event.task} has run ${duration(event.seconds)}; half of the others take less than ${duration(event.medianSeconds)}.`
    case 'task-log':
      return `Task ${event.task}: ${event.message}`
    case 'task-progress':
      return undefined
    case 'output':
      return event.task === undefined
        ? event.text.trimEnd()
        : `Task ${event.task}: ${event.text.trimEnd()}`
    case 'store-trouble':
      return `PAUSED: ${event.reason}`
    case 'store-recovered':
      return `The queue answers again after ${duration(event.seconds)}; going on.`
    case 'stopping':
      return `Stopping: ${event.reason}.`
  }
}

function lastLine({
  end,
  reason,
  done,
  dead,
  retried,
  released,
  lost,
  seconds,
}: WorkSummary): string {
  const parts = [`${amount(done)} done`, `${amount(dead)} dead`, `${amount(retried)} retried`]
  if (released > 0) parts.push(`${amount(released)} handed back`)
  if (lost > 0) parts.push(`${amount(lost)} lost to others`)
  const why = reason === undefined ? end : `STOPPED: ${printable(reason)}`
  return `${parts.join(', ')} in ${duration(seconds)} (${why}).`
}

/** Without what could move the cursor, change colours or ring: task output is foreign text. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
}

function amount(value: number): string {
  const rounded = value >= 100 || Number.isInteger(value) ? Math.round(value) : round(value)
  return rounded.toLocaleString('en-US')
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 120) return `${round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
