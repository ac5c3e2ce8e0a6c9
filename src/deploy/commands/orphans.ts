import { isTaskqError } from 'taskq-runtime'
import { jsonLine } from 'taskq-runtime/cli'
import type { Gke } from '../gke/gke.ts'
import type { Leftover } from '../gke/leftovers.ts'
import type { Flags } from './flags.ts'
import { LOOK_YOURSELF, listLeftovers } from './removal.ts'
import type { World } from './world.ts'
import { say } from './wrap.ts'

/** What is left of our clusters that are gone; `undefined` when that could not be looked up, which is told. */
export async function lookForOrphans({ shell }: World, gke: Gke) {
  try {
    return await gke.orphans()
  } catch (error) {
    shell.signal.throwIfAborted()
    if (!isTaskqError(error)) throw error
    await say(shell.err, `${error.message} ${LOOK_YOURSELF}`)
    return undefined
  }
}

/** Lists what is left with the lines that delete it; an object a line for machines. */
export async function tellOrphans(
  { shell: { out } }: World,
  flags: Flags,
  orphans: readonly Leftover[] = [],
): Promise<void> {
  if (flags.json) {
    for (const { what, removal } of orphans) await out.line(jsonLine({ left: what, removal }))
  } else if (orphans.length > 0) {
    await out.line(
      `Left behind of clusters that are gone, and billed until you delete it (${orphans.length}):`,
    )
    await listLeftovers(out, orphans)
  }
}
