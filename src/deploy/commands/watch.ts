import type { ExitName } from 'taskq-runtime/cli'
import { tellWhatIsThere } from './aftermath.ts'
import { watchRequest } from './apply-task.ts'
import { withFleet } from './clusters.ts'
import type { Flags } from './flags.ts'
import { readProject } from './project.ts'
import { type WatchRequest, watchFleet } from './watch-fleet.ts'
import type { World } from './world.ts'

/** `taskq-deploy watch`: the fleet on one screen until it is done; `--once` looks once. */
export async function watchCommand(world: World, flags: Flags): Promise<ExitName> {
  const project = await readProject(world, flags)
  const watched = (until: WatchRequest['until']) =>
    withFleet(world, flags, project.configuration, fleet =>
      watchFleet(world, watchRequest(flags, project, fleet, undefined, until)),
    )
  if (flags.once) return await watched('once')
  try {
    return await watched('ended')
  } finally {
    // However it came out, the cluster costs until it is deleted.
    await tellWhatIsThere(world, flags, project.configuration)
  }
}
