import { KubeConfig } from '@kubernetes/client-node'
import { TaskqError } from 'taskq-runtime'
import { proxyFor } from './proxy.ts'

/** Reads a kubeconfig, with the context of that name as the current one; the file's own is never used. */
export function readKubeConfig(path: string, context: string | undefined): KubeConfig {
  const config = new KubeConfig()
  try {
    config.loadFromFile(path)
  } catch (cause) {
    const [why = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n')
    throw new TaskqError(
      'invalid',
      `The kubeconfig ${path} cannot be read: ${why}. Check the path.`,
      {
        cause,
      },
    )
  }
  const name = contextOf(config, path, context)
  config.setCurrentContext(name)
  if (!config.getCurrentCluster()?.server) {
    const named = config.getContextObject(name)?.cluster
    throw new TaskqError(
      'invalid',
      `The context ${name} of ${path} is of the cluster ${named}, of which the file has no address. Correct it, or name another context.`,
    )
  }
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
  if (names.length === 0) {
    throw new TaskqError(
      'invalid',
      `The kubeconfig ${path} has no context. Make one by the tool that makes your clusters.`,
    )
  }
  throw new TaskqError(
    'invalid',
    `Name a context of ${path} by --context: ${names.join(', ')}. The current one is not used, for it changes behind one's back.`,
  )
}
