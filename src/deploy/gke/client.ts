import type { ClusterManagerClient, protos } from '@google-cloud/container'
import { unlessAborted } from '../unless-aborted.ts'
import { faultOf, gkeError } from './faults.ts'
import type { ClusterState, ClusterStatus, Gke, OperationState, PoolState } from './gke.ts'
import { asLeftover, leftoversOf, orphansOf } from './leftovers.ts'
import { partsOf } from './parts.ts'
import { quotasOf } from './quota.ts'
import { autoscaling, clusterRequest, poolRequest } from './requests.ts'

type Client = Pick<
  ClusterManagerClient,
  | 'getCluster'
  | 'listClusters'
  | 'createCluster'
  | 'deleteCluster'
  | 'createNodePool'
  | 'deleteNodePool'
  | 'setNodePoolAutoscaling'
  | 'setLabels'
  | 'getOperation'
  | 'listOperations'
  | 'close'
  | 'auth'
>

/** How long Google is waited for. */
export interface Patience {
  /** Ends looking, and no change that is being asked for: what became of that nobody would know. */
  readonly signal?: AbortSignal
  /** The longest wait for one answer; 60 s. */
  readonly milliseconds?: number
}

/** The clusters of a project and location, by Google's own client. */
export function gkeOf(
  client: Client,
  project: string,
  location: string,
  { signal, milliseconds = 60_000 }: Patience = {},
): Gke {
  const parent = `projects/${project}/locations/${location}`
  const clusterPath = (name: string) => `${parent}/clusters/${name}`
  /** Says what was being done when it failed; `faultOf` still tells which kind of failure it was. */
  const ask = async <Answer>(doing: string, call: () => Promise<Answer>): Promise<Answer> => {
    return await patiently(doing, call, signal === undefined ? [] : [signal])
  }
  const patiently = async <Answer>(
    doing: string,
    call: () => Promise<Answer>,
    signals: readonly AbortSignal[],
  ): Promise<Answer> => {
    // The client's own limits do not hold while it waits for credentials.
    const limit = AbortSignal.timeout(milliseconds)
    try {
      return await unlessAborted(call(), AbortSignal.any([limit, ...signals]))
    } catch (error) {
      for (const each of signals) each.throwIfAborted()
      throw gkeError(limit.aborted ? silence(milliseconds, error) : error, doing, project)
    }
  }
  const orAbsent = async <Answer>(call: Promise<Answer>): Promise<Answer | undefined> => {
    try {
      return await call
    } catch (error) {
      if (faultOf(error) === 'absent') return undefined
      throw error
    }
  }
  const begun = async (
    doing: string,
    call: () => Promise<[protos.google.container.v1.IOperation, ...unknown[]]>,
  ) => {
    const [operation] = await patiently(doing, call, [])
    return operation.name ?? ''
  }
  const allClusters = async () => {
    const [answer] = await client.listClusters({ parent: `projects/${project}/locations/-` })
    return (answer.clusters ?? []).map(clusterState)
  }
  return {
    project,
    location,
    async cluster(name) {
      const answer = await orAbsent(
        ask(`The cluster ${name} could not be looked up`, () =>
          client.getCluster({ name: clusterPath(name) }),
        ),
      )
      return answer === undefined ? undefined : clusterState(answer[0])
    },
    clusters: () => ask('The clusters could not be listed', allClusters),
    createCluster: wanted =>
      begun(`The cluster ${wanted.name} could not be created`, () =>
        client.createCluster({ parent, cluster: clusterRequest(project, location, wanted) }),
      ),
    createPool: (cluster, wanted, labels) =>
      begun(`The pool ${wanted.name} could not be created`, () =>
        client.createNodePool({
          parent: clusterPath(cluster),
          nodePool: poolRequest(wanted, labels),
        }),
      ),
    limitPool: (cluster, pool, maxNodes) =>
      begun(`The limits of the pool ${pool} could not be changed`, () =>
        client.setNodePoolAutoscaling({
          name: `${clusterPath(cluster)}/nodePools/${pool}`,
          autoscaling: autoscaling(maxNodes),
        }),
      ),
    deletePool: (cluster, pool) =>
      begun(`The pool ${pool} could not be deleted`, () =>
        client.deleteNodePool({ name: `${clusterPath(cluster)}/nodePools/${pool}` }),
      ),
    setLabels: ({ name, labelFingerprint }, labels) =>
      begun(`The labels of the cluster ${name} could not be changed`, () =>
        client.setLabels({ name: clusterPath(name), resourceLabels: labels, labelFingerprint }),
      ),
    deleteCluster: name =>
      orAbsent(
        begun(`The cluster ${name} could not be deleted`, () =>
          client.deleteCluster({ name: clusterPath(name) }),
        ),
      ),
    async operation(name) {
      const [operation] = await ask('An operation could not be looked up', () =>
        client.getOperation({ name: `${parent}/operations/${name}` }),
      )
      return operationState(operation)
    },
    async operations() {
      const [answer] = await ask('The operations could not be listed', () =>
        client.listOperations({ parent }),
      )
      return (answer.operations ?? [])
        .map(operationState)
        .filter(({ status }) => status === 'running')
    },
    leftovers: gone =>
      ask(`Whether something of ${gone.name} is left could not be looked up`, async () => {
        const parts = await partsOf(client.auth, project, gone.name)
        const left = leftoversOf(gone, location, parts, await allClusters())
        return left.map(each => asLeftover(each, project))
      }),
    orphans: () =>
      ask(
        'Whether something of clusters that are gone is left could not be looked up',
        async () => {
          const parts = await partsOf(client.auth, project)
          return orphansOf(parts, await allClusters()).map(each => asLeftover(each, project))
        },
      ),
    quotas: region =>
      ask(`The quotas of ${region} could not be looked up`, () =>
        quotasOf(client.auth, project, region),
      ),
    async token() {
      const token = await ask('There are no credentials of Google', () =>
        client.auth.getAccessToken(),
      )
      return token ?? ''
    },
    close: () => client.close(),
  }
}

