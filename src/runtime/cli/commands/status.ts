import { remaining } from '../../queue/counts.ts'
import type { Counts } from '../../queue/driver.ts'
import type { Queue } from '../../queue/queue.ts'
import { retentionNote, willExpire } from '../../queue/retention.ts'
import { countText, durationText } from '../../terminal/amounts.ts'
import type { Output } from '../../terminal/output.ts'
import { jsonLine, safe } from '../../terminal/safe.ts'
import { fitted } from '../../terminal/width.ts'
import type { Run } from '../catalogue.ts'
import { type Pace, paceOf, paceOfStore } from '../pace.ts'
import { paceForMachines, paceText } from '../pace-text.ts'
import { doneShare, knownTotal } from '../share.ts'
import type { Shell } from '../shell.ts'

/** `taskq status`: one look at the counts, or many with --watch. */
export const run: Run = async (shell, queue, { flags }) => {
  if (flags.watch || flags.interval !== undefined) {
    const { watch } = await import('../watch.ts')
    return await watch(shell, queue, { json: flags.json, intervalSeconds: flags.interval })
  }
  const { counts, pace } = await lookAt(queue, shell, flags.rate)
  const { out, err } = shell
  const counters = await queue.driver.counters?.read()
  if (flags.json) {
    const told = {
      ...countsForMachines(queue.url, counts),
      ...(pace && paceForMachines(pace)),
      ...counters,
    }
    await out.line(jsonLine(told))
  } else {
    for (const line of countLines(queue.url, counts, out)) await out.line(line)
    if (pace !== undefined && knownTotal(counts) !== 0)
      await out.line(`rate    ${paceText(counts, pace)}`)
    if (counters !== undefined) {
      const { inserted, completed } = counters
      await out.line(
        `as Python counts: inserted ${countText(inserted)}, completed ${countText(completed)}`,
      )
    }
  }
  const { settleSeconds, keptSeconds } = queue.driver.limits
  if (settleSeconds > 0)
    await err.line(`The store counts roughly; changes show within ${durationText(settleSeconds)}.`)
  if (remaining(counts) !== 0) {
    const text = expiryText(queue.url, keptSeconds, pace)
    if (text !== undefined) await err.line(safe(text))
  }
  return 'done'
}

/** What is to be said of tasks that are deleted for their age; their age itself nobody can ask for. */
function expiryText(
  url: string,
  keptSeconds: number | undefined,
  { secondsLeft }: Pace = {},
): string | undefined {
  if (keptSeconds !== undefined && secondsLeft !== undefined)
    if (willExpire({ keptSeconds, secondsLeft }))
      return `Warning: at this rate what is left takes ${durationText(secondsLeft)}, and ${url} deletes tasks that are ${durationText(keptSeconds)} old. Start more workers, or raise its retention.`
  return retentionNote(url, keptSeconds)
}

/** Between the two looks that a rate needs where the store tells none. */
const rateMilliseconds = 5000

/** The counts, and the rate where the store tells it at once or where it is asked for. */
async function lookAt(
  queue: Queue,
  { clock, signal }: Shell,
  rate: true | undefined,
): Promise<{ readonly counts: Counts; readonly pace: Pace | undefined }> {
  const sample = async () => ({ counts: await queue.counts(), milliseconds: clock.monotonic() })
  const first = await sample()
  const pace = await paceOfStore(queue, first.counts)
  if (pace !== undefined || rate === undefined) return { counts: first.counts, pace }
  await clock.sleep(rateMilliseconds, signal)
  const last = await sample()
  return { counts: last.counts, pace: paceOf([first, last]) }
}

/** The counts for programs; what is unknown is left out. */
export function countsForMachines(url: string, counts: Counts) {
  return { queue: url, ...counts, total: knownTotal(counts), donePercent: doneShare(counts) }
}

/** The counts for people, a line a state; `columns` is where the queue's name is cut. */
export function countLines(
  url: string,
  counts: Counts,
  out: Output,
  columns = Number.POSITIVE_INFINITY,
): readonly string[] {
  const { ready, delayed, leased, done, dead } = counts
  const total = knownTotal(counts)
  const texts = [ready, delayed, leased, done, dead, total].map(countText)
  const width = Math.max(...texts.map(text => text.length))
  const line = (name: string, at: number) => `${name.padEnd(8)}${(texts[at] ?? '').padStart(width)}`
  const deadLine = line('dead', 4)
  return [
    out.style('bold', fitted(safe(url), columns)),
    line('ready', 0),
    line('delayed', 1),
    line('leased', 2),
    line('done', 3),
    dead === undefined || dead === 0 ? deadLine : out.style('red', deadLine),
    `${line('total', 5)}${shareText(counts)}`,
  ]
}

/** `  73.7 % done`; nothing where there are no tasks. */
export function shareText(counts: Counts): string {
  if (knownTotal(counts) === 0) return ''
  const share = doneShare(counts)
  return share === undefined ? '  share done unknown' : `  ${share.toFixed(1)} % done`
}
