import type { YamlObject } from '../templates/yaml.ts'
import { objectOf, textOf } from './api.ts'

/** The kinds of object that a fleet is made of, and where a server keeps them. */
const COLLECTIONS: Readonly<Record<string, { readonly root: string; readonly plural: string }>> = {
  Namespace: { root: '/api/v1', plural: 'namespaces' },
  ServiceAccount: { root: '/api/v1', plural: 'serviceaccounts' },
  ConfigMap: { root: '/api/v1', plural: 'configmaps' },
  Secret: { root: '/api/v1', plural: 'secrets' },
  PersistentVolumeClaim: { root: '/api/v1', plural: 'persistentvolumeclaims' },
  Pod: { root: '/api/v1', plural: 'pods' },
  Event: { root: '/api/v1', plural: 'events' },
  Job: { root: '/apis/batch/v1', plural: 'jobs' },
  Deployment: { root: '/apis/apps/v1', plural: 'deployments' },
}

/** Names a kind of object. */
export type Kind = 'ConfigMap' | 'Secret' | 'Pod' | 'Event' | 'Job' | 'Deployment' | 'Namespace'

/** Where the objects of a kind are in a namespace, or one of them by its name. */
export function pathOf(kind: string, namespace: string, name?: string): string {
  const { root, plural } = COLLECTIONS[kind] ?? { root: '/api/v1', plural: kind.toLowerCase() }
  const within = kind === 'Namespace' ? '' : `/namespaces/${encodeURIComponent(namespace)}`
  return `${root}${within}/${plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`
}

/** Where an object is, by what it says of itself. */
export function pathOfObject(object: YamlObject): string {
  const { kind, name, namespace } = identityOf(object)
  return pathOf(kind, namespace, name)
}

/** What an object is called. */
export function identityOf(object: YamlObject) {
  const metadata = objectOf(object['metadata'])
  return {
    kind: textOf(object['kind']),
    name: textOf(metadata['name']),
    namespace: textOf(metadata['namespace']),
  }
}
