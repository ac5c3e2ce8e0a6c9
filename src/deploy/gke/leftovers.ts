import { gkeError } from './faults.ts'

/** What a request to Google's REST APIs needs. */
export interface SignedRequests {
  request(options: { readonly url: string }): Promise<{ readonly data: unknown }>
}

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
  const found = await Promise.all(
    kinds.map(async ([kind, collection]) => {
      const url = `${COMPUTE}/projects/${project}/aggregated/${collection}?filter=${filter}`
      return itemsOf(await answer(auth, url, project), collection).map(
        ({ name, zone }) => `${kind} ${name} in ${zone}`,
      )
    }),
  )
  return found.flat()
}

const COMPUTE = 'https://compute.googleapis.com/compute/v1'

async function answer(auth: SignedRequests, url: string, project: string): Promise<unknown> {
  try {
    return (await auth.request({ url })).data
  } catch (error) {
    throw gkeError(error, 'Whether disks or machines are left could not be looked up', project)
  }
}

/** An aggregated list has one entry a zone, most of them empty. */
function itemsOf(data: unknown, collection: string) {
  const zones = objectIn(data, 'items')
  return Object.entries(zones).flatMap(([zone, list]) => {
    const items: unknown = objectOf(list)[collection]
    if (!Array.isArray(items)) return []
    return items.map(item => ({
      name: String(objectOf(item)['name']),
      zone: zone.replace(/^(zones|regions)\//, ''),
    }))
  })
}

function objectIn(value: unknown, name: string): Readonly<Record<string, unknown>> {
  return objectOf(objectOf(value)[name])
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
