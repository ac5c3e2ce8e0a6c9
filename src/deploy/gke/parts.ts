import { objectOf, textOf } from '../kube/api.ts'
import { namespaceOf } from '../manifest/names.ts'
import { listCompute, type SignedRequests } from './compute.ts'

/** Something in Compute Engine that belongs to a cluster, or did. */
export interface Part {
  readonly kind: PartKind
  readonly name: string
  /** As Compute Engine writes it: `zones/us-west1-a`, `regions/us-west1` or `global`. */
  readonly scope: string
  readonly labels: Readonly<Record<string, string>>
  /** The namespace for which it was made, where its description names one. */
  readonly namespace: string | undefined
  /** The machines that a firewall rule is for. */
  readonly tags: readonly string[]
}

/** What sorts of it there are, as Compute Engine names them. */
export type PartKind = 'instances' | 'disks' | 'forwardingRules' | 'addresses' | 'firewalls'

/** The label by which GKE marks the machines and disks of a cluster, and that of its zone or region. */
export const CLUSTER_LABEL = 'goog-k8s-cluster-name'
export const LOCATION_LABEL = 'goog-k8s-cluster-location'

/**
 * All in a project that may be part of a cluster. Machines and disks can be asked for by the label of
 * one; load balancers and addresses are all read, for Kubernetes gives them no labels.
 */
export async function partsOf(
  auth: SignedRequests,
  project: string,
  cluster?: string,
): Promise<readonly Part[]> {
  const label = `labels.${CLUSTER_LABEL}${cluster === undefined ? ':*' : `=${cluster}`}`
  const aggregated = async (kind: PartKind, filter?: string) => {
    const pages = await listCompute(auth, project, `aggregated/${kind}`, filter)
    return pages.flatMap(page => scopedParts(page, kind))
  }
  const rules = async () => {
    // The names that GKE and Kubernetes give; an expression with brackets must be quoted.
    const pages = await listCompute(auth, project, 'global/firewalls', 'name eq "(k8s|gke-).*"')
    return pages.flatMap(page => listed(objectOf(page)['items'], 'firewalls', 'global'))
  }
  const found = await Promise.all([
    aggregated('instances', label),
    aggregated('disks', label),
    aggregated('forwardingRules'),
    aggregated('addresses'),
    rules(),
  ])
  return found.flat()
}

/** The name of the task whose fleet a part was made for, where its description tells. */
export function taskOf({ namespace }: Part): string | undefined {
  const start = namespaceOf('')
  return namespace?.startsWith(start) ? namespace.slice(start.length) : undefined
}

/** An aggregated list has one entry a zone, most of them empty. */
function scopedParts(page: unknown, kind: PartKind): readonly Part[] {
  const scopes = Object.entries(objectOf(objectOf(page)['items']))
  return scopes.flatMap(([scope, list]) => listed(objectOf(list)[kind], kind, scope))
}

function listed(items: unknown, kind: PartKind, scope: string): readonly Part[] {
  return (Array.isArray(items) ? items : []).map(item => {
    const { name, labels, description, targetTags } = objectOf(item)
    return {
      kind,
      name: textOf(name),
      scope,
      labels: textsIn(labels),
      namespace: namespaceIn(textOf(description)),
      tags: (Array.isArray(targetTags) ? targetTags : []).map(textOf),
    }
  })
}

function textsIn(labels: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(objectOf(labels)).map(([key, each]) => [key, textOf(each)]),
  )
}

/** Kubernetes writes for whom it made a thing into its description, as JSON. */
function namespaceIn(description: string): string | undefined {
  let says: Readonly<Record<string, unknown>>
  try {
    says = objectOf(JSON.parse(description))
  } catch {
    return undefined
  }
  const volume = textOf(says['kubernetes.io/created-for/pvc/namespace'])
  if (volume !== '') return volume
  const [, named = ''] =
    Object.entries(says).find(([key]) => /\/(service|ingress)-name$/.test(key)) ?? []
  return textOf(named).split('/')[0] || undefined
}
