import { TaskqError } from 'taskq-runtime'
import { faultOf } from './faults.ts'
import type { ClusterState, Gke, PoolState, WantedCluster, WantedPool } from './gke.ts'
import { isOurs } from './labels.ts'
import { renewDay } from './renew.ts'
import { type Around, waitForOperation } from './wait.ts'

/**
 * Makes the cluster be as wanted: creates what is absent, goes on with what is half made, changes
 * limits, and leaves alone what is right. Refuses a cluster that does not carry our label.
 */
export async function makeCluster(
  gke: Gke,
  wanted: WantedCluster,
  around: Around,
): Promise<ClusterState> {
  const found = await gke.cluster(wanted.name)
  if (found === undefined) await create(gke, wanted, around)
  else await adopt(gke, found, wanted, around)
  for (const pool of wanted.pools) await makePool(gke, pool, wanted, around)
  const cluster = await present(gke, wanted.name)
  if (found !== undefined) {
    await finishOthers(gke, wanted.name, around)
    await renewDay(gke, cluster, wanted.labels, around)
  }
  return cluster
}

async function create(gke: Gke, wanted: WantedCluster, around: Around): Promise<void> {
  const { name } = wanted
  await around.tell.line(
    `Creating the cluster ${name} in ${gke.location}, which takes some minutes.`,
  )
  let operation: string
  try {
    operation = await gke.createCluster(wanted)
  } catch (error) {
    if (faultOf(error) !== 'exists') throw error
    // Somebody was quicker since we looked.
    return await adopt(gke, await present(gke, name), wanted, around)
  }
  await waitForOperation(gke, operation, `Creating the cluster ${name}`, around)
  await around.tell.line(`The cluster ${name} runs.`)
}

async function adopt(
  gke: Gke,
  found: ClusterState,
  { name }: WantedCluster,
  around: Around,
): Promise<void> {
  if (!isOurs(found)) {
    throw new TaskqError(
      'invalid',
      `There is a cluster ${name} in ${found.location} that was not made by taskq-deploy (it lacks the label managed-by=taskq). It is left alone. Choose another GOOGLE_CLUSTER_NAME, or give it that label if it may be changed and deleted.`,
    )
  }
  if (found.status === 'error') {
    throw new TaskqError(
      'unavailable',
      `The cluster ${name} could not be made: ${found.statusMessage || 'Google does not say why'}. Remove it by "taskq-deploy delete-cluster" and begin again.`,
    )
  }
  if (found.status === 'running') {
    await around.tell.line(`The cluster ${name} is there.`)
    return
  }
  const verb = { provisioning: 'created', reconciling: 'changed', stopping: 'deleted' }[
    found.status
  ]
  await around.tell.line(`The cluster ${name} is being ${verb} since before; waiting for that.`)
  await finishOthers(gke, name, around)
  if (found.status === 'stopping') {
    throw new TaskqError(
      'unavailable',
      `The cluster ${name} was being deleted. Run the same command again to make it anew.`,
    )
  }
}

/** Waits for what is still being done on the cluster, most often by a call that was interrupted. */
export async function finishOthers(gke: Gke, cluster: string, around: Around): Promise<void> {
  const running = await gke.operations()
  const own = running.filter(({ target }) => target.split('/').includes(cluster))
  for (const { name } of own) {
    await waitForOperation(gke, name, `What was begun on ${cluster}`, around)
  }
}

async function makePool(
  gke: Gke,
  pool: WantedPool,
  wanted: WantedCluster,
  around: Around,
): Promise<void> {
  // A cluster takes one change at a time; an interrupted call may have begun this very pool.
  await finishOthers(gke, wanted.name, around)
  const cluster = await present(gke, wanted.name)
  const found = cluster.pools.find(({ name }) => name === pool.name)
  const words = `${pool.name} (0 to ${pool.maxNodes} ${pool.spot ? 'Spot ' : ''}machines of ${pool.machine})`
  if (found !== undefined && isSameKind(found, pool)) {
    if (found.maxNodes === pool.maxNodes)
      return await around.tell.line(`The pool ${words} is there.`)
    await around.tell.line(
      `Changing the pool ${pool.name}: at most ${pool.maxNodes} machines, not ${found.maxNodes}.`,
    )
    const operation = await gke.limitPool(wanted.name, pool.name, pool.maxNodes)
    return await waitForOperation(gke, operation, `Changing the pool ${pool.name}`, around)
  }
  if (found !== undefined) {
    await around.tell.line(
      `The pool ${pool.name} is of ${found.machine}: removing it to make it anew.`,
    )
    const operation = await gke.deletePool(wanted.name, pool.name)
    await waitForOperation(gke, operation, `Removing the pool ${pool.name}`, around)
  }
  await around.tell.line(`Creating the pool ${words}.`)
  await waitForOperation(
    gke,
    await gke.createPool(wanted.name, pool, wanted.labels),
    `Creating the pool ${pool.name}`,
    around,
  )
  await around.tell.line(`The pool ${pool.name} is there, with no machine yet.`)
}

/** What cannot be changed in a pool that exists. */
function isSameKind(found: PoolState, wanted: WantedPool): boolean {
  return (
    found.machine === wanted.machine && found.spot === wanted.spot && found.diskGb === wanted.diskGb
  )
}

async function present(gke: Gke, name: string): Promise<ClusterState> {
  const cluster = await gke.cluster(name)
  if (cluster !== undefined) return cluster
  throw new TaskqError(
    'unavailable',
    `The cluster ${name} was there and is gone: somebody deletes it. Run the same command again.`,
  )
}
