import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ClusterManagerClient } from '@google-cloud/container'
import {
  credentials,
  type handleUnaryCall,
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServiceDefinition,
} from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { at, textAt } from '../kube/store.ts'
import { type Clusters, operationMessage, type Pool, Refusal } from './clusters.ts'

/** Google's service by gRPC, from the protos of Google's own client, with that client connected to it. */
export async function startGrpc(clusters: () => Clusters) {
  const server = new Server()
  server.addService(serviceDefinition(), handlers(clusters))
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  return {
    /** The real client; only its address differs. */
    connect: () => {
      const client = new ClusterManagerClient({
        ...{ apiEndpoint: '127.0.0.1', port, projectId: 'p' },
        sslCreds: credentials.createInsecure(),
      })
      return client
    },
    port,
    stop: () => server.forceShutdown(),
  }
}

function serviceDefinition(): ServiceDefinition {
  const here = fileURLToPath(import.meta.resolve('@google-cloud/container'))
  const protos = join(dirname(here), '../protos')
  const shared = join(dirname(here), '../../../../google-gax/build/protos')
  const definition = loadSync('google/container/v1/cluster_service.proto', {
    ...{ includeDirs: [protos, shared], enums: String, longs: String },
  })
  const service = at(
    loadPackageDefinition(definition),
    'google',
    'container',
    'v1',
    'ClusterManager',
    'service',
  )
  return service as ServiceDefinition
}

function handlers(clusters: () => Clusters) {
  return {
    getCluster: unary(clusters, ({ location, cluster }) => clusters().get(location, cluster)),
    listClusters: unary(clusters, ({ location }) => ({ clusters: clusters().list(location) })),
    createCluster: unary(clusters, ({ location, request }) =>
      operationMessage(
        clusters().create(location, at(request, 'cluster') as { name: string }),
        location,
      ),
    ),
    deleteCluster: unary(clusters, ({ location, cluster }) =>
      operationMessage(clusters().delete(location, cluster), location),
    ),
    createNodePool: unary(clusters, ({ location, cluster, request }) =>
      operationMessage(
        clusters().createPool(location, cluster, at(request, 'nodePool') as Pool),
        location,
      ),
    ),
    deleteNodePool: unary(clusters, ({ location, cluster, pool }) =>
      operationMessage(clusters().deletePool(location, cluster, pool), location),
    ),
    setNodePoolAutoscaling: unary(clusters, ({ location, cluster, pool, request }) =>
      operationMessage(
        clusters().limitPool(location, cluster, pool, at(request, 'autoscaling')),
        location,
      ),
    ),
    setLabels: unary(clusters, ({ location, cluster, request }) =>
      operationMessage(clusters().label(location, cluster, request), location),
    ),
    getOperation: unary(clusters, ({ location, operation }) =>
      operationMessage(clusters().operation(operation), location),
    ),
    listOperations: unary(clusters, ({ location }) => ({
      operations: clusters().operations.map(each => operationMessage(each, location)),
    })),
  }
}

interface Asked {
  readonly request: unknown
  readonly location: string
  readonly cluster: string
  readonly pool: string
  readonly operation: string
}

function unary(
  clusters: () => Clusters,
  act: (asked: Asked) => object,
): handleUnaryCall<unknown, object> {
  return ({ request }, callback) => {
    const name = textAt(request, 'name') || textAt(request, 'parent')
    const part = (kind: string) => new RegExp(`/${kind}/([^/]+)`).exec(name)?.[1] ?? ''
    if (clusters().isDeaf) return
    try {
      callback(
        null,
        act({
          ...{ request, location: part('locations'), cluster: part('clusters') },
          ...{ pool: part('nodePools'), operation: part('operations') },
        }),
      )
    } catch (error) {
      const code = error instanceof Refusal ? error.grpc : 13
      callback({ code, message: error instanceof Error ? error.message : String(error) })
    }
  }
}
