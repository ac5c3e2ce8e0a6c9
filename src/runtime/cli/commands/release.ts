import { TaskqError } from '../../queue/errors.ts'
import { tasksText } from '../../terminal/amounts.ts'
import { isYes } from '../../terminal/ask.ts'
import { jsonLine, safe } from '../../terminal/safe.ts'
import type { Run } from '../catalogue.ts'
import { tellIds } from '../ids.ts'
import { revive } from '../revive.ts'

/** `taskq release`: leased tasks become ready, all or those named. */
export const run: Run = async (shell, queue, { ids, flags }) => {
  const { out, err, ask } = shell
  const { worker } = flags
  if (worker !== undefined && ids.length > 0)
    throw new TaskqError(
      'invalid',
      `Tasks are named, and ${safe(worker)} by --worker as well. Name the tasks, or the worker that holds them.`,
    )
  if (ids.length === 0 && worker === undefined && flags.yes !== true && ask !== undefined) {
    const { leased } = await queue.counts()
    const some = leased === undefined ? 'all leased tasks' : tasksText(leased, 'leased')
    if (leased !== 0) {
      await err.line(`${safe(queue.url)}: ${some}.`)
      await err.line('They are taken from their holders, whose work so far is lost, and run again.')
      if (!isYes(await ask('Release them? [y/N] '))) {
        await err.line('Nothing was released.')
        return 'partly'
      }
    }
  }
  const { revived, absent, other, fault } = await revive(shell, queue, 'leased', ids, worker)
  if (flags.json) await out.line(jsonLine({ released: revived, absent, notLeased: other }))
  else if (revived === 0 && ids.length === 0 && fault === undefined)
    await out.line(
      worker === undefined
        ? `There are no leased tasks in ${safe(queue.url)}.`
        : `${safe(worker)} holds no tasks in ${safe(queue.url)}.`,
    )
  else {
    await out.line(`${tasksText(revived, 'leased')} made ready again.`)
    if (revived > 0 && queue.driver.traits.fenced)
      await out.line('Holders that still run can no longer finish them.')
    else if (revived > 0)
      await out.line('Holders that still run may finish them as well: some may run twice.')
  }
  if (fault !== undefined) throw fault
  await tellIds(err, 'Not in this queue', absent)
  await tellIds(err, 'Not leased, left alone', other)
  return absent.length + other.length === 0 ? 'done' : 'partly'
}
