import type { Clock } from '../queue/driver.ts'
import { countText, durationText } from '../terminal/amounts.ts'
import type { InsertProgress } from './insert.ts'
import type { InsertOutput } from './io.ts'

/** Shows how far an insert is. */
export interface ProgressView {
  readonly tell: (progress: InsertProgress) => void
  /** Takes away what was drawn. */
  readonly end: () => Promise<void>
}

const milliseconds = { redraw: 200, line: 5_000, event: 1_000, window: 10_000 } as const

/**
 * A bar that is drawn over in a terminal, a line every five seconds elsewhere, an event every second
 * where `json` takes them.
 */
export function showProgress(
  err: InsertOutput,
  clock: Clock,
  json?: (event: object) => Promise<unknown>,
): ProgressView {
  const start = clock.monotonic()
  const rate = new Rate(start)
  const between =
    json !== undefined ? milliseconds.event : err.isLive ? milliseconds.redraw : milliseconds.line
  let due = start + (err.isLive && json === undefined ? 0 : between)
  let drawn = false
  let writing: Promise<unknown> = Promise.resolve()
  return {
    tell(progress) {
      const now = clock.monotonic()
      rate.note(now, progress.rows)
      if (now < due) return
      due = now + between
      const perSecond = rate.perSecond()
      drawn = err.isLive && json === undefined
      const write = () => {
        if (json !== undefined) return json({ event: 'progress', ...progress, perSecond })
        const { columns } = err
        return drawn
          ? err.write(`\r\u001b[K${barText(progress, perSecond, columns)}`)
          : err.line(lineText(progress, perSecond))
      }
      writing = writing.then(write)
    },
    async end() {
      await writing
      if (drawn) await err.write('\r\u001b[K')
    },
  }
}

/** One line of at most so many columns. */
export function barText(
  progress: InsertProgress,
  perSecond: number | undefined,
  columns: number,
): string {
  const { rows, total } = progress
  const words = lineText(progress, perSecond)
  const room = Math.min(columns, 80) - 1 - words.length - 3
  if (total === undefined || room < 10) return words.slice(0, columns - 1)
  const full = total === 0 ? room : Math.floor((rows / total) * room)
  return `[${'#'.repeat(full)}${'-'.repeat(room - full)}] ${words}`
}

function lineText({ rows, total }: InsertProgress, perSecond: number | undefined): string {
  const of = total === undefined ? '' : `/${countText(total)}`
  const rate = perSecond === undefined ? '' : `, ${countText(Math.round(perSecond))}/s`
  const left =
    total === undefined || perSecond === undefined || perSecond <= 0
      ? ''
      : `, ${durationText((total - rows) / perSecond)} left`
  return `${countText(rows)}${of}${rate}${left}`
}

/** The rate of the last seconds: skipping what is there goes faster than inserting. */
class Rate {
  #marks: { readonly at: number; readonly rows: number }[]

  constructor(start: number) {
    this.#marks = [{ at: start, rows: 0 }]
  }

  note(at: number, rows: number): void {
    this.#marks.push({ at, rows })
    const old = at - milliseconds.window
    const first = this.#marks.findIndex(mark => mark.at >= old)
    if (first > 1) this.#marks = this.#marks.slice(first - 1)
  }

  perSecond(): number | undefined {
    const first = this.#marks[0]
    const last = this.#marks.at(-1)
    if (first === undefined || last === undefined || last.at <= first.at) return undefined
    return ((last.rows - first.rows) / (last.at - first.at)) * 1000
  }
}
