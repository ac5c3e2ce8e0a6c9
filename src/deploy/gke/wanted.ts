import type { Configuration } from '../config/read.ts'
import type { WantedCluster, WantedPool } from './gke.ts'
import { clusterLabels } from './labels.ts'

/** The cluster that the configuration asks for; `machine` is the type that was chosen. */
export function wantedCluster(
  { settings }: Configuration,
  machine: string,
  owner: string,
  now: number,
): WantedCluster {
  return {
    name: settings.GOOGLE_CLUSTER_NAME,
    mode: settings.CLUSTER_MODE,
    labels: labelsOf({ settings }, owner, now),
    network: settings.GOOGLE_VPC_NETWORK_NAME,
    pools: hasOwnPools(settings) ? pools(settings, machine) : [],
  }
}

/** The labels that a cluster made now would carry. */
export function labelsOf(
  { settings }: Pick<Configuration, 'settings'>,
  owner: string,
  now: number,
): WantedCluster['labels'] {
  return clusterLabels(settings.TASK_NAME, owner, now, settings.EXPIRES_HOURS)
}

/** Where the cluster is: a zone, or for Autopilot, which has no zonal clusters, the region. */
export function locationOf({ settings }: Configuration): string {
  return settings.CLUSTER_MODE === 'autopilot'
    ? settings.GOOGLE_SUBNETWORK_REGION
    : settings.GOOGLE_ZONE
}

/** Machines of a compute class, and those of Autopilot, come in pools that Google makes. */
function hasOwnPools({ CLUSTER_MODE, COMPUTE_CLASS }: Configuration['settings']): boolean {
  return CLUSTER_MODE === 'standard' && COMPUTE_CLASS === ''
}

function pools(settings: Configuration['settings'], machine: string): readonly WantedPool[] {
  const pool = (name: string, spot: boolean): WantedPool => ({
    name,
    machine,
    spot,
    maxNodes: settings.NUMBER_NODES,
    maxPods: settings.PODS_PER_NODE,
    diskGb: settings.NODE_DISK_GB,
  })
  switch (settings.NODE_PROVISIONING) {
    case 'spot':
      return [pool('workers', true)]
    case 'on-demand':
      return [pool('workers', false)]
    case 'spot-then-on-demand':
      return [pool('workers', true), pool('workers-on-demand', false)]
  }
}
