import { tasksText } from '../../terminal/amounts.ts'
import { jsonLine, safe } from '../../terminal/safe.ts'
import type { Run } from '../catalogue.ts'
import { tellIds } from '../ids.ts'
import { revive } from '../revive.ts'

/** `taskq retry-dead`: dead tasks become ready, all or those named. */
export const run: Run = async (shell, queue, { ids, flags }) => {
  const { out, err } = shell
  const { revived, absent, other, fault } = await revive(shell, queue, 'dead', ids)
  if (flags.json) await out.line(jsonLine({ retried: revived, absent, notDead: other }))
  else
    await out.line(
      revived === 0 && ids.length === 0 && fault === undefined
        ? `There are no dead tasks in ${safe(queue.url)}.`
        : `${tasksText(revived, 'dead')} made ready again.`,
    )
  if (fault !== undefined) throw fault
  await tellIds(err, 'Not in this queue', absent)
  await tellIds(err, 'Not dead, left alone', other)
  return absent.length + other.length === 0 ? 'done' : 'partly'
}
