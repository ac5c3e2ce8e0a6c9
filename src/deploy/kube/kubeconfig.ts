import { KubeConfig } from '@kubernetes/client-node'
import { TaskqError } from 'taskq-runtime'
import { proxyFor } from './proxy.ts'

/** Reads a kubeconfig, with the context of that name as the current one; the file's own is never used. */
export function readKubeConfig(path: string, context: string | undefined): KubeConfig {
  const config = new KubeConfig()
  try {
    config.loadFromFile(path)
  } catch (cause) {
    throw new TaskqError('invalid', `The kubeconfig ${path} cannot be read. Check the path.`, {
      cause,
    })
  }
  config.setCurrentContext(contextOf(config, path, context))
  return config
}

/** As other programs do it, by the environment, unless the kubeconfig names a proxy itself. */
export function throughProxy(config: KubeConfig): KubeConfig {
  const cluster = config.getCurrentCluster()
  const proxyUrl = cluster === null ? undefined : proxyFor(cluster.server, process.env)
  if (cluster === null || cluster.proxyUrl || proxyUrl === undefined) return config
  config.clusters = config.clusters.map(each => (each === cluster ? { ...each, proxyUrl } : each))
  return config
}

function contextOf(config: KubeConfig, path: string, context: string | undefined): string {
  const names = config.getContexts().map(({ name }) => name)
  const name = context ?? (names.length === 1 ? names[0] : undefined)
  if (name !== undefined && names.includes(name)) return name
  throw new TaskqError(
    'invalid',
    `Name a context of ${path} by --context: ${names.join(', ')}. The current one is not used, for it changes behind one's back.`,
  )
}
