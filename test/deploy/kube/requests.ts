import type { Controllers } from './jobs.ts'
import { conflict, merged, type Owners, own } from './managers.ts'
import {
  type Answer,
  failure,
  immutable,
  invalid,
  notFound,
  undeclared,
  violation,
} from './refusals.ts'
import { at, isJson, type Json, metadataOf, parentOf, type Store, textAt } from './store.ts'

/** What the fake server does with requests, apart from how they come. */
export class Requests {
  readonly #store: Store
  readonly #controllers: Controllers
  readonly #owners = new Map<string, Owners>()

  constructor(store: Store, controllers: Controllers) {
    this.#store = store
    this.#controllers = controllers
  }

  /** Does one request. */
  handle(method: string, url: URL, contentType: string, text: string, user: string): Answer {
    const path = url.pathname
    const plural =
      path.split('/').find(part => PLURALS.has(part) && part !== 'namespaces') ?? 'namespaces'
    if (user !== 'admin') {
      const verb =
        { GET: 'list', PATCH: 'patch', DELETE: 'delete', POST: 'create' }[method] ?? 'get'
      const group = plural === 'jobs' ? 'jobs.batch' : plural
      const last = path.split('/').at(-1) ?? ''
      const named = PLURALS.has(last) ? '' : ` "${last}"`
      if (path === '/version') return { status: 200, body: { major: '1', minor: '35' } }
      return failure(
        403,
        `${group}${named} is forbidden: User "${user}" cannot ${verb} resource "${plural}"`,
        'Forbidden',
      )
    }
    if (path === '/version') return { status: 200, body: { major: '1', minor: '35' } }
    const isCollection = PLURALS.has(path.split('/').at(-1) ?? '')
    switch (method) {
      case 'GET':
        return isCollection ? this.#list(path, url) : this.#get(path, plural)
      case 'PATCH':
        return contentType === 'application/apply-patch+yaml'
          ? this.#apply(path, plural, url, JSON.parse(text))
          : this.#merge(path, plural, url, contentType, text)
      case 'POST':
        return this.#post(path, plural, url, JSON.parse(text))
      case 'DELETE':
        return this.#delete(path, plural, url, text)
      default:
        return failure(405, 'the server does not allow this method on the requested resource')
    }
  }

