import type { ExitName } from '../../config/exit-codes.ts'
import type { Queue } from '../../queue/queue.ts'
import { countText, tasksText } from '../../terminal/amounts.ts'
import { jsonLine, safe } from '../../terminal/safe.ts'
import type { Shell } from '../shell.ts'
import type { Loss } from './carry.ts'
import type { Tally } from './deliver.ts'

/** What is told at the end of cp or mv. */
export interface Ended {
  readonly verb: 'cp' | 'mv'
  readonly from: Queue
  readonly to: Queue
  readonly tally: Tally
  /** What waits at the source still, after a move; each absent where the store cannot tell. */
  readonly left?: { readonly leased?: number | undefined; readonly delayed?: number | undefined }
  /** Tasks that a move before brought to the destination, and that somebody may hold at the source. */
  readonly hidden: number
}

/** Tells what became of the tasks, exactly; says whether all of them went. */
export async function tell(ended: Ended, { out, err }: Shell, json: boolean): Promise<ExitName> {
  const { verb, from, to, tally, left = {}, hidden } = ended
  const { inserted, present, doubtful, refused, refusals, lost, cancelled, removed, both } = tally
  const name = safe(to.url)
  if (json)
    await out.line(
      jsonLine({
        ...{ from: from.url, to: to.url, inserted, present, lost, refused, refusals },
        ...{ cancelled, doubtful },
        ...(verb === 'mv' && { removed, both, left, hidden }),
      }),
    )
  else {
    const there = present > 0 ? ` ${tasksText(present)} ${isAre(present)} there already.` : ''
    await out.line(
      verb === 'cp'
        ? `Copied ${tasksText(inserted)} to ${name}.${there}`
        : `Moved ${tasksText(removed)} to ${name}.${there}`,
    )
  }
  const note = async (count: number, sentence: string) => {
    if (count > 0) await err.line(`${tasksText(count)} ${sentence}`)
  }
  for (const [loss, sentence] of Object.entries(lossTexts)) await note(lost[loss as Loss], sentence)
  await note(cancelled, 'had been cancelled: left where they are.')
  await note(doubtful, 'may be there twice: a batch had been cut off on its way.')
  await note(both, 'went while somebody at the source took them: they are in both queues.')
  await note(left.leased ?? 0, 'left at the source: workers hold them.')
  await note(left.delayed ?? 0, 'left at the source: they are delayed and cannot be had yet.')
  if (ended.left !== undefined && left.leased === undefined)
    await err.line(
      safe(
        `${from.url} does not tell what it still has. If workers hold tasks, a move was cut off or tasks are delayed, run this again later.`,
      ),
    )
  await note(
    hidden,
    `of a move before arrived and may be held at the source still: run this again in ${hiddenMinutes} minutes.`,
  )
  await note(refused, 'not carried, left where they are:')
  for (const { id, why } of refusals.slice(0, refusalsShown))
    await err.line(`  ${safe(id)}: ${safe(why)}`)
  if (refused > refusalsShown) await err.line(`  and ${countText(refused - refusalsShown)} more`)
  const rest = refused + both + hidden + (left.leased ?? 0) + (left.delayed ?? 0)
  return rest === 0 ? 'done' : 'partly'
}

const refusalsShown = 10

/** The lease of a move, after which the source hands out again what it held. */
const hiddenMinutes = 2

const lossTexts: Readonly<Record<Loss, string>> = {
  attempts: 'had failed before: their attempts are counted from zero there.',
  priority: 'lost their priority: there is no order there.',
  delay: 'wait less than they would have: their delay was cut to the longest there is there.',
}

function isAre(count: number): string {
  return count === 1 ? 'is' : 'are'
}