function silence(milliseconds: number, cause: unknown): Error {
  return new Error(`Google did not answer for ${milliseconds / 1000} s`, { cause })
}

function clusterState(cluster: protos.google.container.v1.ICluster): ClusterState {
  const created = Date.parse(cluster.createTime ?? '')
  const access = accessOf(cluster)
  return {
    name: cluster.name ?? '',
    location: cluster.location || cluster.zone || '',
    status: STATUSES[String(cluster.status)] ?? 'running',
    statusMessage: cluster.statusMessage ?? '',
    labels: cluster.resourceLabels ?? {},
    labelFingerprint: cluster.labelFingerprint ?? '',
    pools: (cluster.nodePools ?? []).map(poolState),
    createdAt: Number.isNaN(created) ? undefined : created,
    nodes: cluster.currentNodeCount ?? 0,
    ...(access && { access }),
  }
}

const STATUSES: Readonly<Record<string, ClusterStatus>> = {
  PROVISIONING: 'provisioning',
  RUNNING: 'running',
  RECONCILING: 'reconciling',
  STOPPING: 'stopping',
  ERROR: 'error',
  DEGRADED: 'running',
}

function poolState(pool: protos.google.container.v1.INodePool): PoolState {
  return {
    name: pool.name ?? '',
    machine: pool.config?.machineType ?? '',
    spot: pool.config?.spot ?? false,
    diskGb: pool.config?.diskSizeGb ?? 0,
    maxNodes: pool.autoscaling?.totalMaxNodeCount ?? 0,
  }
}

/** The DNS name has a certificate that everybody knows; the address has one of the cluster's own. */
function accessOf(cluster: protos.google.container.v1.ICluster): ClusterState['access'] {
  const name = cluster.controlPlaneEndpointsConfig?.dnsEndpointConfig?.endpoint
  if (name) return { server: `https://${name}` }
  const certificate = cluster.masterAuth?.clusterCaCertificate
  if (!cluster.endpoint || !certificate) return undefined
  return { server: `https://${cluster.endpoint}`, certificate }
}

function operationState(operation: protos.google.container.v1.IOperation): OperationState {
  const failure = operation.error?.message || (operation.error?.code ? operation.statusMessage : '')
  return {
    name: operation.name ?? '',
    status: operation.status === 'DONE' ? 'done' : 'running',
    target: operation.targetLink ?? '',
    kind: String(operation.operationType),
    ...(failure && { failure }),
  }
}
