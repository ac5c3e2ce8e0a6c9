import { objectOf } from '../kube/api.ts'
import { askCompute, type SignedRequests } from './compute.ts'

/** Machines and disks that carry the label of a cluster, as `disk my-disk in us-west1-a`. */
export async function leftoversOf(
  auth: SignedRequests,
  project: string,
  cluster: string,
): Promise<readonly string[]> {
  const filter = encodeURIComponent(`labels.goog-k8s-cluster-name=${cluster}`)
  const kinds = [
    ['machine', 'instances'],
    ['disk', 'disks'],
  ] as const
  const doing = 'Whether disks or machines are left could not be looked up'
  const found = await Promise.all(
    kinds.map(async ([kind, collection]) => {
      const path = `aggregated/${collection}?filter=${filter}`
      return itemsOf(await askCompute(auth, project, path, doing), collection).map(
        ({ name, zone }) => `${kind} ${name} in ${zone}`,
      )
    }),
  )
  return found.flat()
}

/** An aggregated list has one entry a zone, most of them empty. */
function itemsOf(data: unknown, collection: string) {
  const zones = objectOf(objectOf(data)['items'])
  return Object.entries(zones).flatMap(([zone, list]) => {
    const items: unknown = objectOf(list)[collection]
    if (!Array.isArray(items)) return []
    return items.map(item => ({
      name: String(objectOf(item)['name']),
      zone: zone.replace(/^(zones|regions)\//, ''),
    }))
  })
}
