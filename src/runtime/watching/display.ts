import { remaining } from '../queue/counts.ts'
import { stripped } from '../terminal/safe.ts'
import { amount, duration, memory } from './figures.ts'
import type { Look } from './look.ts'
import { LiveScreen, type Screen } from './screen.ts'
import { sentenceOf } from './sentences.ts'
import { summaryOf, summarySeconds } from './summary.ts'
import type { Told } from './told.ts'
import type { Watcher } from './watcher.ts'

const redrawSeconds = 0.5
/** How long a task's progress is shown after it was told. */
const progressMilliseconds = 10_000

/** For people at a terminal: two lines that stay at the bottom, what happens above them. */
export function terminalDisplay(screen: Screen, now = () => performance.now()): Watcher {
  const live = new LiveScreen(screen)
  let progress: { readonly text: string; readonly at: number } | undefined
  return {
    hear(told) {
      if (told.event === 'task-progress') {
        const text = `${stripped(told.task)} ${Math.floor(told.fraction * 100)} %`
        progress = { text, at: now() }
        return
      }
      if (told.event === 'ended') live.stay([])
      const text = sentenceOf(told)
      if (text !== undefined) live.pass(stripped(text))
      if (told.event === 'ended') live.flush()
    },
    look: {
      everySeconds: redrawSeconds,
      take(look) {
        const isFresh = progress !== undefined && now() - progress.at < progressMilliseconds
        live.stay(statusLines(look, isFresh ? progress?.text : undefined))
      },
    },
    close() {
      // What comes next, such as the reason of a fault, begins on a line of its own.
      live.stay([])
      live.flush()
      return Promise.resolve()
    },
  }
}

/** For people without a terminal that can be drawn over: sentences, and one each minute. */
export function plainDisplay(screen: Screen): Watcher {
  const hear = (told: Told) => {
    const text = sentenceOf(told)
    if (text !== undefined) screen.write(`${stripped(text)}\n`)
  }
  return { hear, look: { everySeconds: summarySeconds, take: look => hear(summaryOf(look)) } }
}

/**
 * `1,234 done, 5,678 left, 2 dead | 950/s, 6 s to go` and
 * `200 in flight, slowest 1.2 s | memory 85 + 310 MB | 1 slow: cell-17 5 min`.
 */
export function statusLines(look: Look, progress?: string): readonly string[] {
  const { report, counts, perSecond, secondsLeft, endsInSeconds } = look
  const { inFlight, slowestSeconds, slow } = look
  const left = counts && remaining(counts)
  const [slowest] = slow
  const amounts = [
    `${amount(counts?.done ?? report.done)} done`,
    ...(left === undefined ? [] : [`${amount(left)} left`]),
    `${amount(counts?.dead ?? report.dead)} dead`,
  ]
  const pace = [
    `${amount(perSecond)}/s`,
    ...(secondsLeft === undefined || endsInSeconds !== undefined
      ? []
      : [`${waitText(secondsLeft)} to go`]),
    ...(endsInSeconds === undefined
      ? []
      : [`ends in ${waitText(endsInSeconds)} unless a task comes`]),
  ]
  const now = [`${amount(inFlight)} in flight`, `slowest ${duration(slowestSeconds)}`]
  const sizes = `memory ${[look.memoryBytes, look.runnerBytes].map(memory).join(' + ')}`
  const odd =
    slowest === undefined
      ? []
      : [[`${slow.length} slow: ${stripped(slowest.task)} ${duration(slowest.seconds)}`]]
  const some = progress === undefined ? [] : [[progress]]
  return [
    [amounts, pace],
    [now, [sizes], ...odd, ...some],
  ].map(parts => parts.map(part => part.join(', ')).join(' | '))
}

function waitText(seconds: number): string {
  return seconds < 1 ? '< 1 s' : duration(seconds)
}
