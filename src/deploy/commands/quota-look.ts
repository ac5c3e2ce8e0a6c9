import { TaskqError } from 'taskq-runtime'
import { counted } from '../cli/text.ts'
import { type Shortage, shortageOf } from '../gke/quota.ts'
import { withGke } from './clusters.ts'
import type { Project } from './project.ts'
import type { World } from './world.ts'

/** What the quotas say to a fleet: nothing when they are enough, else a sentence, and whether any machine may be there. */
export type QuotaLook =
  | { readonly kind: 'enough' }
  | { readonly kind: 'short' | 'none' | 'unknown'; readonly says: string }

/** Looks the quotas of the region up, unless the cluster is there already: then its machines count in them. */
export async function lookAtQuota(world: World, project: Project): Promise<QuotaLook> {
  const { configuration, plan } = project
  const { settings } = configuration
  // The machines of Autopilot and of a compute class are chosen by Google.
  if (settings.CLUSTER_MODE === 'autopilot' || settings.COMPUTE_CLASS !== '')
    return { kind: 'enough' }
  try {
    return await withGke<QuotaLook>(world, configuration, async gke => {
      if ((await gke.cluster(settings.GOOGLE_CLUSTER_NAME)) !== undefined) return { kind: 'enough' }
      const region = settings.GOOGLE_ZONE.replace(/-[a-z]$/, '')
      const shortage = shortageOf(await gke.quotas(region), {
        count: plan.nodes,
        machine: plan.fit.machine,
        spot: settings.NODE_PROVISIONING !== 'on-demand',
        diskGb: settings.NODE_DISK_GB,
      })
      if (shortage === undefined) return { kind: 'enough' }
      return {
        kind: shortage.enoughFor === 0 ? 'none' : 'short',
        says: shortageText(shortage, project),
      }
    })
  } catch (error) {
    world.shell.signal.throwIfAborted()
    if (!(error instanceof TaskqError)) throw error
    return {
      kind: 'unknown',
      says: `Whether your quota is enough could not be seen: ${error.message}`,
    }
  }
}

function shortageText(
  { quota: { where, metric, limit, usage }, enoughFor }: Shortage,
  { plan }: Project,
): string {
  const needs = `${counted(plan.nodes, 'machine')} of ${plan.fit.machine.name}`
  const may = enoughFor === 0 ? 'none of them' : `only ${enoughFor} of them`
  // In another zone one that counts over all regions would be as short.
  const elsewhere = where === 'all regions' ? '' : 'take another GOOGLE_ZONE, '
  return `The quota ${metric} of ${where} is ${limit}, of which ${usage} is used: of ${needs} ${may} may be there. Ask for more in the Cloud console (IAM, Quotas), ${elsewhere}or lower TASK_REPLICAS.`
}
