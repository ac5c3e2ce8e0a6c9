import { isDeepStrictEqual } from 'node:util'
import { at, isJson, type Json, textAt } from './store.ts'

/** An answer of the fake server. */
export interface Answer {
  readonly status: number
  readonly body: unknown
  readonly warning?: string
  /** Seconds after which it may be asked again. */
  readonly retryAfter?: number
}

/** A failure as a real server writes it. */
export function failure(
  code: number,
  message: string,
  reason?: string,
  causes: readonly { reason: string; message: string; field: string }[] = [],
): Answer {
  const details = causes.length > 0 ? { details: { causes } } : {}
  const body = {
    ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message },
    ...(reason && { reason }),
    ...details,
    code,
  }
  return { status: code, body }
}

export function notFound(plural: string, name: string): Answer {
  const group = { jobs: 'jobs.batch', deployments: 'deployments.apps' }[plural] ?? plural
  return failure(404, `${group} "${name}" not found`, 'NotFound')
}

/** Fields that this fake knows of, by the last name of the object that holds them. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  spec: [
    'completionMode completions parallelism backoffLimit backoffLimitPerIndex maxFailedIndexes suspend template',
    'ttlSecondsAfterFinished podReplacementPolicy podFailurePolicy activeDeadlineSeconds selector replicas',
    'strategy serviceAccountName automountServiceAccountToken enableServiceLinks restartPolicy affinity',
    'terminationGracePeriodSeconds nodeSelector tolerations securityContext containers volumes hard',
  ]
    .join(' ')
    .split(' '),
  containers:
    'name image imagePullPolicy command args env envFrom resources terminationMessagePolicy securityContext livenessProbe volumeMounts'.split(
      ' ',
    ),
}

/** The path of the first field that is not declared, as an apply names it. */
export function undeclared(object: unknown, path = '', holder = ''): string | undefined {
  if (Array.isArray(object)) {
    for (const each of object) {
      const name = at(each, 'name')
      const found = undeclared(each, `${path}[name="${String(name)}"]`, holder)
      if (found !== undefined) return found
    }
    return undefined
  }
  if (!isJson(object)) return undefined
  const known = FIELDS[holder]
  for (const [name, value] of Object.entries(object)) {
    if (known !== undefined && !known.includes(name)) return `${path}.${name}`
    const found = undeclared(value, `${path}.${name}`, name)
    if (found !== undefined) return found
  }
  return undefined
}

/** Why a server refuses what is in an object whose fields are all known. */
export function invalid(kind: string, name: string, object: Json): string | undefined {
  if (kind !== 'Job') return undefined
  const spec = at(object, 'spec')
  const numbers = ['parallelism', 'completions']
  const wrong = numbers.find(each => typeof at(spec, each) === 'string')
  if (wrong !== undefined) {
    return `failed to create typed patch object (${textAt(object, 'metadata', 'namespace')}/${name}; batch/v1, Kind=Job): .spec.${wrong}: expected numeric (int or float), got string`
  }
  const cpu =
    textAt(spec, 'template', 'spec', 'containers', 0, 'resources', 'requests', 'cpu') || '1'
  if (!/^[0-9.]+([eEinumkKMGTP]*[-+]?[0-9]*)$/.test(cpu)) {
    return `failed to convert new object (${textAt(object, 'metadata', 'namespace')}/${name}; batch/v1, Kind=Job) to proper version: unable to convert unstructured object to batch/v1, Kind=Job: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`
  }
  return undefined
}

/** A change that a server refuses in an object that is there. */
export function immutable(
  kind: string,
  name: string,
  before: Json,
  after: Json,
): Answer | undefined {
  const refuse = (type: string, field: string, says: string) =>
    failure(422, `${type} "${name}" is invalid: ${field}: ${says}`, 'Invalid', [
      { reason: 'FieldValueInvalid', message: says, field },
    ])
  if (kind === 'ConfigMap' || kind === 'Secret') {
    if (before['immutable'] !== true || isDeepStrictEqual(before['data'], after['data']))
      return undefined
    return refuse(kind, 'data', 'Forbidden: field is immutable when `immutable` is set')
  }
  if (kind !== 'Job') return undefined
  const [old, now] = [at(before, 'spec'), at(after, 'spec')]
  if (!isDeepStrictEqual(at(old, 'template'), at(now, 'template'))) {
    const whole = JSON.stringify(at(now, 'template'))
    return refuse('Job.batch', 'spec.template', `Invalid value: ${whole}: field is immutable`)
  }
  const [was, is] = [at(old, 'completions'), at(now, 'completions')]
  if (was !== is && is !== at(now, 'parallelism')) {
    return refuse(
      'Job.batch',
      'spec.completions',
      `Invalid value: ${String(is)}: can only be modified in tandem with spec.parallelism`,
    )
  }
  for (const field of ['backoffLimitPerIndex', 'completionMode', 'podFailurePolicy']) {
    if (isDeepStrictEqual(at(old, field), at(now, field))) continue
    return refuse(
      'Job.batch',
      `spec.${field}`,
      `Invalid value: ${JSON.stringify(at(now, field))}: field is immutable`,
    )
  }
  return undefined
}

/** What restricted PodSecurity misses in a pod's template; `undefined` when nothing. */
export function violation(template: unknown): string | undefined {
  const misses: string[] = []
  const containers = at(template, 'spec', 'containers')
  for (const each of Array.isArray(containers) ? containers : []) {
    const own = at(each, 'securityContext')
    const name = `container "${String(at(each, 'name'))}"`
    if (at(own, 'allowPrivilegeEscalation') !== false) {
      misses.push(
        `allowPrivilegeEscalation != false (${name} must set securityContext.allowPrivilegeEscalation=false)`,
      )
    }
    if (!isDeepStrictEqual(at(own, 'capabilities', 'drop'), ['ALL'])) {
      misses.push(
        `unrestricted capabilities (${name} must set securityContext.capabilities.drop=["ALL"])`,
      )
    }
    if (at(template, 'spec', 'securityContext', 'runAsNonRoot') !== true) {
      misses.push(
        `runAsNonRoot != true (pod or ${name} must set securityContext.runAsNonRoot=true)`,
      )
    }
    if (at(template, 'spec', 'securityContext', 'seccompProfile', 'type') !== 'RuntimeDefault') {
      misses.push(
        `seccompProfile (pod or ${name} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`,
      )
    }
  }
  return misses.length === 0 ? undefined : misses.join(', ')
}
