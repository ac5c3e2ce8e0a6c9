import { bytes, cpu, named, oneOf, paths, type Reader, whole } from './readers.ts'

/** A variable of config/cluster.env, as data: read, explained and documented from here. */
export interface Variable<Value> {
  readonly says: string
  /** A value as it may stand in the file. */
  readonly example: string
  /** What is taken when the file has no such line; absent where a line is needed. */
  readonly fallback?: string
  readonly read: Reader<Value>
}

/** Lower case letters, digits and hyphens, as labels of DNS are written; room is left for hashes. */
const name = (longest: number) =>
  named(
    new RegExp(`^(?=.{1,${longest}}$)[a-z]([a-z0-9-]*[a-z0-9])?$`),
    `a name of at most ${longest} lower case letters, digits and hyphens that begins with a letter`,
  )

/** Every variable of config/cluster.env, in the order of the file. */
export const clusterVariables = {
  TASK_NAME: {
    says: 'names the fleet: its namespace, its Job and its labels',
    example: 'my-job',
    read: name(40),
  },
  TASK_DOCKER_IMAGE: {
    says: 'the image of the workers; build-image adds its digest',
    example: 'us-west1-docker.pkg.dev/my-project/taskq/my-job:v1',
    read: named(
      /^([a-z0-9][A-Za-z0-9.-]*(:\d+)?\/)?[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$/,
      'an image, such as myname/my-job:v1 or us-west1-docker.pkg.dev/my-project/taskq/my-job:v1',
    ),
  },
  TASK_REPLICAS: {
    says: 'workers (pods) wanted',
    example: '3',
    fallback: '1',
    read: whole(1, 10_000),
  },
  TASK_MODE: {
    says: 'job: the fleet ends when the queue is empty; service: never, and is paid for ever',
    example: 'job',
    fallback: 'job',
    read: oneOf('job', 'service'),
  },
  CPU_REQUEST: {
    says: 'CPU of one worker; there is no limit on purpose',
    example: '700m',
    read: cpu,
  },
  MEMORY_REQUEST: { says: 'memory of one worker', example: '1Gi', read: bytes },
  MEMORY_LIMIT: {
    says: 'the most memory of one worker; equal to the request is safest',
    example: '1Gi',
    read: bytes,
  },
  EPHEMERAL_STORAGE_REQUEST: {
    says: 'disk of one worker',
    example: '1Gi',
    fallback: '1Gi',
    read: bytes,
  },
  EPHEMERAL_STORAGE_LIMIT: {
    says: 'the most disk of one worker',
    example: '2Gi',
    fallback: '2Gi',
    read: bytes,
  },
  GRACE_SECONDS: {
    says: 'how long a worker that must go may finish; Spot machines give 15 of their 30 seconds',
    example: '15',
    fallback: '15',
    read: whole(5, 3600),
  },
  SECRET_FILES: {
    says: 'local key files, by comma, which workers find below /secrets',
    example: 'secrets/google-secret.json',
    fallback: '',
    read: paths,
  },
  GOOGLE_PROJECT_NAME: {
    says: 'the id of the Google Cloud project that pays',
    example: 'my-project-123',
    read: named(
      /^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
      'a project id: 6 to 30 lower case letters, digits and hyphens',
    ),
  },
  GOOGLE_CLUSTER_NAME: { says: 'the cluster', example: 'my-job-cluster', read: name(40) },
  GOOGLE_ZONE: {
    says: 'the zone of the cluster; a zonal cluster is the cheapest',
    example: 'us-west1-a',
    read: named(/^[a-z]+-[a-z]+\d+-[a-z]$/, 'a zone, such as us-west1-a'),
  },
  GOOGLE_SUBNETWORK_REGION: {
    says: 'the region of the subnetwork: that of the zone',
    example: 'us-west1',
    fallback: '',
    read: named(/^([a-z]+-[a-z]+\d+)?$/, 'a region, such as us-west1'),
  },
  GOOGLE_VPC_NETWORK_NAME: {
    says: 'the network and, of the same name, its subnetwork',
    example: 'default',
    fallback: 'default',
    read: named(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/, 'the name of a network, such as default'),
  },
  GOOGLE_COMPUTE_TYPE: {
    says: 'the machine type of the workers; auto chooses the cheapest',
    example: 'e2-standard-4',
    fallback: 'auto',
    read: named(
      /^(auto|[a-z][a-z0-9]*-[a-z0-9-]+)$/,
      'a machine type, such as e2-standard-4, or auto',
    ),
  },
  NUMBER_NODES: {
    says: 'the most machines; the cluster has as few of them as the workers need, down to none',
    example: '1',
    fallback: '1',
    read: whole(1, 1000),
  },
  PODS_PER_NODE: {
    says: 'the most pods on a machine; above 110 GKE sets 400m more CPU aside',
    example: '110',
    fallback: '110',
    read: whole(8, 256),
  },
  NODE_DISK_GB: {
    says: 'the disk of a machine',
    example: '100',
    fallback: '100',
    read: whole(20, 64_000),
  },
  NODE_PROVISIONING: {
    says: 'spot: a third of the price, taken away at times; on-demand; or spot-then-on-demand',
    example: 'spot',
    fallback: 'spot',
    read: oneOf('spot', 'on-demand', 'spot-then-on-demand'),
  },
  CLUSTER_MODE: {
    says: 'standard: machines of ours; autopilot: Google chooses them and bills the requests',
    example: 'standard',
    fallback: 'standard',
    read: oneOf('standard', 'autopilot'),
  },
  COMPUTE_CLASS: {
    says: 'a compute class that chooses the machines, such as Balanced of Autopilot or one of your own',
    example: 'Balanced',
    fallback: '',
    read: named(
      /^([A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)?$/,
      'the name of a compute class, such as Balanced or my-class',
    ),
  },
  EXPIRES_HOURS: {
    says: 'after so many hours "taskq-deploy sweep" counts the cluster as forgotten',
    example: '72',
    fallback: '72',
    read: whole(1, 8760),
  },
} as const satisfies Readonly<Record<string, Variable<unknown>>>

/** Names a variable of config/cluster.env. */
export type VariableName = keyof typeof clusterVariables

type ValueOf<Each> = Each extends { readonly read: Reader<infer Value> } ? Value : never

/** The variables of config/cluster.env, read. */
export type ClusterSettings = {
  readonly [Name in VariableName]: ValueOf<(typeof clusterVariables)[Name]>
}
