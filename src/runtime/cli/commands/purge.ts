import type { Counts } from '../../queue/driver.ts'
import { TaskqError } from '../../queue/errors.ts'
import type { Run } from '../catalogue.ts'
import { knownTotal } from '../share.ts'
import { countText, jsonLine, safe, tasksText } from '../text.ts'

/** `taskq purge`: everything goes, once it was shown and agreed to. */
export const run: Run = async ({ out, err, ask }, queue, { flags }) => {
  const counts = await queue.counts()
  if (flags.yes !== true) {
    if (ask === undefined)
      throw new TaskqError(
        'invalid',
        `This would remove ${lossText(counts)} from ${queue.url}, and nobody can answer here. If that is what you want, add --yes.`,
      )
    const name = nameOf(queue.url)
    await err.line(`${safe(queue.url)} holds ${lossText(counts)}.`)
    await err.line('All of it will be removed, results too. This cannot be undone.')
    const answer = await ask(`Type ${safe(name)} to remove it: `)
    if (answer?.trim() !== name) {
      await err.line('Nothing was removed.')
      return 'partly'
    }
  }
  await queue.purge()
  await out.line(
    flags.json
      ? jsonLine({ queue: queue.url, purged: counts })
      : `Removed ${lossText(counts)} from ${safe(queue.url)}.`,
  )
  return 'done'
}

function lossText({ ready, delayed, leased, done, dead }: Counts): string {
  const all = knownTotal({ ready, delayed, leased, done, dead })
  const parts = Object.entries({ ready, delayed, leased, done, dead })
    .filter(([, count]) => count !== 0)
    .map(([state, count]) => `${countText(count)} ${state}`)
  if (all === 0) return 'no tasks'
  return `${all === undefined ? 'tasks' : tasksText(all)} (${parts.join(', ')})`
}

/** What people call a queue: the last part of its URL. */
function nameOf(url: string): string {
  return url.split(/[/:]/).findLast(part => part !== '') ?? url
}
