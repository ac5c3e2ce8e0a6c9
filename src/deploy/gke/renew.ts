import { isTaskqError } from 'taskq-runtime'
import type { ClusterState, Gke } from './gke.ts'
import { withLaterDay } from './labels.ts'
import { type Around, waitForOperation } from './wait.ts'

/**
 * Puts the day off after which `sweep` counts a cluster as forgotten: whoever uses it again has not
 * forgotten it. That it could not be done is told, and keeps nobody from using the cluster.
 */
export async function renewDay(
  gke: Gke,
  cluster: ClusterState,
  wanted: Readonly<Record<string, string>>,
  around: Around,
): Promise<void> {
  const labels = withLaterDay(cluster.labels, wanted)
  if (labels === undefined) return
  const [before, after] = [cluster.labels['taskq-expires'], labels['taskq-expires']]
  try {
    const operation = await gke.setLabels(cluster, labels)
    await waitForOperation(gke, operation, `Labelling the cluster ${cluster.name}`, around)
    await around.tell.line(`The cluster ${cluster.name} is kept until ${after}, not ${before}.`)
  } catch (error) {
    around.signal.throwIfAborted()
    if (!isTaskqError(error)) throw error
    await around.tell.line(
      `Mind: ${error.message} sweep counts the cluster ${cluster.name} as forgotten after ${before}.`,
    )
  }
}
