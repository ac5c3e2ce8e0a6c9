import type { Configuration } from '../config/read.ts'
import type { Value } from '../templates/render.ts'
import { workerEnvironment } from './environment.ts'
import { hashOf, namespaceOf } from './names.ts'
import type { SecretFiles } from './secret.ts'

/** What a Kubernetes template may name: every setting of cluster.env, and what follows from them. */
export function manifestValues(
  configuration: Configuration,
  secret: SecretFiles,
): Readonly<Record<string, Value>> {
  const { SECRET_FILES, ...settings } = configuration.settings
  const environment = workerEnvironment(configuration)
  return {
    ...settings,
    NAMESPACE: namespaceOf(settings.TASK_NAME),
    CONFIG_NAME: `${settings.TASK_NAME}-env-${hashOf(environment)}`,
    ENVIRONMENT: environment,
    SECRET_NAME: secret.name,
    SECRET_OPTIONAL: SECRET_FILES.length === 0,
    NODE_SELECTOR: nodeSelector(settings.CLUSTER_MODE, settings.NODE_PROVISIONING),
    TOLERATIONS: tolerations(settings.CLUSTER_MODE, settings.NODE_PROVISIONING),
    AFFINITY: affinity(settings.CLUSTER_MODE, settings.NODE_PROVISIONING),
  }
}

/** The label and the taint of the pool that is there for workers only. */
export const WORKER_NODES = { key: 'taskq', value: 'workers' } as const

type Mode = Configuration['settings']['CLUSTER_MODE']
type Provisioning = Configuration['settings']['NODE_PROVISIONING']

function nodeSelector(mode: Mode, provisioning: Provisioning): Readonly<Record<string, string>> {
  if (mode === 'standard') return { [WORKER_NODES.key]: WORKER_NODES.value }
  return provisioning === 'spot' ? { 'cloud.google.com/gke-spot': 'true' } : {}
}

function tolerations(mode: Mode, provisioning: Provisioning): readonly Value[] {
  const spot = provisioning === 'on-demand' ? [] : [equal('cloud.google.com/gke-spot', 'true')]
  if (mode === 'autopilot') return spot
  return [equal(WORKER_NODES.key, WORKER_NODES.value), ...spot]
}

function equal(key: string, value: string) {
  return { key, operator: 'Equal', value, effect: 'NoSchedule' }
}

/** With a fallback both kinds of machine will do; Spot ones are taken first. */
function affinity(_: Mode, provisioning: Provisioning): Value {
  if (provisioning !== 'spot-then-on-demand') return {}
  const expression = { key: 'cloud.google.com/gke-spot', operator: 'In', values: ['true'] }
  return {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 100, preference: { matchExpressions: [expression] } },
      ],
    },
  }
}
