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
    NODE_SELECTOR: nodeSelector(configuration.settings),
    TOLERATIONS: tolerations(configuration.settings),
    AFFINITY: affinity(configuration.settings),
  }
}

/** The label and the taint of the pool that is there for workers only. */
export const WORKER_NODES = { key: 'taskq', value: 'workers' } as const

type Settings = Configuration['settings']

/** The label by which a pod asks for a compute class, and the taint of that class's machines. */
const CLASS_KEY = 'cloud.google.com/compute-class'
const SPOT_KEY = 'cloud.google.com/gke-spot'

function nodeSelector({
  CLUSTER_MODE: mode,
  COMPUTE_CLASS: own,
  NODE_PROVISIONING: provisioning,
}: Settings): Readonly<Record<string, string>> {
  const ofClass = own === '' ? {} : { [CLASS_KEY]: own }
  if (mode === 'autopilot') {
    const mayAskForSpot = own === '' || isGooglesClass(own)
    return { ...ofClass, ...(provisioning === 'spot' && mayAskForSpot && { [SPOT_KEY]: 'true' }) }
  }
  // A class of one's own says itself which machines are Spot ones, and which come after them.
  return own === '' ? { [WORKER_NODES.key]: WORKER_NODES.value } : ofClass
}

/** Google's classes have capitals; one's own is an object of Kubernetes, whose names have none. */
function isGooglesClass(name: string): boolean {
  return /^[A-Z]/.test(name)
}

function tolerations({
  CLUSTER_MODE: mode,
  COMPUTE_CLASS: own,
  NODE_PROVISIONING: provisioning,
}: Settings): readonly Value[] {
  return [
    ...(own === '' ? [] : [equal(CLASS_KEY, own)]),
    ...(mode === 'standard' && own === '' ? [equal(WORKER_NODES.key, WORKER_NODES.value)] : []),
    ...(provisioning === 'on-demand' ? [] : [equal(SPOT_KEY, 'true')]),
  ]
}

function equal(key: string, value: string) {
  return { key, operator: 'Equal', value, effect: 'NoSchedule' }
}

/** With a fallback both kinds of machine will do; Spot ones are taken first. */
function affinity({ COMPUTE_CLASS: own, NODE_PROVISIONING: provisioning }: Settings): Value {
  if (provisioning !== 'spot-then-on-demand' || own !== '') return {}
  const expression = { key: SPOT_KEY, operator: 'In', values: ['true'] }
  return {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 100, preference: { matchExpressions: [expression] } },
      ],
    },
  }
}
