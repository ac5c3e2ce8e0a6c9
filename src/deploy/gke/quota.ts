import { objectOf, textOf } from '../kube/api.ts'
import { type Machine, SYSTEM_MACHINE } from '../machines.ts'
import { askCompute, type SignedRequests } from './compute.ts'

/** How much of a thing a project may have at once, and how much of it is there. */
export interface Quota {
  /** A region, or `all regions`. */
  readonly where: string
  readonly metric: string
  readonly limit: number
  readonly usage: number
}

/** The machines that a fleet needs, as far as quotas count them. */
export interface NeededMachines {
  readonly count: number
  readonly machine: Machine
  readonly spot: boolean
  readonly diskGb: number
}

/** A quota that lets fewer machines be there than are needed. */
export interface Shortage {
  readonly quota: Quota
  /** Machines for which it is enough, beside the cluster's own. */
  readonly enoughFor: number
}

/** The quotas of a region, and those that count over all regions. */
export async function quotasOf(
  auth: SignedRequests,
  project: string,
  region: string,
): Promise<readonly Quota[]> {
  const places = [
    { where: region, path: `regions/${region}` },
    { where: 'all regions', path: '' },
  ]
  const found = places.map(async ({ where, path }) => {
    const listed = objectOf(await askCompute(auth, project, path))['quotas']
    return (Array.isArray(listed) ? listed : []).map(each => {
      const { metric, limit, usage } = objectOf(each)
      return { where, metric: textOf(metric), limit: Number(limit), usage: Number(usage) }
    })
  })
  return (await Promise.all(found)).flat()
}

/** The quota that is short first for a fleet whose cluster is not there yet; `undefined` when all are enough. */
export function shortageOf(quotas: readonly Quota[], needed: NeededMachines): Shortage | undefined {
  const own = SYSTEM_MACHINE.cpuMillis / 1000
  const amounts = [
    ...cpuMetrics(quotas, needed).map(metric => ({
      metric,
      each: needed.machine.cpuMillis / 1000,
      system: OF_SYSTEM.includes(metric) ? own : 0,
    })),
    { metric: 'INSTANCES', each: 1, system: 1 },
    { metric: 'IN_USE_ADDRESSES', each: 1, system: 1 },
    // The balanced disks of workers count as SSD; the cluster's own is of the plain kind.
    { metric: 'SSD_TOTAL_GB', each: needed.diskGb, system: 0 },
  ]
  return amounts
    .flatMap(({ metric, each, system }) => {
      const quota = quotas.find(known => known.metric === metric)
      if (quota === undefined) return []
      const room = quota.limit - quota.usage - system
      return [{ quota, enoughFor: Math.max(0, Math.floor(room / each)) }]
    })
    .filter(({ enoughFor }) => enoughFor < needed.count)
    .toSorted((one, other) => one.enoughFor - other.enoughFor)[0]
}

/** Every quota in which the cores of the cluster's own machine count. */
const OF_SYSTEM: readonly string[] = ['CPUS', 'E2_CPUS', 'CPUS_ALL_REGIONS']

/**
 * Spot machines have a quota of their own only where one was granted. E2 has one of its own and counts
 * in that of the oldest families too; new projects have a small one over all regions.
 */
function cpuMetrics(
  quotas: readonly Quota[],
  { machine, spot }: NeededMachines,
): readonly string[] {
  const isGranted = quotas.some(({ metric, limit }) => metric === 'PREEMPTIBLE_CPUS' && limit > 0)
  if (spot && isGranted) return ['PREEMPTIBLE_CPUS']
  const family = machine.name.split('-')[0] ?? ''
  const own = `${family.toUpperCase()}_CPUS`
  return [...(family === 'e2' ? ['CPUS', own] : [own]), 'CPUS_ALL_REGIONS']
}
