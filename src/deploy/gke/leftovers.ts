import type { ClusterState } from './gke.ts'
import { isOurs } from './labels.ts'
import { CLUSTER_LABEL, LOCATION_LABEL, type Part, type PartKind, taskOf } from './parts.ts'

/** Something of a cluster that is still there, and the command that deletes it. */
export interface Leftover {
  /** As `disk my-disk in us-west1-a`. */
  readonly what: string
  readonly removal: string
}

/** A cluster that is gone, as far as it is remembered. */
export interface GoneCluster {
  readonly name: string
  /** Absent where nobody knows. */
  readonly task: string | undefined
}

type Living = Pick<ClusterState, 'name' | 'location' | 'labels'>

/** What is left of a cluster that was in this location, given all clusters that are there. */
export function leftoversOf(
  { name, task }: GoneCluster,
  location: string,
  parts: readonly Part[],
  living: readonly Living[],
): readonly Part[] {
  // Firewall rules do not say where their cluster is: those of a namesake elsewhere may be its own.
  const hasNamesake = living.some(each => each.name === name)
  const rules = hasNamesake ? [] : parts.filter(part => isRuleOf(part, name))
  const isOfRules = balancerTest(rules.map(rule => rule.name))
  const isOfTask = (part: Part) =>
    task !== undefined && taskOf(part) === task && !servesTask(living, task)
  return parts.filter(part => {
    if (part.labels[CLUSTER_LABEL] === name) return isFrom(part, location)
    if (part.kind === 'firewalls') return rules.includes(part) || isOfTask(part)
    if (part.kind === 'instances' || part.kind === 'disks') return false
    return isOfRules(part.name) || isOfTask(part)
  })
}

/** What was made for fleets of ours whose clusters are all gone, given all clusters that are there. */
export function orphansOf(parts: readonly Part[], living: readonly Living[]): readonly Part[] {
  // On a cluster of somebody else's, reached by a kubeconfig, fleets of ours may be too.
  const used = parts.filter(part => living.some(({ name }) => isRuleOf(part, name)))
  const isInUse = balancerTest(used.map(({ name }) => name))
  return parts.filter(part => {
    const task = taskOf(part)
    const cluster = part.labels[CLUSTER_LABEL]
    if (cluster === undefined) {
      if (task === undefined || servesTask(living, task)) return false
      return !used.includes(part) && !isInUse(part.name)
    }
    if (task === undefined && !isOurs(part)) return false
    return !living.some(each => each.name === cluster && isFrom(part, each.location))
  })
}

/** As people read it, and with the line of gcloud that deletes it. */
export function asLeftover({ kind, name, scope }: Part, project: string): Leftover {
  const { called, gcloud } = KINDS[kind]
  const [level = '', place = ''] = scope.split('/')
  if (kind === 'firewalls') {
    return {
      what: `${called} ${name} (costs nothing)`,
      removal: `gcloud compute ${gcloud} delete ${name} --project ${project}`,
    }
  }
  const where = { zones: ` --zone ${place}`, regions: ` --region ${place}` }[level] ?? ' --global'
  return {
    what: `${called} ${name} in ${place || 'all regions'}`,
    removal: `gcloud compute ${gcloud} delete ${name}${where} --project ${project}`,
  }
}

/** What people and gcloud call what is in the collections of Compute Engine. */
const KINDS: Readonly<Record<PartKind, { readonly called: string; readonly gcloud: string }>> = {
  instances: { called: 'machine', gcloud: 'instances' },
  disks: { called: 'disk', gcloud: 'disks' },
  forwardingRules: { called: 'load balancer', gcloud: 'forwarding-rules' },
  addresses: { called: 'address', gcloud: 'addresses' },
  firewalls: { called: 'firewall rule', gcloud: 'firewall-rules' },
}

function servesTask(living: readonly Living[], task: string): boolean {
  return living.some(each => isOurs(each) && each.labels['taskq-task'] === task)
}

function isFrom({ labels }: Part, location: string): boolean {
  return labels[LOCATION_LABEL] === undefined || labels[LOCATION_LABEL] === location
}

/** Firewall rules are for the machines of their cluster, by a tag that has its name and a hash. */
function isRuleOf({ kind, tags }: Part, cluster: string): boolean {
  const own = new RegExp(`^gke-${cluster}-[0-9a-f]{8}-node$`)
  return kind === 'firewalls' && tags.some(tag => own.test(tag))
}

/**
 * Whether a load balancer, or the address of one, is named as firewall rules name theirs: in the old
 * way by its own name, in the new one by the cluster's short id, that of an Ingress by its long one.
 */
function balancerTest(rules: readonly string[]): (name: string) => boolean {
  const names = new Set<string>()
  const patterns: RegExp[] = []
  for (const rule of rules) {
    const [, ingress] = /^k8s-fw-l7--([a-z0-9]+)$/.exec(rule) ?? []
    const [, old] = /^k8s-fw-(.+?)(?:-deny)?$/.exec(rule) ?? []
    const [, id] = /^k8s2-([a-z0-9]{8})-/.exec(rule) ?? []
    if (ingress !== undefined) patterns.push(new RegExp(`^k8s-fws?-.*--${ingress}$`))
    else if (old !== undefined) names.add(old)
    if (id !== undefined) patterns.push(new RegExp(`^k8s2-(tcp|udp|l3|fr|fs)-${id}-`))
  }
  return name => names.has(name) || patterns.some(pattern => pattern.test(name))
}
