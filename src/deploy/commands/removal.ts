import { isTaskqError } from 'taskq-runtime'
import type { ExitName, Output } from 'taskq-runtime/cli'
import type { ClusterState, Gke } from '../gke/gke.ts'
import { isOurs } from '../gke/labels.ts'
import type { GoneCluster, Leftover } from '../gke/leftovers.ts'
import { removeCluster } from '../gke/remove.ts'
import type { Around } from '../gke/wait.ts'
import type { FleetPlace } from '../kube/fleet.ts'
import { removeNamespace } from '../kube/namespace.ts'
import { patient } from '../kube/patient.ts'
import { drain } from './apply-fleet.ts'
import { placeIn } from './clusters.ts'
import type { World } from './world.ts'

/** Which cluster goes, which fleet is in it, and where it is said how that came out. */
export interface Removal {
  readonly name: string
  /** Absent where nobody knows: then its workers are not asked to leave. */
  readonly task: string | undefined
  readonly out: Output
}

/** Ends the workers of a cluster of ours, deletes it, and says what is left of it: `partly` when something is. */
export async function removeAll(
  world: World,
  gke: Gke,
  { name, task, out }: Removal,
  around: Around,
): Promise<ExitName> {
  const cluster = await gke.cluster(name)
  if (cluster !== undefined && isOurs(cluster) && canDrain(cluster) && task !== undefined)
    await endWorkers(world, gke, cluster, task, around)
  await removeCluster(gke, name, around)
  const left = await leftovers(gke, { name, task }, around)
  if (left === undefined) return 'partly'
  if (left.length === 0) {
    await out.line(`Nothing of ${name} is left, and nothing is billed.`)
    return 'done'
  }
  await out.line(`Left behind of ${name}, and billed until you delete it (${left.length}):`)
  await listLeftovers(out, left)
  return 'partly'
}

/** Each with the line that deletes it. */
export async function listLeftovers(out: Output, left: readonly Leftover[]): Promise<void> {
  for (const { what, removal } of left) {
    await out.line(`  ${what}`)
    await out.line(`    ${removal}`)
  }
}

/** The order that does not hang: Jobs are suspended and deleted, their pods gone, then the namespace. */
export async function endFleet(opened: FleetPlace, around: Around): Promise<void> {
  const place = { ...opened, kube: patient(opened.kube, around) }
  const ended = await drain(place, () => true, around)
  for (const name of ended) await around.tell.line(`${name}: removed, no pod is left`)
  // With the namespace go load balancers and disks that were added to the template.
  await removeNamespace(place, around)
}

function canDrain({ status, access }: ClusterState): boolean {
  return access !== undefined && (status === 'running' || status === 'reconciling')
}

/** Lets the workers hand back what they hold. A cluster that does not answer is deleted all the same. */
async function endWorkers(
  world: World,
  gke: Gke,
  cluster: ClusterState,
  task: string,
  around: Around,
): Promise<void> {
  try {
    await endFleet(await placeIn(world, gke, cluster, task), around)
  } catch (error) {
    around.signal.throwIfAborted()
    if (!isTaskqError(error)) throw error
    await around.tell.line(
      `The workers could not be asked to leave: ${error.message} Their tasks come back when the leases end.`,
    )
  }
}

/** The cluster is gone by then: that nobody may look for what is left undoes nothing. */
async function leftovers(gke: Gke, gone: GoneCluster, around: Around) {
  try {
    return await gke.leftovers(gone)
  } catch (error) {
    around.signal.throwIfAborted()
    if (!isTaskqError(error)) throw error
    await around.tell.line(`${error.message} ${LOOK_YOURSELF}`)
    return undefined
  }
}

/** What to do where what is left cannot be looked up. */
export const LOOK_YOURSELF =
  'Look for disks, load balancers and addresses in the Cloud console: they are billed.'
