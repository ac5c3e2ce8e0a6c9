import type { TaskView } from '../queue/driver.ts'
import { pagesOf } from '../queue/pages.ts'
import type { Queue } from '../queue/queue.ts'
import { showProgress } from './progress.ts'
import type { Shell } from './shell.ts'

/** The code that tasks which are not done were inserted with. */
export interface WaitingCodes {
  /** Tasks of each code, the most first. */
  readonly codes: ReadonlyMap<string, number>
  /** Tasks that name no code: they are run wherever they come. */
  readonly without: number
}

/** Names of codes, ours and those that another program may give; anything else is nobody's hash. */
const nameOfCode = /^[\w.+-]{1,200}$/

/** Looks at every task that may still be run, dead ones too: they may be made ready again. */
export async function waitingCodes(
  { err, clock, signal }: Shell,
  queue: Queue,
): Promise<WaitingCodes> {
  const { ready = 0, delayed = 0, leased = 0, dead = 0 } = await queue.counts()
  const progress = showProgress(err, clock, 'tasks looked at', ready + delayed + leased + dead)
  const counts = new Map<string, number>()
  let seen = 0
  let without = 0
  try {
    const states = ['leased', 'ready', 'delayed', 'dead'] as const
    for await (const page of pagesOf(queue, { states, signal })) {
      for (const view of page) {
        const code = codeOf(queue, view)
        if (code === undefined) without += 1
        else counts.set(code, (counts.get(code) ?? 0) + 1)
      }
      seen += page.length
      await progress.tell(seen)
    }
  } finally {
    await progress.end()
  }
  const codes = new Map([...counts].toSorted(([, one], [, other]) => other - one))
  return { codes, without }
}

function codeOf(queue: Queue, view: TaskView): string | undefined {
  try {
    const code = queue.decode(view).meta['code']
    return typeof code === 'string' && nameOfCode.test(code) ? code : undefined
  } catch {
    // A body that cannot be read names no code; the worker that meets it says what is wrong.
    return undefined
  }
}
