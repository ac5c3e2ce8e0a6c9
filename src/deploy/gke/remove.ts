import { TaskqError } from 'taskq-runtime'
import { faultOf } from './faults.ts'
import type { Gke } from './gke.ts'
import { isOurs } from './labels.ts'
import { finishOthers } from './make.ts'
import { type Around, waitForOperation } from './wait.ts'

/** Deletes a cluster of ours and waits until it is gone; works when it is half made or gone already. */
export async function removeCluster(gke: Gke, name: string, around: Around): Promise<void> {
  const found = await gke.cluster(name)
  if (found === undefined)
    return await around.tell.line(`There is no cluster ${name} in ${gke.location}.`)
  if (!isOurs(found)) throw notOurs(name)
  // Google refuses to delete what is still being made.
  if (found.status !== 'running') await finishQuietly(gke, name, around)
  const operation = await gke.deleteCluster(name)
  if (operation !== undefined) {
    await around.tell.line(`Deleting the cluster ${name}, which takes some minutes.`)
    await waitForOperation(gke, operation, `Deleting the cluster ${name}`, around)
  }
  if ((await gke.cluster(name)) !== undefined) {
    throw new TaskqError(
      'unavailable',
      `The cluster ${name} is still there after it was deleted. Run the same command again.`,
    )
  }
  await around.tell.line(`The cluster ${name} is gone.`)
}

/** A cluster of somebody else's is left alone, whatever its name. */
export function notOurs(name: string): TaskqError {
  return new TaskqError(
    'invalid',
    `The cluster ${name} lacks the label managed-by=taskq, so it was not made by taskq-deploy and is left alone. Check GOOGLE_CLUSTER_NAME.`,
  )
}

/** What fails while it is made can be deleted all the same. */
async function finishQuietly(gke: Gke, name: string, around: Around): Promise<void> {
  try {
    await finishOthers(gke, name, around)
  } catch (error) {
    around.signal.throwIfAborted()
    if (faultOf(error) === 'other' && !(error instanceof TaskqError)) throw error
    await around.tell.line(error instanceof Error ? error.message : String(error))
  }
}
