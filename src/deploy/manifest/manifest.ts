import { TaskqError } from 'taskq-runtime'
import type { Configuration } from '../config/read.ts'
import type { Template } from '../templates/render.ts'
import { renderYaml, type YamlObject } from '../templates/yaml.ts'
import { type AnyObject, anyObject, deploymentObject, jobObject } from './kinds.ts'
import { hashOf, LABELS, MANAGER, namespaceOf } from './names.ts'
import { ruleProblems } from './rules.ts'
import { schemaProblems } from './schema.ts'
import type { SecretFiles } from './secret.ts'
import { manifestValues } from './values.ts'

/** The objects of a fleet, ready to be applied in this order, and the text they were read from. */
export interface Manifest {
  readonly text: string
  readonly namespace: string
  /** The name of the Job or Deployment; that of a Job stands for its content. */
  readonly name: string
  readonly kind: 'Job' | 'Deployment'
  readonly replicas: number
  readonly objects: readonly YamlObject[]
  /** Made of local files and never written into one. */
  readonly secret?: YamlObject
}

/** Makes a fleet's objects of the template and both env files, checked offline; throws all problems at once. */
export function makeManifest(
  template: Template,
  configuration: Configuration,
  secret: SecretFiles,
): Manifest {
  const { TASK_NAME: task, TASK_MODE: mode, TASK_REPLICAS: replicas } = configuration.settings
  const values = manifestValues(configuration, secret)
  const namespace = namespaceOf(task)
  const name = mode === 'service' ? task : jobName(task, template, values)
  const { text, objects } = renderYaml(template, { ...values, JOB_NAME: name })
  const kind = mode === 'service' ? 'Deployment' : 'Job'
  check(template, objects, kind, namespace)
  const own = Object.keys(secret.data).length > 0 ? secretObject(task, secret) : undefined
  return { text, namespace, name, kind, replicas, objects, ...(own && { secret: own }) }
}

/** What may change in a Job that runs; all else is fixed, so a Job's name carries its hash. */
const CHANGEABLE = ['completions', 'parallelism', 'suspend']

function jobName(
  task: string,
  template: Template,
  values: Parameters<typeof renderYaml>[1],
): string {
  const { objects } = renderYaml(template, { ...values, JOB_NAME: 'unnamed' })
  const spec = objects.find(({ kind }) => kind === 'Job')?.['spec']
  const fixed = Object.entries(spec ?? {}).filter(([name]) => !CHANGEABLE.includes(name))
  return `${task}-${hashOf(Object.fromEntries(fixed))}`
}

function check(
  { path }: Template,
  objects: readonly YamlObject[],
  kind: Manifest['kind'],
  namespace: string,
): void {
  const problems = objects.flatMap(schemaProblems)
  if (problems.length === 0) problems.push(...rulesOf(objects, kind, namespace))
  if (problems.length === 0) return
  throw new TaskqError('invalid', problems.map(problem => `${path}: ${problem}`).join('\n'))
}

function rulesOf(
  objects: readonly YamlObject[],
  kind: Manifest['kind'],
  namespace: string,
): readonly string[] {
  const shape = kind === 'Job' ? jobObject : deploymentObject
  const fleets = objects.filter(each => each['kind'] === kind)
  if (fleets.length !== 1) return [`there must be one ${kind}, and there are ${fleets.length}.`]
  const fleet = shape.safeParse(fleets[0])
  if (!fleet.success) {
    return fleet.error.issues.map(({ path, message }) => `${kind} .${path.join('.')}: ${message}.`)
  }
  const all: AnyObject[] = []
  for (const each of objects) {
    const parsed = anyObject.safeParse(each)
    if (!parsed.success)
      return [`an object of kind ${JSON.stringify(each['kind'])} has no metadata.name.`]
    all.push(parsed.data)
  }
  return ruleProblems(all, fleet.data, namespace)
}

function secretObject(task: string, { name, data }: SecretFiles): YamlObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace: namespaceOf(task),
      labels: { [LABELS.managedBy]: MANAGER, [LABELS.task]: task },
    },
    immutable: true,
    type: 'Opaque',
    data,
  }
}
