import { acceptanceOf, acceptedAs } from '../../code/accepted.ts'
import { hashCode } from '../../code/hash.ts'
import { TaskqError } from '../../queue/errors.ts'
import type { Queue } from '../../queue/queue.ts'
import { countText, tasksText } from '../../terminal/amounts.ts'
import { isYes } from '../../terminal/ask.ts'
import type { Output } from '../../terminal/output.ts'
import { jsonLine, safe } from '../../terminal/safe.ts'
import type { Run } from '../catalogue.ts'
import { type WaitingCodes, waitingCodes } from '../waiting-codes.ts'

/** `taskq accept-code`: what waits with other code counts as inserted with the code that is here. */
export const run: Run = async (shell, queue, { flags }) => {
  const { out, err, ask } = shell
  refuseWithoutNotes(queue)
  const { hash: here, files } = await hashCode(flags.task ?? 'task.ts')
  const waiting = await waitingCodes(shell, queue)
  const before = new Set([here, ...acceptedAs(here, await queue.notes.read())])
  const others = [...waiting.codes].filter(([code]) => !before.has(code))
  const tasks = others.reduce((sum, [, count]) => sum + count, 0)
  if (!flags.json) await show(err, waiting, here, before)
  if (others.length > 0 && flags.yes !== true) {
    if (ask === undefined)
      throw new TaskqError(
        'invalid',
        `${tasksText(tasks)} of ${queue.url} would be run by workers with the code ${here} (${files.join(', ')}), and nobody can answer here. If that is what you want, add --yes.`,
      )
    if (!isYes(await ask(`Have ${tasksText(tasks)} run with the code that is here? [y/N] `))) {
      await err.line('Nothing was accepted.')
      return 'partly'
    }
  }
  await queue.notes.write(others.map(([code]) => acceptanceOf(code, here)))
  if (flags.json) {
    const accepted = others.map(([code, count]) => ({ code, tasks: count }))
    await out.line(jsonLine({ queue: queue.url, here, accepted }))
  } else await out.line(closing(tasks, here))
  return 'done'
}

function refuseWithoutNotes({ driver, url }: Queue): void {
  if (driver.notes !== undefined && driver.tasks !== undefined) return
  throw new TaskqError(
    'unsupported',
    `${url} has no place to record which code counts as which. Start its workers with TQ_CODE_CHECK=warn, or purge it and insert the table again with the code that is here.`,
  )
}

async function show(
  err: Output,
  { codes, without }: WaitingCodes,
  here: string,
  accepted: ReadonlySet<string>,
): Promise<void> {
  for (const [code, count] of codes) {
    const kind =
      code === here ? 'the code here' : accepted.has(code) ? 'accepted before' : 'other code'
    await err.line(`${countText(count).padStart(12)}  ${safe(code)}  ${kind}`)
  }
  if (without > 0)
    await err.line(`${countText(without).padStart(12)}  name no code and are run in any case`)
}

function closing(tasks: number, here: string): string {
  return tasks === 0
    ? `No task waits with other code than ${here}, which is here, or what counts as it.`
    : `Accepted: ${tasksText(tasks)} can be run by workers with the code ${here}. Running workers hear of it within 10 s; what they handed back comes again within a minute.`
}
