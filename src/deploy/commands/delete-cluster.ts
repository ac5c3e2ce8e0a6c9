import type { ExitName } from 'taskq-runtime/cli'
import type { Configuration } from '../config/read.ts'
import { isOurs } from '../gke/labels.ts'
import { notOurs } from '../gke/remove.ts'
import { locationOf } from '../gke/wanted.ts'
import { namespaceOf } from '../manifest/names.ts'
import { dollars, perMonth } from '../money.ts'
import { IDLE_PER_HOUR, tellWhatIsThere, thenTell } from './aftermath.ts'
import { withFleet, withGke } from './clusters.ts'
import { agreed } from './consent.ts'
import type { Flags } from './flags.ts'
import { configurationOf } from './project.ts'
import { endFleet, removeAll } from './removal.ts'
import { tellerOf } from './teller.ts'
import type { World } from './world.ts'
import { say } from './wrap.ts'

/** `taskq-deploy delete-cluster`: ends the fleet, deletes its cluster and looks for what is left. */
export async function deleteClusterCommand(world: World, flags: Flags): Promise<ExitName> {
  const configuration = configurationOf(world, flags)
  if (flags.kubeconfig !== undefined) return await deleteFromForeign(world, flags, configuration)
  const { out, err } = world.shell
  const name = configuration.settings.GOOGLE_CLUSTER_NAME
  const found = await withGke(world, configuration, gke => gke.cluster(name))
  if (found !== undefined) {
    if (!isOurs(found)) throw notOurs(name)
    await say(
      out,
      `The cluster ${name} in ${locationOf(configuration)} costs ${dollars(IDLE_PER_HOUR)} an hour without workers: forgotten for a month, ${perMonth(IDLE_PER_HOUR).replace(' a month', '')}.`,
    )
    if (flags.dryRun) {
      const task = configuration.settings.TASK_NAME
      await out.line(
        `Would be ended: the workers of ${task}, with the namespace ${namespaceOf(task)}.`,
      )
      await out.line(`Would be deleted: the cluster ${name} with all its machines.`)
      return 'done'
    }
    if (!(await agreed(world, flags, `End the fleet and delete the cluster ${name}?`))) {
      await err.line('Nothing was done.')
      return 'partly'
    }
  }
  // Gone already: a dry run still deletes nothing, and there is nothing to look at for it.
  if (found === undefined && flags.dryRun) {
    await out.line(`There is no cluster ${name} in ${locationOf(configuration)}.`)
    return 'done'
  }
  return await deleteFleet(world, flags, configuration)
}

/** Ends the fleet and deletes its cluster; whatever goes wrong, it says what is there then. */
export async function deleteFleet(
  world: World,
  flags: Flags,
  configuration: Configuration,
): Promise<ExitName> {
  const { clock, signal } = world.shell
  const tell = tellerOf(world.shell)
  try {
    return await withGke(world, configuration, async gke => {
      try {
        const { GOOGLE_CLUSTER_NAME: name, TASK_NAME: task } = configuration.settings
        const { out } = world.shell
        return await removeAll(world, gke, { name, task, out }, { clock, signal, tell })
      } catch (error) {
        await tell.end()
        await tellWhatIsThere(world, flags, configuration)
        throw error
      }
    })
  } finally {
    await tell.end()
  }
}

/** On a cluster of somebody else's only what carries our labels goes. */
async function deleteFromForeign(
  world: World,
  flags: Flags,
  configuration: Configuration,
): Promise<ExitName> {
  const { out, err, clock, signal } = world.shell
  return await withFleet<ExitName>(world, flags, configuration, async ({ place }) => {
    await out.line(`The namespace ${place.namespace} on ${place.kube.server}; the cluster stays.`)
    if (flags.dryRun) {
      await out.line('Would be ended and deleted: its workers, and the namespace with all in it.')
      return 'done'
    }
    if (!(await agreed(world, flags, 'End the fleet and delete its namespace?'))) {
      await err.line('Nothing was done.')
      return 'partly'
    }
    const tell = tellerOf(world.shell)
    return await thenTell(world, flags, configuration, async () => {
      try {
        await endFleet(place, { clock, signal, tell })
      } finally {
        await tell.end()
      }
      await out.line('Nothing of the fleet is left.')
      return 'done'
    })
  })
}