  #get(path: string, plural: string): Answer {
    const object = this.#store.objects.get(path)
    return object ? { status: 200, body: object } : notFound(plural, path.split('/').at(-1) ?? '')
  }

  #list(path: string, url: URL): Answer {
    const items = this.#store
      .list(path)
      .map(([, object]) => object)
      .filter(each => matches(each, url))
    return {
      status: 200,
      body: { kind: 'List', metadata: { resourceVersion: String(this.#store.version) }, items },
    }
  }

  #apply(path: string, plural: string, url: URL, wanted: Json): Answer {
    const name = path.split('/').at(-1) ?? ''
    const before = this.#store.objects.get(path)
    const missing = this.#missingNamespace(path, plural, before)
    if (missing !== undefined) return missing
    const kind = String(wanted['kind'])
    const unknown = undeclared(wanted)
    if (unknown !== undefined) {
      const group = plural === 'jobs' ? 'batch/v1' : 'v1'
      return failure(
        500,
        `failed to create typed patch object (${String(at(wanted, 'metadata', 'namespace'))}/${name}; ${group}, Kind=${kind}): ${unknown}: field not declared in schema`,
      )
    }
    const wrong = invalid(kind, name, wanted)
    if (wrong !== undefined) return failure(500, wrong)
    const owners = this.#owners.get(path) ?? new Map()
    const manager = url.searchParams.get('fieldManager') ?? ''
    const force = url.searchParams.get('force') === 'true'
    const refused = before && !force ? conflict(owners, manager, before, wanted) : undefined
    if (refused !== undefined) return refused
    const after = merged(before, wanted) as Json
    return this.#write(
      path,
      url,
      before,
      after,
      () => own(owners, manager, 'Apply', before, wanted),
      owners,
    )
  }

  #merge(path: string, plural: string, url: URL, contentType: string, text: string): Answer {
    if (contentType !== 'application/merge-patch+json') {
      return failure(415, '415: Unsupported Media Type', 'UnsupportedMediaType')
    }
    const before = this.#store.objects.get(path)
    if (before === undefined) return notFound(plural, path.split('/').at(-1) ?? '')
    const patch: Json = JSON.parse(text)
    const stale = at(patch, 'metadata', 'resourceVersion')
    if (stale !== undefined && stale !== metadataOf(before)['resourceVersion']) {
      return failure(
        409,
        `Operation cannot be fulfilled on jobs.batch "${path.split('/').at(-1)}": the object has been modified; please apply your changes to the latest version and try again`,
        'Conflict',
      )
    }
    const owners = this.#owners.get(path) ?? new Map()
    const manager = url.searchParams.get('fieldManager') ?? ''
    const after = merged(before, patch) as Json
    return this.#write(
      path,
      url,
      before,
      after,
      () => own(owners, manager, 'Update', before, patch),
      owners,
    )
  }

  #post(path: string, plural: string, url: URL, object: Json): Answer {
    const target = `${path}/${String(at(object, 'metadata', 'name'))}`
    if (this.#store.objects.has(target)) {
      return failure(
        409,
        `${plural === 'jobs' ? 'jobs.batch' : plural} "${target.split('/').at(-1)}" already exists`,
        'AlreadyExists',
      )
    }
    return (
      this.#missingNamespace(target, plural, undefined) ??
      this.#write(target, url, undefined, object, () => {}, new Map())
    )
  }

  #write(
    path: string,
    url: URL,
    before: Json | undefined,
    after: Json,
    owned: () => void,
    owners: Owners,
  ): Answer {
    const kind = String(after['kind'])
    const refused = before && immutable(kind, path.split('/').at(-1) ?? '', before, after)
    if (refused) return refused
    const warning = this.#podSecurity(path, kind, after)
    const isSame = before !== undefined && JSON.stringify(before) === JSON.stringify(after)
    const status = before === undefined ? 201 : 200
    const answer = (body: Json) => ({ status, body, ...(warning && { warning }) })
    if (url.searchParams.get('dryRun') === 'All') return answer(after)
    owned()
    this.#owners.set(path, owners)
    if (isSame) return answer(before)
    const kept = structuredClone(this.#store.put(path, structuredClone(after)))
    const object = this.#store.objects.get(path)
    if (kind === 'Job' && object) this.#controllers.reconcile(path, object)
    return answer(kept)
  }

  #podSecurity(path: string, kind: string, object: Json): string | undefined {
    if (kind !== 'Job' && kind !== 'Deployment') return undefined
    const namespace = this.#store.objects.get(
      path
        .split('/')
        .slice(0, -2)
        .join('/')
        .replace(/^\/apis\/\w+\/v1/, '/api/v1'),
    )
    if (at(namespace, 'metadata', 'labels', 'pod-security.kubernetes.io/enforce') !== 'restricted')
      return undefined
    const misses = violation(at(object, 'spec', 'template'))
    return misses && `would violate PodSecurity "restricted:latest": ${misses}`
  }

  #missingNamespace(path: string, plural: string, before: Json | undefined): Answer | undefined {
    if (plural === 'namespaces') return undefined
    const name = path.split('/')[path.split('/').indexOf('namespaces') + 1] ?? ''
    const namespace = this.#store.objects.get(`/api/v1/namespaces/${name}`)
    if (namespace === undefined) return notFound('namespaces', name)
    if (metadataOf(namespace)['deletionTimestamp'] === undefined || before !== undefined)
      return undefined
    return failure(
      403,
      `${plural === 'jobs' ? 'jobs.batch' : plural} "${path.split('/').at(-1)}" is forbidden: unable to create new content in namespace ${name} because it is being terminated`,
      'Forbidden',
    )
  }

  #delete(path: string, plural: string, url: URL, text: string): Answer {
    // A body, even an empty object, counts; the query only where there is none.
    const policy =
      text === ''
        ? (url.searchParams.get('propagationPolicy') ?? '')
        : textAt(JSON.parse(text), 'propagationPolicy')
    if (policy !== '' && !['Background', 'Foreground', 'Orphan'].includes(policy)) {
      return failure(
        422,
        `DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "${policy}": supported values: "Foreground", "Background", "Orphan", "nil"`,
        'Invalid',
      )
    }
    const object = this.#store.objects.get(path)
    if (object === undefined) return notFound(plural, path.split('/').at(-1) ?? '')
    if (plural === 'namespaces') return this.#deleteNamespace(path, object)
    if (plural !== 'jobs' && plural !== 'deployments') {
      this.#store.drop(path)
      return { status: 200, body: { kind: 'Status', status: 'Success' } }
    }
    const pods = this.#controllers.podsOf(object)
    this.#store.drop(path)
    this.#owners.delete(path)
    this.#freeNamespace(path)
    if (policy === 'Background' || policy === 'Foreground') {
      for (const [pod] of pods) this.#controllers.remove(pod)
      return { status: 200, body: { kind: 'Status', status: 'Success' } }
    }
    for (const [podPath, pod] of pods) {
      delete metadataOf(pod)['ownerReferences']
      this.#store.put(podPath, pod)
    }
    const warning =
      'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning'
    return { status: 200, body: object, ...(policy !== 'Orphan' && { warning }) }
  }

  #deleteNamespace(path: string, namespace: Json): Answer {
    const inside = [...this.#store.objects].filter(([each]) =>
      each.replace(/^\/apis\/\w+\/v1/, '/api/v1').startsWith(`${path}/`),
    )
    const isLive = ([, { kind, status, spec }]: [string, Json]) =>
      kind === 'Job' &&
      at(spec, 'backoffLimitPerIndex') !== undefined &&
      at(status, 'conditions') === undefined
    if (inside.some(isLive)) {
      metadataOf(namespace)['deletionTimestamp'] = new Date().toISOString()
      // It says so although two pods still hold their finalizer.
      namespace['status'] = {
        phase: 'Terminating',
        conditions: [
          { type: 'NamespaceContentRemaining', status: 'False', reason: 'ContentRemoved' },
        ],
      }
      return { status: 200, body: this.#store.put(path, namespace) }
    }
    for (const [each] of inside) this.#store.drop(each)
    this.#store.drop(path)
    return { status: 200, body: namespace }
  }

  /** A namespace that hung goes when its last Job does. */
  #freeNamespace(jobPath: string): void {
    const path = parentOf(parentOf(jobPath)).replace(/^\/apis\/\w+\/v1/, '/api/v1')
    const namespace = this.#store.objects.get(path)
    if (namespace && metadataOf(namespace)['deletionTimestamp'] !== undefined)
      this.#deleteNamespace(path, namespace)
  }
}

const PLURALS = new Set([
  'namespaces',
  'serviceaccounts',
  'configmaps',
  'secrets',
  'pods',
  'events',
  'jobs',
  'deployments',
])

/** Whether an object has the labels that a request selects. */
export function matches(object: Json, url: URL): boolean {
  const wanted = (url.searchParams.get('labelSelector') ?? '')
    .split(',')
    .filter(each => each !== '')
  const labels = metadataOf(object)['labels']
  return wanted.every(each => {
    const [name = '', value] = each.split('=')
    return isJson(labels) && labels[name] === value
  })
}
