import { TaskqError } from '../../queue/errors.ts'
import { jsonLine, safe } from '../../terminal/safe.ts'
import type { Run } from '../catalogue.ts'
import { lossText, nameOf, rememberedHint } from '../loss.ts'

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
  const hint = rememberedHint(queue.driver.traits)
  if (hint !== undefined) await err.line(hint)
  return 'done'
}
