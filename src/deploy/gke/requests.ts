import { SYSTEM_MACHINE } from '../machines.ts'
import { WORKER_NODES } from '../manifest/values.ts'
import type { WantedCluster, WantedPool } from './gke.ts'

/** The request that creates a cluster, as Google's API takes it. `make_cluster.sh` asks for the same. */
export function clusterRequest(project: string, location: string, wanted: WantedCluster) {
  const { name, labels, network, mode } = wanted
  const region = location.replace(/-[a-z]$/, '')
  const shared = {
    name,
    resourceLabels: labels,
    network: `projects/${project}/global/networks/${network}`,
    subnetwork: `projects/${project}/regions/${region}/subnetworks/${network}`,
    releaseChannel: { channel: 'REGULAR' as const },
    ipAllocationPolicy: { useIpAliases: true },
    controlPlaneEndpointsConfig: { dnsEndpointConfig: { allowExternalTraffic: true } },
  }
  if (mode === 'autopilot') return { ...shared, autopilot: { enabled: true } }
  return {
    ...shared,
    workloadIdentityConfig: { workloadPool: `${project}.svc.id.goog` },
    shieldedNodes: { enabled: true },
    autoscaling: { autoscalingProfile: 'OPTIMIZE_UTILIZATION' as const },
    costManagementConfig: { enabled: true },
    loggingConfig: {
      componentConfig: { enableComponents: [COMPONENTS.system, COMPONENTS.workloads] },
    },
    monitoringConfig: {
      componentConfig: { enableComponents: [COMPONENTS.system] },
      managedPrometheusConfig: { enabled: false },
    },
    nodePoolDefaults: { nodeConfigDefaults: { gcfsConfig: { enabled: true } } },
    nodePools: [systemPool(labels)],
  }
}

/** The request that creates a pool for workers. */
export function poolRequest(wanted: WantedPool, labels: WantedCluster['labels']) {
  return {
    name: wanted.name,
    initialNodeCount: 0,
    config: {
      machineType: wanted.machine,
      spot: wanted.spot,
      diskType: 'pd-balanced',
      diskSizeGb: wanted.diskGb,
      gcfsConfig: { enabled: true },
      labels: { [WORKER_NODES.key]: WORKER_NODES.value },
      taints: [{ ...WORKER_NODES, effect: 'NO_SCHEDULE' as const }],
      resourceLabels: labels,
      workloadMetadataConfig: { mode: 'GKE_METADATA' as const },
      oauthScopes: SCOPES,
    },
    autoscaling: autoscaling(wanted.maxNodes),
    management: MANAGEMENT,
    maxPodsConstraint: { maxPodsPerNode: wanted.maxPods },
  }
}

/** From none to so many machines, wherever in the location there are some. */
export function autoscaling(maxNodes: number) {
  return {
    enabled: true,
    totalMinNodeCount: 0,
    totalMaxNodeCount: maxNodes,
    locationPolicy: 'ANY' as const,
  }
}

/** The pool of the cluster's own machine, by the name that Google gives a first pool. */
export const SYSTEM_POOL = 'default-pool'

/** The one machine that is always there, for what the cluster itself needs. */
function systemPool(labels: WantedCluster['labels']) {
  return {
    name: SYSTEM_POOL,
    initialNodeCount: 1,
    config: {
      machineType: SYSTEM_MACHINE.name,
      diskType: 'pd-standard',
      diskSizeGb: 30,
      resourceLabels: labels,
      oauthScopes: SCOPES,
    },
    management: MANAGEMENT,
  }
}

/** The client's types know these by number only: SYSTEM_COMPONENTS and WORKLOADS. */
const COMPONENTS = { system: 1, workloads: 2 } as const

const MANAGEMENT = { autoUpgrade: true, autoRepair: true } as const

/** Reading images and writing logs; what tasks may do comes from Workload Identity. */
const SCOPES = [
  'https://www.googleapis.com/auth/devstorage.read_only',
  'https://www.googleapis.com/auth/logging.write',
  'https://www.googleapis.com/auth/monitoring',
  'https://www.googleapis.com/auth/service.management.readonly',
  'https://www.googleapis.com/auth/servicecontrol',
  'https://www.googleapis.com/auth/trace.append',
]
