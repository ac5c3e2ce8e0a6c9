import { parseBytes, parseCpu } from '../quantity.ts'
import type { AnyObject, DeploymentObject, JobObject, PodTemplate } from './kinds.ts'
import { LABELS, MANAGER } from './names.ts'

/** The rules that no schema has, checked over all objects of a fleet; each problem is a sentence. */
export function ruleProblems(
  all: readonly AnyObject[],
  fleet: JobObject | DeploymentObject,
  namespace: string,
): readonly string[] {
  const { template } = fleet.spec
  return [
    ...all.flatMap(each => metadataProblems(each, namespace)),
    ...(fleet.kind === 'Job'
      ? jobProblems(fleet as JobObject)
      : serviceProblems(fleet as DeploymentObject)),
    ...podProblems(template, all),
    ...securityProblems(template),
  ]
}

function metadataProblems(object: AnyObject, namespace: string): readonly string[] {
  const { kind, metadata } = object
  const problems: string[] = []
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(metadata.name)) {
    problems.push(
      `${kind} .metadata.name: "${metadata.name}" is no name of at most 63 lower case letters, digits and hyphens.`,
    )
  }
  if (metadata.labels[LABELS.managedBy] !== MANAGER) {
    problems.push(
      `${kind} .metadata.labels: the label ${LABELS.managedBy}: ${MANAGER} is missing. Without it delete-cluster and sweep leave the object alone.`,
    )
  }
  const place = kind === 'Namespace' ? metadata.name : metadata.namespace
  if (place !== namespace) {
    problems.push(
      `${kind} ${metadata.name} is in the namespace "${place ?? ''}" and not in "${namespace}". Write namespace: {{NAMESPACE}}`,
    )
  }
  return problems
}

function jobProblems({ spec }: JobObject): readonly string[] {
  const problems: string[] = []
  if (spec.completionMode !== 'Indexed') {
    problems.push(
      'Job .spec.completionMode: write Indexed. In any other Job the first worker that is done ends the replacing of lost ones.',
    )
  }
  if (spec.completions === undefined || spec.completions !== spec.parallelism) {
    problems.push(
      `Job .spec: completions (${spec.completions}) and parallelism (${spec.parallelism}) must be the same number: {{TASK_REPLICAS}}.`,
    )
  }
  const { restartPolicy } = spec.template.spec
  if (restartPolicy !== 'Never') {
    problems.push(`Job .spec.template.spec.restartPolicy: write Never, not ${restartPolicy}.`)
  }
  return problems
}

function serviceProblems({ spec }: DeploymentObject): readonly string[] {
  const labels = spec.template.metadata.labels
  const { matchLabels } = spec.selector
  const missing = Object.entries(matchLabels).filter(([name, value]) => labels[name] !== value)
  if (missing.length === 0 && Object.keys(matchLabels).length > 0) return []
  return [
    'Deployment .spec.selector.matchLabels: the pods of .spec.template do not have these labels. Write the same in both places.',
  ]
}

function podProblems({ spec }: PodTemplate, all: readonly AnyObject[]): readonly string[] {
  const volumes = spec.volumes.map(({ name }) => name)
  const configs = all
    .filter(({ kind }) => kind === 'ConfigMap')
    .map(({ metadata }) => metadata.name)
  const problems = spec.containers.flatMap(each => [
    ...each.volumeMounts
      .filter(({ name }) => !volumes.includes(name))
      .map(
        ({ name }) =>
          `container ${each.name}: volumeMounts names "${name}", which volumes does not have.`,
      ),
    ...each.envFrom
      .flatMap(({ configMapRef }) => (configMapRef ? [configMapRef.name] : []))
      .filter(name => !configs.includes(name))
      .map(
        name =>
          `container ${each.name}: envFrom names the ConfigMap "${name}", which is not among the objects.`,
      ),
    ...quantityProblems(each.name, each.resources),
  ])
  if (spec.containers.some(({ name }) => name === 'worker')) return problems
  return [...problems, 'No container is named worker, by which failures are told apart.']
}

function quantityProblems(
  container: string,
  { requests, limits }: PodTemplate['spec']['containers'][number]['resources'],
): readonly string[] {
  const problems = Object.entries({ requests, limits }).flatMap(([place, amounts]) =>
    Object.entries(amounts).flatMap(([name, text]) => {
      if (!['cpu', 'memory', 'ephemeral-storage'].includes(name)) return []
      const parsed = name === 'cpu' ? parseCpu(text) : parseBytes(text)
      return 'problem' in parsed
        ? [`container ${container}: resources.${place}.${name}: ${parsed.problem}`]
        : []
    }),
  )
  if (requests['cpu'] === undefined || requests['memory'] === undefined) {
    problems.push(
      `container ${container}: resources.requests must name cpu and memory, or nothing is reserved.`,
    )
  }
  if (limits['memory'] === undefined) {
    problems.push(
      `container ${container}: resources.limits.memory is missing: one worker could take all memory of its machine.`,
    )
  }
  return problems
}

/** What the restricted PodSecurity of our namespace asks: a refusal there is only a warning and no pods. */
function securityProblems({ spec }: PodTemplate): readonly string[] {
  const { securityContext: pod } = spec
  const problems: string[] = []
  const refuse = (when: boolean, what: string) => {
    if (when) problems.push(`restricted PodSecurity would refuse the pods: ${what}.`)
  }
  refuse(pod.runAsNonRoot !== true, 'securityContext.runAsNonRoot must be true')
  refuse(pod.runAsUser === 0, 'securityContext.runAsUser must not be 0')
  refuse(
    !['RuntimeDefault', 'Localhost'].includes(pod.seccompProfile?.type ?? ''),
    'securityContext.seccompProfile.type must be RuntimeDefault',
  )
  refuse(
    spec.hostNetwork === true || spec.hostPID === true,
    'hostNetwork and hostPID are not allowed',
  )
  for (const { name, hostPath } of spec.volumes) {
    refuse(hostPath !== undefined, `the volume ${name} must not be a hostPath`)
  }
  for (const { name, securityContext: own } of [...spec.containers, ...spec.initContainers]) {
    refuse(
      own.allowPrivilegeEscalation !== false,
      `container ${name}: securityContext.allowPrivilegeEscalation must be false`,
    )
    refuse(own.privileged === true, `container ${name} must not be privileged`)
    refuse(
      own.capabilities?.drop.includes('ALL') !== true,
      `container ${name}: securityContext.capabilities.drop must be [ALL]`,
    )
  }
  return problems
}
