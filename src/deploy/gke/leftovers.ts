import { objectOf, textOf } from '../kube/api.ts'
import { askCompute, type SignedRequests } from './compute.ts'

/** Something of a cluster that is still there, and the command that deletes it. */
export interface Leftover {
  /** As `disk my-disk in us-west1-a`. */
  readonly what: string
  readonly removal: string
}

/** What Compute Engine calls its collections, and what people and gcloud call what is in them. */
const KINDS = {
  instances: { kind: 'machine', gcloud: 'instances' },
  disks: { kind: 'disk', gcloud: 'disks' },
  forwardingRules: { kind: 'load balancer', gcloud: 'forwarding-rules' },
  addresses: { kind: 'address', gcloud: 'addresses' },
} as const

type Collection = keyof typeof KINDS

/** What is left of a cluster: machines, disks, load balancers, addresses and firewall rules. */
export async function leftoversOf(
  auth: SignedRequests,
  project: string,
  cluster: string,
): Promise<readonly Leftover[]> {
  const ask = (path: string) => askCompute(auth, project, path)
  const rules = await firewallRules(ask, cluster)
  const label = `labels.goog-k8s-cluster-name=${cluster}`
  // Load balancers of old kinds have no labels, but their firewall rules name them and the cluster.
  const balancers = rules.flatMap(rule => /^k8s-fw-(.+)$/.exec(rule)?.[1] ?? [])
  const balancerFilter = [label, ...balancers.map(name => `name=${name}`)]
    .map(each => `(${each})`)
    .join(' OR ')
  const listed = async (collection: Collection) => {
    const filter = collection === 'forwardingRules' ? balancerFilter : label
    const path = `aggregated/${collection}?filter=${encodeURIComponent(filter)}`
    return itemsOf(await ask(path), collection).map(each => leftover(collection, project, each))
  }
  const found = await Promise.all((Object.keys(KINDS) as Collection[]).map(listed))
  return [
    ...found.flat(),
    ...rules.map(name => ({
      what: `firewall rule ${name} (costs nothing)`,
      removal: `gcloud compute firewall-rules delete ${name} --project ${project}`,
    })),
  ]
}

/** Firewall rules have no labels; they are for the machines of the cluster, by its tag. */
async function firewallRules(
  ask: (path: string) => Promise<unknown>,
  cluster: string,
): Promise<readonly string[]> {
  const filter = encodeURIComponent('name eq (k8s|gke-).*')
  const items = objectOf(await ask(`global/firewalls?filter=${filter}`))['items']
  const own = new RegExp(`^gke-${cluster}-[0-9a-f]{8}-node$`)
  return (Array.isArray(items) ? items : []).flatMap(each => {
    const { name, targetTags } = objectOf(each)
    const isOwn = Array.isArray(targetTags) && targetTags.some(tag => own.test(textOf(tag)))
    return isOwn ? [textOf(name)] : []
  })
}

interface Item {
  readonly name: string
  /** As Compute Engine writes it: `zones/us-west1-a`, `regions/us-west1` or `global`. */
  readonly scope: string
}

/** An aggregated list has one entry a zone, most of them empty. */
function itemsOf(data: unknown, collection: Collection): readonly Item[] {
  const scopes = objectOf(objectOf(data)['items'])
  return Object.entries(scopes).flatMap(([scope, list]) => {
    const items: unknown = objectOf(list)[collection]
    if (!Array.isArray(items)) return []
    return items.map(item => ({ name: textOf(objectOf(item)['name']), scope }))
  })
}

function leftover(collection: Collection, project: string, { name, scope }: Item): Leftover {
  const { kind, gcloud } = KINDS[collection]
  const [level = '', place = ''] = scope.split('/')
  const where = { zones: ` --zone ${place}`, regions: ` --region ${place}` }[level] ?? ' --global'
  return {
    what: `${kind} ${name} in ${place || 'all regions'}`,
    removal: `gcloud compute ${gcloud} delete ${name}${where} --project ${project}`,
  }
}
