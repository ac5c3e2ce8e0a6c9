import type { Counts, Inventory, Traits } from '../../queue/driver.ts'
import { isTaskqError, TaskqError } from '../../queue/errors.ts'
import { openQueue, takeInventory } from '../../queue/open.ts'
import { jsonLine, safe } from '../../terminal/safe.ts'
import type { RunNamed } from '../catalogue.ts'
import { lossText, nameOf, rememberedHint } from '../loss.ts'

/** `taskq delete-queue`: what there is of a queue goes, once it was shown and agreed to. */
export const runNamed: RunNamed = async ({ out, err, ask }, name, { flags }) => {
  const inventory = await takeInventory(name)
  if (inventory === undefined)
    throw new TaskqError(
      'unsupported',
      `${name} has nothing that could be deleted; taskq purge empties it.`,
    )
  const { parts, left } = inventory
  const before = await lookInto(name)
  if (parts.length > 0 && flags.yes !== true) {
    const losses = lossLines(name, inventory, before?.counts)
    if (ask === undefined)
      throw new TaskqError(
        'invalid',
        `${losses.join(' ')} Nobody can answer here. If that is what you want, add --yes.`,
      )
    for (const line of losses) await err.line(safe(line))
    await err.line('This cannot be undone.')
    const word = nameOf(name)
    if ((await ask(`Type ${safe(word)} to delete it: `))?.trim() !== word) {
      await err.line('Nothing was deleted.')
      return 'partly'
    }
  }
  await inventory.remove()
  const stays = left.map(({ name: part, why }) => `${part} (${why})`)
  if (flags.json) await out.line(jsonLine({ queue: name, deleted: parts, left: stays }))
  else {
    for (const part of parts) await out.line(`Deleted ${safe(part)}.`)
    if (parts.length === 0) await out.line(`There is nothing of ${safe(name)} to delete.`)
  }
  for (const part of stays) await err.line(`Left alone: ${safe(part)}.`)
  const hint = before && rememberedHint(before.traits)
  if (hint !== undefined) await err.line(hint)
  return left.length === 0 ? 'done' : 'partly'
}

function lossLines(
  name: string,
  { parts }: Inventory,
  counts: Counts | undefined,
): readonly string[] {
  const holds = counts === undefined ? [] : [`${name} holds ${lossText(counts)}.`]
  return [...holds, `This deletes ${parts.join(', ')}, with all that is in ${itOrThem(parts)}.`]
}

function itOrThem(parts: readonly string[]): string {
  return parts.length === 1 ? 'it' : 'them'
}

/** `undefined` for a queue of which only a part is there. */
async function lookInto(
  name: string,
): Promise<{ readonly counts: Counts; readonly traits: Traits } | undefined> {
  try {
    const queue = await openQueue(name, { create: false })
    try {
      return { counts: await queue.counts(), traits: queue.driver.traits }
    } finally {
      await queue.close()
    }
  } catch (error) {
    if (isTaskqError(error, 'invalid')) return undefined
    throw error
  }
}
