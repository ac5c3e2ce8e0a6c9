import type { ExitName } from 'taskq-runtime/cli'
import { watchRequest } from './apply-task.ts'
import { withFleet } from './clusters.ts'
import type { Flags } from './flags.ts'
import { readProject } from './project.ts'
import { watchFleet } from './watch-fleet.ts'
import type { World } from './world.ts'

/** `taskq-deploy watch`: the fleet on one screen until it is done; `--once` looks once. */
export async function watchCommand(world: World, flags: Flags): Promise<ExitName> {
  const project = await readProject(world, flags)
  const until = flags.once ? 'once' : 'ended'
  return await withFleet(world, flags, project.configuration, fleet =>
    watchFleet(world, watchRequest(flags, project, fleet, undefined, until)),
  )
}
