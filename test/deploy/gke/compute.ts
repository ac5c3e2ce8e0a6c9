import type { Clusters } from './clusters.ts'

/** What Compute Engine answers to a look, by its path below the project and its query. */
export function computeAnswer(clusters: Clusters, path: string, query: URLSearchParams): unknown {
  const [level = '', name = ''] = path.split('/')
  if (level === '' || level === 'regions') {
    const isRegion = level === 'regions'
    return {
      quotas: clusters.quotas.filter(({ metric }) => isRegion !== metric.endsWith('ALL_REGIONS')),
    }
  }
  const found = partsIn(clusters, name).filter(({ item }) => fits(item, query.get('filter')))
  const at = Number(query.get('pageToken') ?? '0')
  // A page may be empty and yet not the last: the first one is.
  const page = at === 0 && found.length > 0 ? [] : found.slice(at - 1, at)
  const more = at < found.length ? { nextPageToken: String(at + 1) } : {}
  if (level === 'global') return { items: page.map(({ item }) => item), ...more }
  const empty = { 'zones/us-east1-b': { warning: { code: 'NO_RESULTS_ON_PAGE' } } }
  const items = page.map(({ scope, item }) => [scope, { [name]: [item] }] as const)
  return { items: { ...empty, ...Object.fromEntries(items) }, ...more }
}

interface Part {
  readonly scope: string
  readonly item: Readonly<Record<string, unknown>>
}

function partsIn(clusters: Clusters, collection: string): readonly Part[] {
  const billed = { instances: clusters.machines, disks: clusters.disks }[collection] ?? []
  const others = clusters.others.filter(each => each.collection === collection)
  const all: readonly Part[] = [
    ...billed.map(({ name, zone, cluster }) => ({
      scope: `zones/${zone}`,
      item: { name, cluster, from: zone },
    })),
    ...others,
  ]
  return all.map(({ scope, item: { cluster, from, labels, ...item } }) => {
    const [level = '', place] = scope.split('/')
    const own = typeof cluster === 'string' && {
      'goog-k8s-cluster-name': cluster,
      ...(typeof from === 'string' && { 'goog-k8s-cluster-location': from }),
    }
    const link = place && `https://compute.googleapis.com/compute/v1/projects/p/${scope}`
    const given = typeof labels === 'object' ? labels : {}
    return {
      scope,
      item: {
        ...item,
        ...(link && { [level.replace(/s$/, '')]: link }),
        labels: { ...own, ...given },
      },
    }
  })
}

/** Whether a filter lets an item through; only what the commands ask is understood. */
function fits({ name, labels }: Part['item'], filter: string | null): boolean {
  if (filter === null) return true
  const label = /labels\.goog-k8s-cluster-name(?::\*|="?([\w-]+)"?)/.exec(filter)
  if (label !== null) {
    const value: unknown = Reflect.get(labels ?? {}, 'goog-k8s-cluster-name')
    return label[1] === undefined ? value !== undefined : value === label[1]
  }
  const regex = /^name eq "(.+)"$/.exec(filter)?.[1]
  return regex === undefined || new RegExp(`^(?:${regex})$`).test(String(name))
}
