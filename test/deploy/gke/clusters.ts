import { at, textAt } from '../kube/store.ts'

/** A cluster as Google's API has it, as far as tests look. */
export type Cluster = Record<string, unknown> & {
  name: string
  location: string
  status: string
  resourceLabels: Record<string, string>
  nodePools: Pool[]
}

export type Pool = Record<string, unknown> & { name: string }

interface Operation {
  readonly name: string
  readonly kind: string
  readonly target: string
  /** Looks until it is done. */
  looks: number
  readonly finish: () => void
  failure?: string
}

/** A refusal by the codes of both transports. */
export class Refusal extends Error {
  readonly grpc: number
  readonly rest: number

  constructor(grpc: number, rest: number, message: string) {
    super(message)
    this.grpc = grpc
    this.rest = rest
  }
}

/** The clusters of a make-believe project: what both of the fake's transports work on. */
export class Clusters {
  readonly clusters = new Map<string, Cluster>()
  readonly operations: Operation[] = []
  /** Every change that was asked for, as `CREATE_CLUSTER demo`. */
  readonly changes: string[] = []
  /** Disks that outlive their clusters. */
  readonly disks: { name: string; zone: string; cluster: string }[] = []
  /** Machines that do. */
  readonly machines: { name: string; zone: string; cluster: string }[] = []
  /** What else Compute Engine has, by its collections: as it answers, and where. */
  readonly others: { collection: string; scope: string; item: Record<string, unknown> }[] = []
  /** Nobody may look at Compute Engine. */
  isComputeDenied = false
  /** What the project may have in a region; what is not listed has no end. */
  quotas: readonly { metric: string; limit: number; usage: number }[] = []
  /** How often an operation is looked at before it is done. */
  looks = 2
  /** Refuses or fails what is asked: `refuse` at once, `fail` when the operation ends. */
  refuse: ((change: string) => Refusal | undefined) | undefined
  fail: ((change: string) => string | undefined) | undefined
  /** Where the clusters say that their Kubernetes API is. */
  endpoint = '127.0.0.1'
  certificate = 'bm9uZQ=='
  /** The most operations that were going on at once. */
  mostAtOnce = 0
  /** Whoever asks may do nothing here. */
  denied = false
  now: () => number = Date.now
  /** Answers nothing any more, as a network that has gone away. */
  isDeaf = false
  #serial = 0

  get(location: string, name: string): Cluster {
    this.#allow()
    const found = this.clusters.get(`${location}/${name}`)
    if (found !== undefined) return found
    throw new Refusal(
      5,
      404,
      `Not found: projects/p/locations/${location}/clusters/${name}.\nNo cluster named '${name}' in p.`,
    )
  }

  list(location: string): Cluster[] {
    this.#allow()
    return [...this.clusters.values()].filter(
      each => location === '-' || each.location === location,
    )
  }

