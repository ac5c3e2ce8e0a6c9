import type { GoneCluster, Leftover } from './leftovers.ts'
import type { Quota } from './quota.ts'

/** What we know of a cluster. */
export interface ClusterState {
  readonly name: string
  /** Its zone, or its region when it is of Autopilot. */
  readonly location: string
  readonly status: ClusterStatus
  readonly statusMessage: string
  readonly labels: Readonly<Record<string, string>>
  /** Which state of its labels that is, for changing them. */
  readonly labelFingerprint: string
  readonly pools: readonly PoolState[]
  /** When it was created, in milliseconds since 1970. */
  readonly createdAt: number | undefined
  readonly nodes: number
  /** How its API is reached, once it runs. */
  readonly access?: { readonly server: string; readonly certificate?: string }
}

/** What a cluster is doing. */
export type ClusterStatus = 'provisioning' | 'running' | 'reconciling' | 'stopping' | 'error'

/** A node pool as it is. */
export interface PoolState {
  readonly name: string
  readonly machine: string
  readonly spot: boolean
  readonly diskGb: number
  readonly maxNodes: number
}

/** Work that Google does for us, which goes on when we look away. */
export interface OperationState {
  readonly name: string
  readonly status: 'running' | 'done'
  /** What it works on: the last part is the cluster's or pool's name. */
  readonly target: string
  readonly kind: string
  /** Why it failed, once it is done. */
  readonly failure?: string
}

/** The cluster that is wanted, as data. */
export interface WantedCluster {
  readonly name: string
  readonly mode: 'standard' | 'autopilot'
  readonly labels: Readonly<Record<string, string>>
  readonly network: string
  readonly pools: readonly WantedPool[]
}

/** A node pool as it is to be made. */
export interface WantedPool {
  readonly name: string
  readonly machine: string
  readonly spot: boolean
  readonly maxNodes: number
  readonly maxPods: number
  readonly diskGb: number
}

/** The service that has the clusters, as far as a fleet needs it. What is absent is `undefined`, not an error. */
export interface Gke {
  readonly project: string
  readonly location: string
  cluster(name: string): Promise<ClusterState | undefined>
  /** Those of all zones. */
  clusters(): Promise<readonly ClusterState[]>
  /** Each of these answers the name of the operation that does it. */
  createCluster(wanted: WantedCluster): Promise<string>
  createPool(cluster: string, wanted: WantedPool, labels: WantedCluster['labels']): Promise<string>
  limitPool(cluster: string, pool: string, maxNodes: number): Promise<string>
  deletePool(cluster: string, pool: string): Promise<string>
  /** Puts these labels in the place of those that the cluster has, unless others changed them meanwhile. */
  setLabels(cluster: ClusterState, labels: WantedCluster['labels']): Promise<string>
  /** `undefined`: there is no such cluster any more. */
  deleteCluster(name: string): Promise<string | undefined>
  operation(name: string): Promise<OperationState>
  /** What still runs here. */
  operations(): Promise<readonly OperationState[]>
  /** What may still be billed after a cluster is gone. */
  leftovers(gone: GoneCluster): Promise<readonly Leftover[]>
  /** The same of all clusters of ours that are gone, in all zones. */
  orphans(): Promise<readonly Leftover[]>
  /** What a project may have in a region at once. */
  quotas(region: string): Promise<readonly Quota[]>
  /** A token that the cluster takes, good for about an hour. */
  token(): Promise<string>
  close(): Promise<void>
}
