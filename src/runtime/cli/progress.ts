import type { Clock } from '../queue/driver.ts'
import { countText } from '../terminal/amounts.ts'
import type { Output } from '../terminal/output.ts'

/** Tells people how far a long command is, after its first second. */
export interface Progress {
  readonly tell: (done: number) => Promise<void>
  /** Clears what was drawn. */
  readonly end: () => Promise<void>
}

const milliseconds = { quiet: 1_000, redraw: 200, line: 10_000 } as const

/** `what` follows the numbers: `12,000 of 1,000,000 dead tasks`. `total` is absent when unknown. */
export function showProgress(
  err: Output,
  clock: Clock,
  what: string,
  total: number | undefined,
): Progress {
  const live = err.isLive
  const between = live ? milliseconds.redraw : milliseconds.line
  let due = clock.monotonic() + milliseconds.quiet
  let drawn = false
  return {
    async tell(done) {
      const now = clock.monotonic()
      if (now < due) return
      due = now + between
      drawn = live
      // Some stores count roughly, and some go on being filled.
      const known = total !== undefined && total >= done
      const text = `${countText(done)}${known ? ` of ${countText(total)}` : ''} ${what}`
      await (live ? err.write(`\r\u001b[K${text}`) : err.line(text))
    },
    async end() {
      if (drawn) await err.write('\r\u001b[K')
    },
  }
}
