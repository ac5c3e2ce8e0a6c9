import { statSync } from 'node:fs'
import { TaskqError } from '../../queue/errors.ts'
import type { Queue } from '../../queue/queue.ts'
import { bytesText } from '../../terminal/amounts.ts'
import { jsonLine, safe } from '../../terminal/safe.ts'
import type { Run } from '../catalogue.ts'
import { lossText, nameOf, rememberedHint } from '../loss.ts'
import { showProgress } from '../progress.ts'
import { knownTotal } from '../share.ts'

/** `taskq purge`: everything goes, once it was shown and agreed to. */
export const run: Run = async ({ out, err, clock, ask }, queue, { flags }) => {
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
  const before = fileBytes(queue)
  const progress = showProgress(err, clock, 'removed', knownTotal(counts))
  try {
    await queue.purge(progress.tell)
  } finally {
    await progress.end()
  }
  const after = fileBytes(queue)
  const size = before !== undefined && after !== undefined ? { before, after } : undefined
  if (flags.json)
    await out.line(jsonLine({ queue: queue.url, purged: counts, ...(size && { fileBytes: size }) }))
  else {
    await out.line(`Removed ${lossText(counts)} from ${safe(queue.url)}.`)
    if (size !== undefined)
      await out.line(`Its file has ${bytesText(size.after)}, before ${bytesText(size.before)}.`)
  }
  const hint = rememberedHint(queue.driver.traits)
  if (hint !== undefined) await err.line(hint)
  return 'done'
}

/** The size of the queue's file; `undefined` where it is no one file. */
function fileBytes({ driver: { path } }: Queue): number | undefined {
  const found = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false })
  return found?.isFile() ? found.size : undefined
}
