import { TaskqError } from 'taskq-runtime'
import type { Configuration } from '../config/read.ts'
import type { ClusterState, Gke } from '../gke/gke.ts'
import { isOurs } from '../gke/labels.ts'
import { notOurs } from '../gke/remove.ts'
import { locationOf } from '../gke/wanted.ts'
import type { FleetPlace } from '../kube/fleet.ts'
import { namespaceOf } from '../manifest/names.ts'
import type { Flags } from './flags.ts'
import { within } from './project.ts'
import type { World } from './world.ts'

/** A fleet's cluster, opened. `gke` and `cluster` are absent where a kubeconfig was given instead. */
export interface OpenFleet {
  readonly place: FleetPlace
  readonly gke?: Gke
  readonly cluster?: ClusterState
}

/** Opens Google's API, does something with it and closes it whatever happens. */
export async function withGke<Answer>(
  world: World,
  configuration: Configuration,
  act: (gke: Gke) => Promise<Answer>,
): Promise<Answer> {
  const { GOOGLE_PROJECT_NAME: project } = configuration.settings
  const gke = await world.connectGke(project, locationOf(configuration))
  try {
    return await act(gke)
  } finally {
    await gke.close()
  }
}

/** Opens the cluster that the configuration or a kubeconfig names; it must be there and run. */
export async function withFleet<Answer>(
  world: World,
  flags: Flags,
  configuration: Configuration,
  act: (fleet: OpenFleet) => Promise<Answer>,
): Promise<Answer> {
  const { TASK_NAME: task } = configuration.settings
  if (flags.kubeconfig !== undefined) {
    const { openKubeConfig } = await import('../kube/client.ts')
    const kube = openKubeConfig(within(world.folder, flags.kubeconfig), flags.context)
    return await act({ place: { kube, namespace: namespaceOf(task), task } })
  }
  return await withGke(world, configuration, async gke => {
    const cluster = await runningCluster(gke, configuration)
    return await act({ place: await placeIn(world, gke, cluster, task), gke, cluster })
  })
}

/** Opens a cluster of Google's where the fleet of a task is. */
export async function placeIn(
  world: World,
  gke: Gke,
  { access }: ClusterState,
  task: string,
): Promise<FleetPlace> {
  const { server, certificate } = access ?? { server: '' }
  const kube = await world.openKube({
    server,
    ...(certificate !== undefined && { certificate }),
    token: () => gke.token(),
  })
  return { kube, namespace: namespaceOf(task), task }
}

async function runningCluster(gke: Gke, { settings }: Configuration): Promise<ClusterState> {
  const name = settings.GOOGLE_CLUSTER_NAME
  const cluster = await gke.cluster(name)
  if (cluster === undefined) {
    throw new TaskqError(
      'invalid',
      `There is no cluster ${name} in ${gke.location} of ${gke.project}. Make it: taskq-deploy make-cluster`,
    )
  }
  if (!isOurs(cluster)) throw notOurs(name)
  if (
    cluster.access === undefined ||
    cluster.status === 'stopping' ||
    cluster.status === 'provisioning'
  ) {
    throw new TaskqError(
      'unavailable',
      `The cluster ${name} is not ready (${cluster.status}). Wait for it: taskq-deploy make-cluster`,
    )
  }
  return cluster
}
