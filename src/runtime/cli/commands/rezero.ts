import type { Driver } from '../../queue/driver.ts'
import { TaskqError } from '../../queue/errors.ts'
import { countText } from '../../terminal/amounts.ts'
import { jsonLine, safe } from '../../terminal/safe.ts'
import type { Run } from '../catalogue.ts'

/** `taskq rezero`: the counters begin anew. */
export const run: Run = async ({ out }, { url, driver }, { flags }) => {
  const counters = neededCounters(driver)
  const { inserted, completed } = await counters.read()
  await counters.rezero()
  await out.line(
    flags.json
      ? jsonLine({ queue: url, inserted, completed })
      : `${safe(url)} counts from zero again; it was at ${countText(inserted)} inserted and ${countText(completed)} completed.`,
  )
  return 'done'
}

function neededCounters({ url, counters }: Driver): NonNullable<Driver['counters']> {
  if (counters !== undefined) return counters
  throw new TaskqError(
    'unsupported',
    `${url} has no counters that could be set to zero; taskq status counts its tasks.`,
  )
}
