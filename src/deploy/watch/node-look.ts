import { z } from 'zod'
import { goodBody, type KubeApi } from '../kube/api.ts'
import { listShape, type Pod } from '../kube/objects.ts'

/** What a machine of a cluster is, as far as its price goes. */
export interface NodeKind {
  /** Its type, as `e2-standard-4`. */
  readonly machine: string
  readonly spot: boolean
}

/** Machines by their names. Those that nobody could look up are absent. */
export type NodeKinds = ReadonlyMap<string, NodeKind>

/** Looks up which machines pods are on. What was seen once stays known when it is gone. */
export class NodeLook {
  readonly #kube: KubeApi
  readonly #known = new Map<string, NodeKind>()
  #due = 0

  constructor(kube: KubeApi) {
    this.#kube = kube
  }

  /** Asks only when a pod is on a machine not known yet, and then every half a minute at most. */
  async look(pods: readonly Pod[], milliseconds: number, signal: AbortSignal): Promise<NodeKinds> {
    const isNew = ({ spec }: Pod) => spec.nodeName !== undefined && !this.#known.has(spec.nodeName)
    if (milliseconds < this.#due || !pods.some(isNew)) return this.#known
    this.#due = milliseconds + AGAIN_MILLISECONDS
    try {
      const answer = await this.#kube.send({ method: 'GET', path: '/api/v1/nodes', signal })
      const { items } = listShape.parse(goodBody(answer, 'The machines could not be listed'))
      for (const { metadata } of items.map(item => nodeShape.parse(item)))
        this.#known.set(metadata.name, kindOf(metadata.labels))
    } catch (error) {
      signal.throwIfAborted()
      // Not everybody may look at machines; what they cost at least is shown then.
      if (!(error instanceof Error)) throw error
    }
    return this.#known
  }
}

const AGAIN_MILLISECONDS = 30_000

const nodeShape = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
  }),
})

function kindOf(labels: Readonly<Record<string, string>>): NodeKind {
  return {
    machine: labels['node.kubernetes.io/instance-type'] ?? '',
    spot: labels['cloud.google.com/gke-spot'] === 'true',
  }
}
