/** Where the prices below were read, and when. Every price that is printed names the date. */
export const PRICE_LIST = {
  source: "Google's list prices, us-central1, without discounts",
  date: '2026-06',
} as const

/** What GKE asks for one zonal or regional cluster, in dollars an hour. */
export const CLUSTER_FEE = 0.1

/** A machine type as the planner sees it. */
export interface Machine {
  readonly name: string
  readonly cpuMillis: number
  readonly memoryMiB: number
  /** Shared-core machines promise half a core a vCPU; GKE sets a whole core of them aside. */
  readonly sharedCore: boolean
  /** Dollars an hour, on demand. */
  readonly onDemand: number
  /** Dollars an hour as a Spot machine, which may be taken away at 30 seconds' notice. */
  readonly spot: number
}

/** The least machine that holds kube-dns: the one on-demand node every fleet has beside its workers. */
export const SYSTEM_MACHINE: Machine = machine('e2-medium', 2, 4, 0.0335, 0.01, 'shared-core')

/** The machine types that we have a price for, by family and size. */
export const MACHINES: readonly Machine[] = [
  SYSTEM_MACHINE,
  machine('e2-standard-2', 2, 8, 0.067, 0.0201),
  machine('e2-standard-4', 4, 16, 0.134, 0.0402),
  machine('e2-standard-8', 8, 32, 0.2681, 0.0804),
  machine('e2-standard-16', 16, 64, 0.5361, 0.1608),
  machine('e2-highmem-8', 8, 64, 0.3616, 0.1085),
  machine('n2-standard-8', 8, 32, 0.3885, 0.094),
  machine('n2-highmem-8', 8, 64, 0.5241, 0.1268),
  machine('t2d-standard-8', 8, 32, 0.338, 0.0818),
]

/** The machine type of that name, or `undefined` when we have no price for it. */
export function findMachine(name: string): Machine | undefined {
  return MACHINES.find(known => known.name === name)
}

function machine(
  name: string,
  cpus: number,
  memoryGiB: number,
  onDemand: number,
  spot: number,
  core: 'own-cores' | 'shared-core' = 'own-cores',
): Machine {
  return {
    name,
    cpuMillis: cpus * 1000,
    memoryMiB: memoryGiB * 1024,
    sharedCore: core === 'shared-core',
    onDemand,
    spot,
  }
}
