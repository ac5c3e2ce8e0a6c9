import type { ExitName } from '../config/exit-codes.ts'
import type { Counts } from '../queue/driver.ts'
import type { Queue } from '../queue/queue.ts'
import { jsonLine } from '../terminal/safe.ts'
import { fitted } from '../terminal/width.ts'
import { countLines, countsForMachines, shareText } from './commands/status.ts'
import { type Pace, paceOf, paceOfStore, type Sample, withSample } from './pace.ts'
import { paceForMachines, paceText } from './pace-text.ts'
import type { Shell } from './shell.ts'

/** How a queue is watched. */
export interface WatchRequest {
  readonly json: true | undefined
  /** Default 2. */
  readonly intervalSeconds: number | undefined
}

/**
 * Shows the counts again and again until the signal, whose reason it throws, or until nobody reads:
 * drawn over in a terminal, a line each time elsewhere.
 */
export async function watch(
  { out, clock, signal }: Shell,
  queue: Queue,
  { json, intervalSeconds = 2 }: WatchRequest,
): Promise<ExitName> {
  const live = out.isLive && json !== true
  let samples: readonly Sample[] = []
  let drawn = 0
  while (out.isOpen) {
    signal.throwIfAborted()
    const counts = await queue.counts()
    samples = withSample(samples, { milliseconds: clock.monotonic(), counts })
    const pace = (await paceOfStore(queue, counts)) ?? paceOf(samples)
    const at = new Date(clock.now())
    if (json) await out.line(jsonLine(forMachines(queue.url, counts, pace, at)))
    else if (live) {
      // A line that is too long would be two and upset the next drawing.
      const { columns } = out
      const last = fitted(paceText(counts, pace), columns)
      const lines = [...countLines(queue.url, counts, out, columns), last]
      await out.write(frame(lines, drawn))
      drawn = lines.length
    } else await out.line(plainLine(counts, pace, at))
    await clock.sleep(intervalSeconds * 1000, signal)
  }
  return 'done'
}

function forMachines(url: string, counts: Counts, pace: Pace, at: Date) {
  return {
    at: at.toISOString(),
    ...countsForMachines(url, counts),
    ...paceForMachines(pace),
  }
}

/** The lines over those drawn before. */
function frame(lines: readonly string[], drawn: number): string {
  const up = drawn === 0 ? '' : `\r\u001b[${drawn}A`
  return `${up}\u001b[J${lines.join('\n')}\n`
}

function plainLine(counts: Counts, pace: Pace, at: Date): string {
  const { ready, delayed, leased, done, dead } = counts
  const parts = Object.entries({ ready, delayed, leased, done, dead }).map(
    ([name, count]) => `${name} ${count ?? 'unknown'}`,
  )
  return `${at.toTimeString().slice(0, 8)}  ${parts.join('  ')}${shareText(counts)}  ${paceText(counts, pace)}`
}