  create(location: string, cluster: Partial<Cluster> & { name: string }): Operation {
    const key = `${location}/${cluster.name}`
    if (this.clusters.has(key)) {
      throw new Refusal(
        6,
        409,
        `Already exists: projects/p/locations/${location}/clusters/${cluster.name}.`,
      )
    }
    const begun = this.#begin('CREATE_CLUSTER', location, cluster.name, () => {
      made.status = 'RUNNING'
    })
    const made: Cluster = {
      ...cluster,
      resourceLabels: cluster.resourceLabels ?? {},
      labelFingerprint: 'a9dc16a7',
      nodePools: (cluster.nodePools ?? []).map(pool => ({
        ...pool,
        status: 'RUNNING',
        version: VERSION,
      })),
      ...{ location, zone: location, status: 'PROVISIONING', endpoint: this.endpoint },
      ...{ currentMasterVersion: VERSION, currentNodeVersion: VERSION, currentNodeCount: 1 },
      createTime: new Date(this.now()).toISOString(),
      selfLink: `https://container.googleapis.com/v1/projects/p/zones/${location}/clusters/${cluster.name}`,
      masterAuth: { clusterCaCertificate: this.certificate },
    }
    this.clusters.set(key, made)
    return begun
  }

  createPool(location: string, cluster: string, pool: Pool): Operation {
    const owner = this.get(location, cluster)
    if (owner.nodePools.some(({ name }) => name === pool.name)) {
      throw new Refusal(6, 409, `Already exists: node pool ${pool.name}.`)
    }
    return this.#begin('CREATE_NODE_POOL', location, `${cluster}/nodePools/${pool.name}`, () => {
      owner.nodePools.push({ ...pool, status: 'RUNNING', version: VERSION })
    })
  }

  pool(location: string, cluster: string, name: string): Pool {
    const found = this.get(location, cluster).nodePools.find(each => each.name === name)
    if (found !== undefined) return found
    throw new Refusal(5, 404, `Not found: node pool ${name}.`)
  }

  limitPool(location: string, cluster: string, name: string, autoscaling: unknown): Operation {
    const pool = this.pool(location, cluster, name)
    return this.#begin('UPDATE_CLUSTER', location, `${cluster}/nodePools/${name}`, () => {
      pool['autoscaling'] = autoscaling
    })
  }

  /** Labels go all together, and only over those that were seen. */
  label(location: string, name: string, request: unknown): Operation {
    const cluster = this.get(location, name)
    if (textAt(request, 'labelFingerprint') !== cluster['labelFingerprint'])
      throw new Refusal(9, 400, 'Labels could not be set due to fingerprint mismatch.')
    return this.#begin('UPDATE_CLUSTER', location, name, () => {
      cluster.resourceLabels = { ...(at(request, 'resourceLabels') as Record<string, string>) }
      cluster['labelFingerprint'] = `${String(cluster['labelFingerprint'])}+`
    })
  }

  deletePool(location: string, cluster: string, name: string): Operation {
    this.pool(location, cluster, name)
    const owner = this.get(location, cluster)
    return this.#begin('DELETE_NODE_POOL', location, `${cluster}/nodePools/${name}`, () => {
      owner.nodePools = owner.nodePools.filter(each => each.name !== name)
    })
  }

  delete(location: string, name: string): Operation {
    const cluster = this.get(location, name)
    const running = this.operations.find(
      each => each.looks > 0 && each.target.endsWith(`/clusters/${name}`),
    )
    if (running !== undefined) {
      throw new Refusal(9, 400, `Cluster is running incompatible operation ${running.name}.`)
    }
    cluster.status = 'STOPPING'
    return this.#begin('DELETE_CLUSTER', location, name, () =>
      this.clusters.delete(`${location}/${name}`),
    )
  }

  /** Looks at an operation, which brings it nearer to its end. */
  operation(name: string): Operation {
    const found = this.operations.find(each => each.name === name)
    if (found === undefined) throw new Refusal(5, 404, `Not found: operation ${name}.`)
    if (found.looks > 0) {
      found.looks -= 1
      if (found.looks === 0 && found.failure === undefined) found.finish()
    }
    return found
  }

  #allow(): void {
    if (this.denied)
      throw new Refusal(
        7,
        403,
        'Required "container.clusters.list" permission(s) for "projects/p".',
      )
  }

  #begin(kind: string, location: string, target: string, finish: () => void): Operation {
    const change = `${kind} ${target}`
    const refusal = this.refuse?.(change)
    if (refusal) throw refusal
    this.changes.push(change)
    this.#serial += 1
    const failure = this.fail?.(change)
    const operation: Operation = {
      name: `operation-${this.#serial}`,
      kind,
      target: `https://container.googleapis.com/v1/projects/p/locations/${location}/clusters/${target}`,
      looks: this.looks,
      finish,
      ...(failure !== undefined && { failure }),
    }
    this.operations.push(operation)
    const going = this.operations.filter(each => each.looks > 0)
    this.mostAtOnce = Math.max(this.mostAtOnce, going.length)
    return operation
  }
}

/** An operation as both transports write it. */
export function operationMessage(
  { name, kind, target, looks, failure }: Operation,
  location: string,
) {
  const link = `https://container.googleapis.com/v1/projects/p/locations/${location}/operations/${name}`
  return {
    ...{
      name,
      operationType: kind,
      status: looks > 0 ? 'RUNNING' : 'DONE',
      zone: location,
      location,
    },
    ...{ selfLink: link, targetLink: target, startTime: '2026-11-21T00:00:00Z' },
    ...(looks === 0 &&
      failure !== undefined && { error: { code: 8, message: failure }, statusMessage: failure }),
  }
}

const VERSION = '1.35.6-gke.100'
